"""The official OpenAI client for Python: what it asks, what it is told, and what it raises."""
import hashlib
import os
import unittest

import openai

from upstream import ARGUMENTS, INPUT, OUTPUT, SCRIPT, TEXT, TOOL, who_left

HELLO = [{'role': 'user', 'content': 'hello'}]
TOOLS = [{'type': 'function', 'function': {'name': TOOL['name'], 'parameters': {'type': 'object'}}}]


class OpenAI(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(base_url=os.environ['GATEWAY_URL'] + '/v1', api_key=SCRIPT['key'], max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    def chat(self, model='talks', client=None, **more):
        return (client or self.client).chat.completions.create(model=model, messages=HELLO, **more)

    def test_it_lists_the_models(self):
        self.assertEqual([model.id for model in self.client.models.list()], SCRIPT['models'])
        self.assertEqual(self.client.models.retrieve('talks').id, 'talks')

    def test_it_chats_by_id_and_alias(self):
        for name in ('talks', SCRIPT['alias']):
            answer = self.chat(name)
            self.assertEqual(answer.choices[0].message.content, TEXT)
            self.assertEqual(answer.usage.completion_tokens, OUTPUT)

    def test_it_streams_with_usage_at_the_end_where_it_asks_for_that(self):
        *pieces, end, usage = self.chat(stream=True, stream_options={'include_usage': True})
        self.assertEqual([piece.choices[0].delta.content for piece in pieces], SCRIPT['pieces'])
        self.assertEqual(end.choices[0].finish_reason, 'stop')
        self.assertEqual((usage.choices, usage.usage.total_tokens), ([], INPUT + OUTPUT))
        *pieces, end = self.chat(stream=True)
        self.assertEqual((len(pieces), end.choices[0].finish_reason), (len(SCRIPT['pieces']), 'stop'))

    def test_it_is_told_of_tool_calls(self):
        [call] = self.chat(tools=TOOLS).choices[0].message.tool_calls
        self.assertEqual((call.id, call.function.name, call.function.arguments), (TOOL['id'], TOOL['name'], ARGUMENTS))
        first, *pieces, end = self.chat(tools=TOOLS, stream=True)
        self.assertEqual(first.choices[0].delta.tool_calls[0].function.name, TOOL['name'])
        self.assertEqual([piece.choices[0].delta.tool_calls[0].function.arguments for piece in pieces], TOOL['pieces'])
        self.assertEqual(end.choices[0].finish_reason, 'tool_calls')

    def test_it_asks_for_responses(self):
        answer = self.client.responses.create(model='talks', input='hello')
        self.assertEqual((answer.output_text, answer.usage.output_tokens), (TEXT, OUTPUT))
        begin, *pieces, end = self.client.responses.create(model='talks', input='hello', stream=True)
        self.assertEqual(begin.type, 'response.created')
        self.assertEqual([piece.delta for piece in pieces], SCRIPT['pieces'])
        self.assertEqual((end.type, end.response.output_text), ('response.completed', TEXT))

    def test_it_embeds(self):
        rows = self.client.embeddings.create(model='talks', input=['one', 'two'], encoding_format='float').data
        self.assertEqual([row.embedding for row in rows], [[0.5, 0.0], [0.5, 1.0]])

    def test_it_uploads_a_file(self):
        sound = os.urandom(3 << 20)
        answer = self.client.audio.transcriptions.create(model='talks', file=('a.wav', sound))
        self.assertEqual(answer.text, f'a.wav {hashlib.sha256(sound).hexdigest()}')

    def test_an_unknown_model_is_its_not_found_error_that_names_it(self):
        with self.assertRaisesRegex(openai.NotFoundError, 'nobody'):
            self.chat('nobody')

    def test_a_wrong_key_is_its_authentication_error(self):
        stranger = self.client.with_options(api_key='sk-other')
        with self.assertRaisesRegex(openai.AuthenticationError, 'API key'):
            self.chat(client=stranger)

    def test_a_bad_request_is_its_bad_request_error_whoever_refuses(self):
        with self.assertRaisesRegex(openai.BadRequestError, 'model'):
            self.chat('')
        with self.assertRaisesRegex(openai.BadRequestError, SCRIPT['refusal']):
            self.chat('refuses')

    def test_a_model_that_cannot_start_is_its_server_error_that_says_why(self):
        with self.assertRaisesRegex(openai.InternalServerError, 'no such GPU') as caught:
            self.chat('broken')
        self.assertEqual(caught.exception.status_code, 502)
        with self.assertRaises(openai.InternalServerError) as again:
            self.chat('broken')
        self.assertEqual(again.exception.status_code, 503)

    def test_an_answer_that_breaks_off_is_an_error(self):
        with self.assertRaises(openai.APIConnectionError):
            self.chat('dies')
        stream = iter(self.chat('dies', stream=True))
        self.assertEqual(next(stream).choices[0].delta.content, SCRIPT['pieces'][0])
        with self.assertRaisesRegex(openai.APIError, 'closed before its end'):
            next(stream)

    def test_a_client_that_waits_no_longer_takes_its_request_back(self):
        with self.assertRaises(openai.APITimeoutError):
            self.chat('hangs', timeout=1)
        self.assertEqual(who_left(), '/v1/chat/completions')

    def test_a_stream_that_is_closed_is_taken_back(self):
        with self.client.responses.create(model='hangs', input='hello', stream=True) as stream:
            pieces = iter(stream)
            next(pieces)
        self.assertEqual(who_left(), '/v1/responses')


if __name__ == '__main__':
    unittest.main()
