// The official OpenAI client for JavaScript: what it asks, what it is told, and what it throws.
import assert from 'node:assert/strict';
import {createHash, randomBytes} from 'node:crypto';
import {test} from 'node:test';

import {all, clients, gateway, script, text, whoLeft} from './serving.mjs';

const OpenAI = clients('openai');
const options = {baseURL: `${gateway}/v1`, apiKey: script.key, maxRetries: 0};
const client = new OpenAI(options);
const hello = {model: 'talks', messages: [{role: 'user', content: 'hello'}]};
const tools = [{type: 'function', function: {name: script.tool.name, parameters: {type: 'object'}}}];

function chat(more, settings) {
  return client.chat.completions.create({...hello, ...more}, settings);
}

test('it lists the models', async () => {
  assert.deepEqual((await all(client.models.list())).map((model) => model.id), script.models);
  assert.equal((await client.models.retrieve('talks')).id, 'talks');
});

test('it chats by id and alias', async () => {
  for (const model of ['talks', script.alias]) {
    const answer = await chat({model});
    assert.equal(answer.choices[0].message.content, text);
    assert.equal(answer.usage.completion_tokens, script.usage.output);
  }
});

test('it streams, with usage at the end where it asks for that', async () => {
  const pieces = await all(await chat({stream: true, stream_options: {include_usage: true}}));
  assert.equal(pieces.pop().usage.completion_tokens, script.usage.output);
  assert.equal(pieces.pop().choices[0].finish_reason, 'stop');
  assert.deepEqual(pieces.map((piece) => piece.choices[0].delta.content), script.pieces);
  assert.equal((await all(await chat({stream: true}))).length, script.pieces.length + 1);
});

test('it is told of tool calls', async () => {
  const [call] = (await chat({tools})).choices[0].message.tool_calls;
  assert.deepEqual(call.function, {name: script.tool.name, arguments: script.tool.pieces.join('')});
  const [first, ...pieces] = await all(await chat({tools, stream: true}));
  assert.equal(first.choices[0].delta.tool_calls[0].function.name, script.tool.name);
  assert.equal(pieces.pop().choices[0].finish_reason, 'tool_calls');
  assert.deepEqual(pieces.map((piece) => piece.choices[0].delta.tool_calls[0].function.arguments), script.tool.pieces);
});

test('it asks for responses', async () => {
  assert.equal((await client.responses.create({model: 'talks', input: 'hello'})).output_text, text);
  const events = await all(await client.responses.create({model: 'talks', input: 'hello', stream: true}));
  assert.equal(events.shift().type, 'response.created');
  assert.equal(events.pop().type, 'response.completed');
  assert.deepEqual(events.map((event) => event.delta), script.pieces);
});

test('it embeds', async () => {
  const {data} = await client.embeddings.create({model: 'talks', input: ['one', 'two'], encoding_format: 'float'});
  assert.deepEqual(data.map((row) => row.embedding), [[0.5, 0], [0.5, 1]]);
});

test('it uploads a file', async () => {
  const sound = randomBytes(3 << 20);
  const file = await OpenAI.toFile(sound, 'a.wav');
  const answer = await client.audio.transcriptions.create({model: 'talks', file});
  assert.equal(answer.text, `a.wav ${createHash('sha256').update(sound).digest('hex')}`);
});

test('what the gateway and the upstream refuse are errors of its own', async () => {
  const stranger = new OpenAI({...options, apiKey: 'sk-other'});
  for (const [refused, type, message] of [
    [() => chat({model: 'nobody'}), OpenAI.NotFoundError, /nobody/],
    [() => stranger.chat.completions.create(hello), OpenAI.AuthenticationError, /API key/],
    [() => chat({model: ''}), OpenAI.BadRequestError, /model/],
    [() => chat({model: 'refuses'}), OpenAI.BadRequestError, new RegExp(script.refusal)],
    [() => chat({model: 'dies'}), Error, /terminated|Connection error/],
  ]) {
    await assert.rejects(refused, (error) => error instanceof type && message.test(error.message));
  }
});

test('a stream that breaks off is an error', async () => {
  const stream = await chat({model: 'dies', stream: true});
  await assert.rejects(all(stream), (error) => {
    return error instanceof OpenAI.APIError && /before its end/.test(error.message);
  });
});

test('a client that waits no longer takes its request back', async () => {
  await assert.rejects(chat({model: 'hangs'}, {timeout: 1000}), OpenAI.APIConnectionTimeoutError);
  assert.equal(await whoLeft(), '/v1/chat/completions');
});

test('a stream that is aborted is taken back', async () => {
  const stream = await client.responses.create({model: 'hangs', input: 'hello', stream: true});
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') stream.controller.abort();
  }
  assert.equal(await whoLeft(), '/v1/responses');
});
