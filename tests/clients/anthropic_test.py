"""The official Anthropic client for Python: what it asks, what it is told, and what it raises."""
import base64
import os
import unittest

import anthropic

from upstream import INPUT, OUTPUT, SCRIPT, TEXT, TOOL, who_left

TOOLS = [{'name': TOOL['name'], 'input_schema': {'type': 'object'}}]


class Anthropic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = anthropic.Anthropic(base_url=os.environ['GATEWAY_URL'], api_key=SCRIPT['key'], max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    def ask(self, model='talks', client=None, **more):
        return (client or self.client).messages.create(
            model=model, max_tokens=100, messages=[{'role': 'user', 'content': 'hello'}], **more)

    def deltas(self, **more):
        """What the pieces add, and the event that says how it ended."""
        begin, *events = self.ask(stream=True, **more)
        self.assertEqual((begin.type, begin.message.usage.input_tokens), ('message_start', INPUT))
        [end] = [event for event in events if event.type == 'message_delta']
        return [event.delta for event in events if event.type == 'content_block_delta'], end

    def test_it_lists_the_models(self):
        self.assertEqual([model.id for model in self.client.models.list()], SCRIPT['models'])

    def test_it_asks_by_id_and_alias(self):
        for name in ('talks', SCRIPT['alias']):
            answer = self.ask(name)
            self.assertEqual((answer.content[0].text, answer.stop_reason), (TEXT, 'end_turn'))
            self.assertEqual((answer.usage.input_tokens, answer.usage.output_tokens), (INPUT, OUTPUT))

    def test_it_streams_with_usage_at_the_end(self):
        pieces, end = self.deltas()
        self.assertEqual([piece.text for piece in pieces], SCRIPT['pieces'])
        self.assertEqual((end.delta.stop_reason, end.usage.output_tokens), ('end_turn', OUTPUT))

    def test_it_is_told_of_tool_calls(self):
        [call] = self.ask(tools=TOOLS).content
        self.assertEqual((call.id, call.name, call.input), (TOOL['id'], TOOL['name'], {'city': 'Paris'}))
        pieces, end = self.deltas(tools=TOOLS)
        self.assertEqual([piece.partial_json for piece in pieces], TOOL['pieces'])
        self.assertEqual(end.delta.stop_reason, 'tool_use')

    def test_it_puts_a_tool_call_together_out_of_a_stream(self):
        with self.client.messages.stream(model='talks', max_tokens=100, tools=TOOLS,
                                         messages=[{'role': 'user', 'content': 'hello'}]) as stream:
            self.assertEqual(stream.get_final_message().content[0].input, {'city': 'Paris'})

    def test_a_picture_arrives_whole(self):
        data = base64.b64encode(os.urandom(3 << 20)).decode()
        picture = {'type': 'image', 'source': {'type': 'base64', 'media_type': 'image/png', 'data': data}}
        count = self.client.messages.count_tokens(
            model='talks', messages=[{'role': 'user', 'content': [picture]}])
        self.assertEqual(count.input_tokens, len(data))

    def test_an_unknown_model_is_its_not_found_error_that_names_it(self):
        with self.assertRaisesRegex(anthropic.NotFoundError, 'nobody') as caught:
            self.ask('nobody')
        self.assertEqual(caught.exception.body['error']['type'], 'not_found_error')

    def test_a_wrong_key_is_its_authentication_error(self):
        with self.assertRaisesRegex(anthropic.AuthenticationError, 'API key'):
            self.ask(client=self.client.with_options(api_key='sk-other'))

    def test_a_bad_request_is_its_bad_request_error_whoever_refuses(self):
        with self.assertRaisesRegex(anthropic.BadRequestError, 'model'):
            self.ask('')
        with self.assertRaisesRegex(anthropic.BadRequestError, SCRIPT['refusal']):
            self.ask('refuses')

    def test_an_answer_that_breaks_off_is_an_error(self):
        with self.assertRaises(anthropic.APIConnectionError):
            self.ask('dies')
        with self.assertRaisesRegex(anthropic.APIError, 'closed before its end'):
            list(self.ask('dies', stream=True))

    def test_a_client_that_waits_no_longer_takes_its_request_back(self):
        with self.assertRaises(anthropic.APITimeoutError):
            self.ask('hangs', timeout=1)
        self.assertEqual(who_left(), '/v1/messages')

    def test_a_stream_that_is_closed_is_taken_back(self):
        with self.ask('hangs', stream=True) as stream:
            pieces = iter(stream)
            next(pieces)
        self.assertEqual(who_left(), '/v1/messages')


if __name__ == '__main__':
    unittest.main()
