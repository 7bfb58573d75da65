import type { Worker } from 'node:worker_threads';
import type { AlertError, AlertLog, KeptAlert, LogBounds, StampedAlert } from '@therapytrain/alerts-core';
import { addedBy, answerCalls } from './answers.ts';
import { createBatches } from './batches.ts';
import type { Appended, Failed, WriterReply, WriterRequest } from './messages.ts';
import { pack } from './pack.ts';
import { closed, descending, notKept } from './refusals.ts';

/** The part of a log that its writer's thread does. */
export interface Writes extends Pick<AlertLog, 'append' | 'retain' | 'bounds' | 'follow'> {
  /** From now on every call is refused; resolves when what was appended has ended. */
  finish(): Promise<void>;
  /** Everything that waits, and every later call, is refused with this. */
  fail(error: AlertError): void;
}

interface Retaining {
  readonly resolve: (count: number) => void;
  readonly reject: (error: AlertError) => void;
}

const never = Number.MAX_SAFE_INTEGER;

/** Remembers the newest id, and tells whether those of more alerts ascend from there. */
const createOrder = (newestId: string | undefined) => {
  let newest = newestId ?? '';
  return (alerts: readonly StampedAlert[]): boolean => {
    let last = newest;
    for (const { alert } of alerts) {
      if (alert.id <= last) return false;
      last = alert.id;
    }
    newest = last;
    return true;
  };
};

/** Asks the writer's thread, which has opened the log. `onIoError` learns of a disk that can no longer be trusted. */
export const createWrites = (thread: Worker, opened: LogBounds, onIoError: (cause: string) => void): Writes => {
  const followers = new Set<(kept: readonly KeptAlert[]) => void>();
  const retaining: Retaining[] = [];
  const ascends = createOrder(opened.newestId);
  const ask = (request: WriterRequest, transfer: readonly ArrayBuffer[] = []): void =>
    thread.postMessage(request, transfer);
  const batches = createBatches(({ calls, count, size }) => {
    const packed = pack(calls, count, size);
    ask({ kind: 'append', packed }, [packed.buffer]);
  });
  let bounds = opened;
  let refusal: AlertError | undefined;

  const tell = (appended: Appended): void => {
    const commit = batches.ended();
    answerCalls(commit, appended);
    if (followers.size === 0) return;
    const added = addedBy(commit, appended);
    if (added.length > 0) for (const listener of followers) listener(added);
  };
  const fail = ({ of, fault, message }: Failed): void => {
    if (fault === 'io') return onIoError(message);
    const error = notKept(fault, message);
    if (of === 'append') for (const { reject } of batches.ended().calls) reject(error);
    else if (of === 'retain') retaining.shift()?.reject(error);
    // A checkpoint that found no space is tried again after the next commit; what it was to copy is safe where it is.
  };
  thread.on('message', (reply: WriterReply) => {
    if ('bounds' in reply) bounds = reply.bounds;
    switch (reply.kind) {
      case 'appended':
        return tell(reply);
      case 'retained':
        return retaining.shift()?.resolve(reply.count);
      case 'failed':
        return fail(reply);
      case 'opened':
      case 'refused':
    }
  });

  return {
    bounds: () => bounds,
    append: async (alerts) => {
      if (refusal) throw refusal;
      if (!ascends(alerts)) throw descending();
      return alerts.length === 0 ? [] : batches.add(alerts);
    },
    retain: ({ before = 0, maxBytes = never }) =>
      new Promise((resolve, reject) => {
        if (refusal) return reject(refusal);
        retaining.push({ resolve, reject });
        ask({ kind: 'retain', before, maxBytes });
      }),
    follow: (listener) => {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    finish: () => {
      refusal ??= closed();
      return batches.settled();
    },
    fail: (error) => {
      refusal = error;
      batches.fail(error);
      for (const { reject } of retaining.splice(0)) reject(error);
    },
  };
};
