"""The official OpenAI client for Python in front of a real server. What it raises is in tests/clients."""
import unittest

import openai

from gateway import Gateway
from llama_server import CHAT, EMBED, ENDLESS

HELLO = [{'role': 'user', 'content': 'hello'}]


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway({'chat': {'cmd': CHAT, 'concurrencyLimit': 1}, 'embed': {'cmd': EMBED}})
        cls.client = openai.OpenAI(base_url=cls.gateway.url('/v1'), api_key='none', max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.gateway.close()

    def chat(self, max_tokens=8, **more):
        return self.client.chat.completions.create(
            model='chat', messages=HELLO, max_tokens=max_tokens, extra_body=ENDLESS, **more)

    def test_it_chats(self):
        answer = self.chat()
        self.assertEqual(answer.choices[0].finish_reason, 'length')
        self.assertEqual(answer.usage.completion_tokens, 8)

    def test_it_streams(self):
        pieces = list(self.chat(stream=True, stream_options={'include_usage': True}))
        self.assertGreaterEqual(len(pieces), 8)
        self.assertEqual(pieces[-1].usage.completion_tokens, 8)

    def test_it_embeds(self):
        rows = self.client.embeddings.create(model='embed', input=['one', 'two']).data
        self.assertEqual([len(row.embedding) for row in rows], [64, 64])

    def test_a_model_at_its_limit_is_its_rate_limit_error(self):
        with self.chat(8000, stream=True) as stream:
            pieces = iter(stream)
            next(pieces)
            with self.assertRaises(openai.RateLimitError) as caught:
                self.chat()
        self.assertGreaterEqual(int(caught.exception.response.headers['Retry-After']), 1)


if __name__ == '__main__':
    unittest.main()
