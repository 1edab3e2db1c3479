"""Real servers start on demand, make room for each other, and are started anew when they die."""
import http.client
import os
import signal
import threading
import unittest

from gateway import Gateway, eventually
from llama_server import CHAT, EMBED, ENDLESS, chat


class Starts(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway({'a': {'cmd': CHAT}, 'b': {'cmd': CHAT}, 'e': {'cmd': EMBED}})
        self.addCleanup(self.gateway.close)

    def chat_with(self, model):
        status, answer = self.gateway.ask('POST', '/v1/chat/completions', chat(model))
        self.assertEqual(status, 200, answer)
        return answer

    def test_the_first_request_starts_the_model(self):
        self.assertEqual(self.gateway.running(), {})
        answer = self.chat_with('a')
        self.assertEqual(answer['usage']['completion_tokens'], 8)
        self.assertEqual(self.gateway.running(), {'a': 'ready'})

    def test_two_models_of_a_group_swap_there_and_back(self):
        for model in ('a', 'b', 'a'):
            self.chat_with(model)
            self.assertEqual(self.gateway.running(), {model: 'ready'})
            self.assertEqual(len(self.gateway.children('llama-server')), 1)
        self.assertEqual(self.gateway.starts_of('a'), 2)
        self.assertEqual(self.gateway.starts_of('b'), 1)

    def test_an_embedding_model_takes_its_turn(self):
        self.chat_with('a')
        status, answer = self.gateway.ask('POST', '/v1/embeddings', {'model': 'e', 'input': ['one', 'two']})
        self.assertEqual(status, 200, answer)
        self.assertEqual([len(row['embedding']) for row in answer['data']], [64, 64])
        self.assertEqual(self.gateway.running(), {'e': 'ready'})

    def test_requests_at_once_for_two_models_are_all_answered(self):
        results = []
        threads = [threading.Thread(target=lambda m: results.append(self.chat_with(m)), args=('ab'[i % 2],))
                   for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 8)

    def test_an_unloaded_model_is_gone_and_comes_back_on_demand(self):
        self.chat_with('a')
        [pid] = self.gateway.children('llama-server')
        self.assertEqual(self.gateway.ask('POST', '/api/models/unload/a'), (200, 'OK'))
        self.assertEqual(self.gateway.running(), {})
        self.assertFalse(os.path.exists(f'/proc/{pid}'))
        self.chat_with('a')

    def test_a_server_killed_in_mid_stream_is_seen_at_once_and_started_anew(self):
        connection, answer = self.gateway.begin_stream(chat('a', max_tokens=8000, **ENDLESS))
        answer.readline()
        [pid] = self.gateway.children('llama-server')
        os.kill(pid, signal.SIGKILL)
        with self.assertRaises(http.client.IncompleteRead):
            answer.read()
        connection.close()
        eventually(lambda: any('killed by signal 9' in line for line in self.gateway.log), 'the log says why')
        self.chat_with('a')


if __name__ == '__main__':
    unittest.main()
