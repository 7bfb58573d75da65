import { expect, test } from '@jest/globals';
import { createSending } from '../src/sending.ts';

// What a thread is sent is cloned like this, or not at all.
const sendingTo = (sent: unknown[][], refused: unknown[] = []) =>
  createSending<unknown>(
    (messages) => void sent.push(structuredClone(messages) as unknown[]),
    (message) => void refused.push(message),
  );

const moment = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('what many continuations say in one moment goes together, in their order', async () => {
  const sent: unknown[][] = [];
  const { send } = sendingTo(sent);
  const later = async (message: string, turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await undefined;
    send(message);
  };
  await Promise.all([later('a', 1), later('b', 3), later('c', 9)]);
  expect(sent).toEqual([]);
  await moment();
  expect(sent).toEqual([['a', 'b', 'c']]);
  send('d');
  await moment();
  expect(sent).toEqual([['a', 'b', 'c'], ['d']]);
});

test('one that cannot be sent is refused alone', async () => {
  const [sent, refused]: [unknown[][], unknown[]] = [[], []];
  const { send } = sendingTo(sent, refused);
  const bad = { commit: () => undefined };
  for (const message of ['a', bad, 'b']) send(message);
  await moment();
  expect(sent.flat()).toEqual(['a', 'b']);
  expect(refused).toEqual([bad]);
});

test('what was said so far can be sent at once, and is not sent again', async () => {
  const sent: unknown[][] = [];
  const { send, flush } = sendingTo(sent);
  send('a');
  flush();
  expect(sent).toEqual([['a']]);
  flush();
  await moment();
  expect(sent).toEqual([['a']]);
});
