"""The official OpenAI client for Python works as it is, and finds our errors to be its own."""
import unittest

import openai

from gateway import CHAT, EMBED, ENDLESS, Gateway

HELLO = [{'role': 'user', 'content': 'hello'}]


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        models = {
            'chat': {'cmd': CHAT, 'aliases': ['gpt-4o'], 'concurrencyLimit': 1},
            'embed': {'cmd': EMBED},
            'broken': {'cmd': 'sh -c "echo no such GPU; exit 3" ${PORT}'},
        }
        cls.gateway = Gateway(models, apiKeys=['sk-test'])
        cls.client = openai.OpenAI(base_url=cls.gateway.url('/v1'), api_key='sk-test', max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.gateway.close()

    def chat(self, model='chat', client=None, **more):
        return (client or self.client).chat.completions.create(
            model=model, messages=HELLO, max_tokens=8, extra_body=ENDLESS, **more)

    def test_it_lists_the_models(self):
        self.assertEqual(sorted(model.id for model in self.client.models.list()), ['broken', 'chat', 'embed'])
        self.assertEqual(self.client.models.retrieve('chat').id, 'chat')

    def test_it_chats_by_id_and_alias(self):
        for name in ('chat', 'gpt-4o'):
            answer = self.chat(name)
            self.assertEqual(answer.choices[0].finish_reason, 'length')
            self.assertEqual(answer.usage.completion_tokens, 8)

    def test_it_streams(self):
        pieces = list(self.chat(stream=True, stream_options={'include_usage': True}))
        self.assertGreaterEqual(len(pieces), 8)
        self.assertEqual(pieces[-1].usage.completion_tokens, 8)

    def test_it_embeds(self):
        rows = self.client.embeddings.create(model='embed', input=['one', 'two']).data
        self.assertEqual([len(row.embedding) for row in rows], [64, 64])

    def test_an_unknown_model_is_its_not_found_error(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.chat('nobody')
        self.assertIn('nobody', caught.exception.message)

    def test_a_wrong_key_is_its_authentication_error(self):
        stranger = openai.OpenAI(base_url=self.gateway.url('/v1'), api_key='sk-other', max_retries=0)
        self.addCleanup(stranger.close)
        with self.assertRaises(openai.AuthenticationError):
            self.chat(client=stranger)

    def test_a_request_without_model_is_its_bad_request_error(self):
        with self.assertRaises(openai.BadRequestError):
            self.chat('')

    def test_a_model_at_its_limit_is_its_rate_limit_error(self):
        stream = self.client.chat.completions.create(
            model='chat', messages=HELLO, max_tokens=8000, stream=True, extra_body=ENDLESS)
        next(iter(stream))
        with self.assertRaises(openai.RateLimitError) as caught:
            self.chat()
        self.assertGreaterEqual(int(caught.exception.response.headers['Retry-After']), 1)
        stream.close()

    def test_a_model_that_cannot_start_is_its_server_error_and_says_why(self):
        with self.assertRaises(openai.InternalServerError) as caught:
            self.chat('broken')
        self.assertEqual(caught.exception.status_code, 502)
        self.assertIn('no such GPU', caught.exception.message)
        with self.assertRaises(openai.InternalServerError) as again:
            self.chat('broken')
        self.assertEqual(again.exception.status_code, 503)


if __name__ == '__main__':
    unittest.main()
