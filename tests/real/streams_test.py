"""What a real server generates arrives as it is generated, and is not generated for nobody."""
import json
import time
import unittest

from gateway import Gateway, eventually
from llama_server import CHAT, ENDLESS, chat


class Streams(unittest.TestCase):
    def setUp(self):
        self.gateway = Gateway({'a': {'cmd': CHAT}})
        self.addCleanup(self.gateway.close)
        self.assertEqual(self.gateway.ask('POST', '/api/models/load/a')[0], 200)

    def busy_slots(self):
        status, slots = self.gateway.ask('GET', '/upstream/a/slots')
        self.assertEqual(status, 200, slots)
        return sum(slot['is_processing'] for slot in slots)

    def test_pieces_arrive_while_the_answer_is_generated(self):
        connection, answer = self.gateway.begin_stream(
            chat('a', max_tokens=100, **ENDLESS, stream_options={'include_usage': True}))
        times, events = [], []
        for line in answer:
            if line.startswith(b'data: '):
                times.append(time.monotonic())
                events.append(line[len(b'data: '):].strip())
        connection.close()
        self.assertEqual(events.pop(), b'[DONE]')
        self.assertGreater(len(events), 90)
        self.assertGreater(times[-1] - times[0], 0.1, 'all came at once')
        self.assertEqual(json.loads(events[-1])['usage']['completion_tokens'], 100)

    def test_a_client_that_leaves_stops_the_generation(self):
        connection, answer = self.gateway.begin_stream(chat('a', max_tokens=8000, **ENDLESS))
        answer.readline()
        self.assertEqual(self.busy_slots(), 1)
        begin = time.monotonic()
        connection.close()
        answer.close()
        eventually(lambda: self.busy_slots() == 0, 'the slot is free')
        self.assertLess(time.monotonic() - begin, 5, 'it generated on for nobody')  # it would take a minute

    def test_two_streams_at_once_are_generated_side_by_side(self):
        streams = [self.gateway.begin_stream(chat('a', max_tokens=8000, **ENDLESS)) for _ in range(2)]
        for _, answer in streams:
            self.assertTrue(answer.readline().startswith(b'data: '))
        self.assertEqual(self.busy_slots(), 2)
        for connection, answer in streams:
            answer.close()
            connection.close()
        eventually(lambda: self.busy_slots() == 0, 'both slots are free')


if __name__ == '__main__':
    unittest.main()
