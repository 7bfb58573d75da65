import type { Worker } from 'node:worker_threads';
import { type AlertError, type AlertLog, type KeptAlert } from '@therapytrain/alerts-core';
import type { Question, ReaderReply, ReaderRequest, Rows } from './messages.ts';
import { closed, expired, unreadable } from './refusals.ts';
import { createSending } from './sending.ts';

/** The part of a log that its reader's thread does. */
export interface Reads extends Pick<AlertLog, 'read' | 'readBack' | 'find' | 'seek'> {
  /** From now on every call is refused. What was asked before is still answered. */
  finish(): void;
  /** Everything that waits, and every later call, is refused with this. */
  fail(error: AlertError): void;
}

interface Asked {
  readonly resolve: (reply: ReaderReply) => void;
  readonly reject: (error: AlertError) => void;
}

const keptOf = ({ sequences, lengths, buffer }: Rows): KeptAlert[] => {
  const kept: KeptAlert[] = [];
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    kept.push({ sequence: sequences[index] ?? 0, encoded: new Uint8Array(buffer, at, length) });
    at += length;
  }
  return kept;
};

const rowsOf = (reply: ReaderReply): Rows => {
  if (reply.kind !== 'rows') throw unreadable('the thread gave another answer');
  return reply;
};

/** Asks the reader's thread, which answers in the order it is asked. */
export const createReads = (thread: Worker): Reads => {
  const asked: Asked[] = [];
  let refusal: AlertError | undefined;
  thread.on('message', (replies: readonly ReaderReply[]) => {
    for (const reply of replies) {
      const waiting = asked.shift();
      if (reply.kind === 'failed') waiting?.reject(unreadable(reply.message));
      else waiting?.resolve(reply);
    }
  });
  const { send, flush } = createSending<Question>(
    (questions) => thread.postMessage(questions satisfies ReaderRequest),
    // Made of texts and numbers, they always can be.
    (_, error) => {
      throw error;
    },
  );
  const ask = (question: Question): Promise<ReaderReply> =>
    new Promise((resolve, reject) => {
      if (refusal) return reject(refusal);
      asked.push({ resolve, reject });
      send(question);
    });
  return {
    read: async (after, limit) => {
      const rows = rowsOf(await ask({ kind: 'read', after, limit }));
      if (after < rows.oldest) throw expired();
      const alerts = keptOf(rows);
      return { alerts, cursor: alerts.at(-1)?.sequence ?? after };
    },
    readBack: async (upTo, limit) => {
      const alerts = keptOf(rowsOf(await ask({ kind: 'readBack', upTo, limit })));
      const last = alerts.at(-1);
      return { alerts, cursor: last ? last.sequence - 1 : upTo };
    },
    find: async (id) => keptOf(rowsOf(await ask({ kind: 'find', id })))[0],
    seek: async (since) => {
      const reply = await ask({ kind: 'seek', since });
      if (reply.kind !== 'place') throw unreadable('the thread gave another answer');
      return reply.cursor;
    },
    finish: () => {
      refusal ??= closed();
      flush();
    },
    fail: (error) => {
      refusal = error;
      for (const { reject } of asked.splice(0)) reject(error);
    },
  };
};
