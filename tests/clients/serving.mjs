// Where the tests' gateway is, what its upstream says, and the official clients, which stand in a folder of their own.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';

export const clients = createRequire(`${process.env.LLMSNAP_REAL_DIR}/clients/`);
export const script = JSON.parse(readFileSync(new URL('script.json', import.meta.url)));
export const text = script.pieces.join('');
export const gateway = process.env.GATEWAY_URL;

/// The path of the next request that the gateway has taken back; waits for it.
export async function whoLeft() {
  return (await (await fetch(`${process.env.UPSTREAM_URL}/left`)).json()).left;
}

export async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
