import type { MessagePort } from 'node:worker_threads';
import { failed, faultOf, isBusy, messageOf } from './faults.ts';
import type { Failed, ThreadOptions, WriterReply, WriterRequest } from './messages.ts';
import { openWriter, type Writer } from './writer.ts';

type Reply = (reply: WriterReply) => void;

/** Does work of the writer, and replies if it fails. Tells whether it was done. */
export type Guard = (of: Failed['of'], work: () => void) => boolean;

const openOrRefuse = (options: ThreadOptions, reply: Reply): Writer | undefined => {
  try {
    const writer = openWriter(options);
    reply({ kind: 'opened', bounds: writer.bounds() });
    return writer;
  } catch (error) {
    reply({ kind: 'refused', why: isBusy(error) ? 'locked' : faultOf(error), message: messageOf(error) });
    return undefined;
  }
};

/**
 * Nothing is written after a failed write: what it was to write may be lost, and the next fsync say that all is well.
 */
export const createGuard = (reply: (failure: Failed) => void): Guard => {
  let broken = false;
  return (of, work) => {
    if (broken) return false;
    try {
      work();
      return true;
    } catch (error) {
      const failure = failed(of, error);
      broken = failure.fault === 'io';
      reply(failure);
      return false;
    }
  };
};

// How long no commit comes until a writer is idle, in milliseconds. Between two commits of a crowd a thread has a moment
// too; but a page that both write is then copied twice, and each copy waits for the disk while the next commit waits for it.
const idleAfter = 50;

/** Copies the write-ahead log back where it is due: after a commit, and once none has come for a while. */
export const createCheckpointing = (writer: Pick<Writer, 'checkpoint'>, guard: Guard) => {
  const run = (idle: boolean): void => void guard('checkpoint', () => writer.checkpoint(idle));
  let whenIdle: NodeJS.Timeout | undefined;
  return {
    afterCommit: (): void => {
      run(false);
      if (whenIdle) whenIdle.refresh();
      else whenIdle = setTimeout(run, idleAfter, true);
    },
    stop: (): void => clearTimeout(whenIdle),
  };
};

/** Lets alerts go, a commit at a time, one request after the other. */
const createRetention = (writer: Writer, guard: Guard, reply: Reply, afterCommit: () => void) => {
  const asked: { readonly before: number; readonly maxBytes: number; count: number }[] = [];
  const answer = (count: number): void => reply({ kind: 'retained', count, bounds: writer.bounds() });
  const step = (): void => {
    const first = asked[0];
    if (!first) return;
    const done = guard('retain', () => {
      const count = writer.retain(first.before, first.maxBytes);
      first.count += count;
      if (count > 0) return;
      asked.shift();
      answer(first.count);
    });
    if (!done) asked.shift();
    afterCommit();
    // Appends that wait have their turn.
    setImmediate(step);
  };
  return {
    add: (before: number, maxBytes: number): void => {
      asked.push({ before, maxBytes, count: 0 });
      if (asked.length === 1) step();
    },
    /** Answers those that are not done with what they have let go so far. */
    stop: (): void => {
      for (const { count } of asked.splice(0)) answer(count);
    },
  };
};

/** Does what the requests that come in through the port ask of the writer, until it is told to close. */
export const serveWriter = (port: MessagePort, options: ThreadOptions): void => {
  const reply: Reply = (message) => port.postMessage(message);
  const writer = openOrRefuse(options, reply);
  if (!writer) return port.close();
  const guard = createGuard(reply);
  const checkpointing = createCheckpointing(writer, guard);
  const retention = createRetention(writer, guard, reply, checkpointing.afterCommit);
  const close = (): void => {
    retention.stop();
    checkpointing.stop();
    writer.close();
    port.close();
  };
  port.on('message', (request: WriterRequest) => {
    switch (request.kind) {
      case 'append':
        guard('append', () => reply(writer.append(request.packed)));
        return checkpointing.afterCommit();
      case 'retain':
        return retention.add(request.before, request.maxBytes);
      case 'close':
        return close();
    }
  });
};
