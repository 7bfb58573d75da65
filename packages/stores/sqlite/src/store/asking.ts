import type { Worker } from 'node:worker_threads';
import { AlertError } from '@therapytrain/alerts-core';
import { messageOf } from '../faults.ts';
import { closed, notKept, unreadable } from '../refusals.ts';
import { createSending } from '../sending.ts';
import type { Answer, Call, Operations, StoreReply, StoreRequest } from './messages.ts';

/** Asks the store's thread, which answers in its own time. */
export interface Asking {
  /** Resolves with the result; for a write, when it is durable. */
  ask<N extends keyof Operations>(name: N, ...args: Parameters<Operations[N]>): Promise<ReturnType<Operations[N]>>;
  /** From now on every call is refused; resolves when those that were made have ended. */
  finish(): Promise<void>;
  /** Everything that waits, and every later call, is refused with this. */
  fail(error: AlertError): void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: AlertError) => void;
}

const errorOf = (answer: Exclude<Answer, { readonly kind: 'result' }>): AlertError => {
  if (answer.kind === 'refusal') return new AlertError(answer.code, answer.message);
  return answer.of === 'read' ? unreadable(answer.message, 'store') : notKept(answer.fault, answer.message, 'store');
};

// What cannot go to another thread is a defect of the caller.
const uncloneable = (error: unknown) =>
  ({ kind: 'refusal', code: 'DEFECT', message: `not to be handed over: ${messageOf(error)}` }) as const;

/** Makes what asks the thread, which has opened the store. `onIoError` learns of a disk that can no longer be trusted. */
export const createAsking = (thread: Worker, onIoError: (cause: string) => void): Asking => {
  const waiting = new Map<number, Waiting>();
  let idlers: (() => void)[] = [];
  let number = 0;
  let refusal: AlertError | undefined;
  const { send } = createSending<Call>(
    (calls) => thread.postMessage(calls satisfies StoreRequest),
    (call, error) => take({ number: call.number, ...uncloneable(error) }),
  );
  const tellIdlers = (): void => {
    if (waiting.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };
  const take = (answer: Answer): void => {
    const call = waiting.get(answer.number);
    waiting.delete(answer.number);
    if (answer.kind === 'result') call?.resolve(answer.result as never);
    else call?.reject(errorOf(answer));
  };
  const isFatal = (answer: Answer): answer is Extract<Answer, { readonly kind: 'fault' }> =>
    answer.kind === 'fault' && answer.of === 'write' && answer.fault === 'io';
  thread.on('message', (reply: StoreReply) => {
    // A checkpoint that found no space is tried again after the next commit; what it was to copy is safe where it is.
    if (reply.kind === 'failed' && reply.fault === 'io') return onIoError(reply.message);
    if (reply.kind !== 'answers') return;
    const fatal = reply.answers.find(isFatal);
    if (fatal) return onIoError(fatal.message);
    for (const answer of reply.answers) take(answer);
    tellIdlers();
  });
  return {
    ask: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (refusal) return reject(refusal);
        waiting.set(++number, { resolve, reject });
        send({ number, name, args });
      }),
    finish: () => {
      refusal ??= closed('store');
      return new Promise((resolve) => {
        idlers.push(resolve);
        tellIdlers();
      });
    },
    fail: (error) => {
      refusal = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      tellIdlers();
    },
  };
};
