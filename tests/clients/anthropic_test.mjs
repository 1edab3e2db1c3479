// The official Anthropic client for JavaScript: what it asks, what it is told, and what it throws.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {test} from 'node:test';

import {all, clients, gateway, script, text, whoLeft} from './serving.mjs';

const Anthropic = clients('@anthropic-ai/sdk');
const options = {baseURL: gateway, apiKey: script.key, maxRetries: 0};
const client = new Anthropic(options);
const hello = {model: 'talks', max_tokens: 100, messages: [{role: 'user', content: 'hello'}]};
const tools = [{name: script.tool.name, input_schema: {type: 'object'}}];

function ask(more, settings) {
  return client.messages.create({...hello, ...more}, settings);
}

/// What the pieces add, and the event that says how it ended.
async function deltas(more) {
  const events = await all(await ask({...more, stream: true}));
  assert.equal(events[0].message.usage.input_tokens, script.usage.input);
  const end = events.find((event) => event.type === 'message_delta');
  return [events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta), end];
}

test('it lists the models', async () => {
  assert.deepEqual((await all(client.models.list())).map((model) => model.id), script.models);
});

test('it asks by id and alias', async () => {
  for (const model of ['talks', script.alias]) {
    const answer = await ask({model});
    assert.equal(answer.content[0].text, text);
    assert.equal(answer.usage.output_tokens, script.usage.output);
  }
});

test('it streams, with usage at the end', async () => {
  const [pieces, end] = await deltas({});
  assert.deepEqual(pieces.map((piece) => piece.text), script.pieces);
  assert.equal(end.usage.output_tokens, script.usage.output);
});

test('it is told of tool calls', async () => {
  const [call] = (await ask({tools})).content;
  assert.deepEqual([call.name, call.input], [script.tool.name, {city: 'Paris'}]);
  const [pieces, end] = await deltas({tools});
  assert.deepEqual(pieces.map((piece) => piece.partial_json), script.tool.pieces);
  assert.equal(end.delta.stop_reason, 'tool_use');
  const message = await client.messages.stream({...hello, tools}).finalMessage();
  assert.deepEqual(message.content[0].input, {city: 'Paris'});
});

test('a picture arrives whole', async () => {
  const data = randomBytes(3 << 20).toString('base64');
  const picture = {type: 'image', source: {type: 'base64', media_type: 'image/png', data}};
  const messages = [{role: 'user', content: [picture]}];
  assert.equal((await client.messages.countTokens({model: 'talks', messages})).input_tokens, data.length);
});

test('what the gateway and the upstream refuse are errors of its own', async () => {
  const stranger = new Anthropic({...options, apiKey: 'sk-other'});
  for (const [refused, type, message] of [
    [() => ask({model: 'nobody'}), Anthropic.NotFoundError, /nobody/],
    [() => stranger.messages.create(hello), Anthropic.AuthenticationError, /API key/],
    [() => ask({model: ''}), Anthropic.BadRequestError, /model/],
    [() => ask({model: 'refuses'}), Anthropic.BadRequestError, new RegExp(script.refusal)],
    [() => ask({model: 'dies'}), Error, /terminated|Connection error/],
  ]) {
    await assert.rejects(refused, (error) => error instanceof type && message.test(error.message));
  }
});

test('a stream that breaks off is an error', async () => {
  const stream = await ask({model: 'dies', stream: true});
  await assert.rejects(all(stream), (error) => {
    return error instanceof Anthropic.APIError && /before its end/.test(error.message);
  });
});

test('a client that waits no longer takes its request back', async () => {
  await assert.rejects(ask({model: 'hangs'}, {timeout: 1000}), Anthropic.APIConnectionTimeoutError);
  assert.equal(await whoLeft(), '/v1/messages');
});

test('a stream that is aborted is taken back', async () => {
  const stream = await ask({model: 'hangs', stream: true});
  for await (const event of stream) {
    if (event.type === 'content_block_delta') stream.controller.abort();
  }
  assert.equal(await whoLeft(), '/v1/messages');
});
