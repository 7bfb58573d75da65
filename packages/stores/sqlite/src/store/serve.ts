import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { faultOf, isBusy, messageOf } from '../faults.ts';
import type { Failed } from '../messages.ts';
import { createCheckpointing, createGuard } from '../serve-writer.ts';
import { createBatch } from './batch.ts';
import { openStoreDatabase, type StoreDatabase } from './database.ts';
import type { Call, StoreReply, StoreRequest, StoreThreadOptions } from './messages.ts';

// So that the first of a crowd is answered before the last is done.
const commitCalls = 256;

type Reply = (reply: StoreReply) => void;

const openOrRefuse = ({ database }: StoreThreadOptions, reply: Reply): StoreDatabase | undefined => {
  try {
    const opened = openStoreDatabase(database);
    reply({ kind: 'opened' });
    return opened;
  } catch (error) {
    reply({ kind: 'refused', why: isBusy(error) ? 'locked' : faultOf(error), message: messageOf(error) });
    return undefined;
  }
};

/** The calls that came in by now: they share a commit with the first. */
const gather = (
  port: MessagePort,
  first: readonly Call[],
): { readonly calls: readonly Call[]; readonly closes: boolean } => {
  const calls = [...first];
  while (calls.length < commitCalls) {
    const next = receiveMessageOnPort(port) as { readonly message: StoreRequest } | undefined;
    if (!next) break;
    if (next.message === 'close') return { calls, closes: true };
    calls.push(...next.message);
  }
  return { calls, closes: false };
};

/** Does what the calls that come in through the port ask of the store, until it is told to close. */
export const serveStore = (port: MessagePort, options: StoreThreadOptions): void => {
  const reply: Reply = (message) => port.postMessage(message);
  const database = openOrRefuse(options, reply);
  if (!database) return port.close();
  let failure: Failed | undefined;
  const guard = createGuard((failed) => {
    failure = failed;
    // That of a commit is told to its callers.
    if (failed.of === 'checkpoint') reply(failed);
  });
  const answer = createBatch(database, guard, () => failure);
  const checkpointing = createCheckpointing({ checkpoint: database.checkpoints.run }, guard);
  const close = (): void => {
    checkpointing.stop();
    database.close();
    port.close();
  };
  port.on('message', (request: StoreRequest) => {
    if (request === 'close') return close();
    const { calls, closes } = gather(port, request);
    for (let from = 0; from < calls.length; from += commitCalls) {
      reply({ kind: 'answers', answers: answer(calls.slice(from, from + commitCalls)) });
    }
    if (closes) return close();
    checkpointing.afterCommit();
  });
};
