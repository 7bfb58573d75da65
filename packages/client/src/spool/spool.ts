import { Worker } from 'node:worker_threads';
import { AlertError } from '@therapytrain/alerts-core';
import type { SpooledRow, SpoolFault, SpoolItem, SpoolReply, SpoolRequest, SpoolThreadOptions } from './messages.ts';

/** Reports on the disk of this machine. */
export interface Spool {
  /** Resolves when it is open; rejects with `STORE_LOCKED` or `STORE_UNAVAILABLE` if it cannot be opened. */
  ready(): Promise<void>;
  /** How many reports it holds; 0 until it is open. */
  size(): number;
  /** Durable when it resolves; many share one commit. Rejects with `SPOOL_FULL` or `STORE_UNAVAILABLE`. */
  put(item: SpoolItem): Promise<void>;
  /** The most severe, and within a severity the oldest. */
  first(maxCount: number, maxBytes: number): Promise<readonly SpooledRow[]>;
  remove(places: readonly number[]): Promise<void>;
  /** Finishes what was put, then lets go of the files. */
  close(): Promise<void>;
}

const faults: Readonly<Record<SpoolFault, (cause: string) => AlertError>> = {
  locked: (cause) => new AlertError('STORE_LOCKED', 'another process has the spool directory open', { cause }),
  full: (cause) => new AlertError('SPOOL_FULL', 'the disk of the spool has no room', { cause }),
  broken: (cause) => new AlertError('STORE_UNAVAILABLE', 'the spool cannot be used', { cause }),
};

const full = (): AlertError => new AlertError('SPOOL_FULL', 'the spool has no room for a report of this severity');

// A thread, so that the disk does not hold up the caller's event loop; and so that Node's warning about its SQLite is
// not the caller's to read.
const startThread = (options: SpoolThreadOptions): Worker => {
  const fromSource = import.meta.url.endsWith('.ts');
  return new Worker(new URL(fromSource ? './thread.ts' : './thread.js', import.meta.url), {
    workerData: options,
    execArgv: ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=@therapytrain/source'] : [])],
  });
};

interface Asked {
  readonly resolve: (reply: SpoolReply) => void;
  readonly reject: (error: AlertError) => void;
}

/** Asks the thread; it answers in order. Once the disk has failed, everything is refused: it must not be trusted again. */
const createQuestions = (thread: Worker) => {
  const asked: Asked[] = [];
  let broken: AlertError | undefined;
  const breakDown = (cause: string): void => {
    broken ??= faults.broken(cause);
    for (const { reject } of asked.splice(0)) reject(broken);
  };
  thread.on('message', (reply: SpoolReply) => {
    if (reply.kind !== 'failed') return asked.shift()?.resolve(reply);
    if (reply.fault === 'broken') return breakDown(reply.message);
    asked.shift()?.reject(faults[reply.fault](reply.message));
  });
  thread.on('error', (error) => breakDown(String(error)));
  thread.on('exit', () => breakDown('the thread has ended'));
  const expect = (): Promise<SpoolReply> =>
    new Promise((resolve, reject) => {
      if (broken) reject(broken);
      else asked.push({ resolve, reject });
    });
  return {
    /** The reply to the opening, which nobody asks for. */
    opened: expect,
    ask: (request: SpoolRequest): Promise<SpoolReply> => {
      const reply = expect();
      if (!broken) thread.postMessage(request);
      return reply;
    },
  };
};

interface Waiting {
  readonly item: SpoolItem;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens the spool of a directory. `onDropped` is told what had to go for something more severe. */
export const createSpool = (options: SpoolThreadOptions, onDropped: (row: SpooledRow) => void): Spool => {
  const thread = startThread(options);
  const questions = createQuestions(thread);
  let size = 0;
  const sized = (reply: SpoolReply): SpoolReply => {
    if ('size' in reply) ({ size } = reply);
    return reply;
  };
  const opened = questions.opened().then((reply) => void sized(reply));
  // Whoever awaits it is told; nobody has to.
  opened.catch(() => {});
  let waiting: Waiting[] = [];
  let putting: Promise<void> | undefined;

  const putAll = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const reply = sized(await questions.ask({ kind: 'put', items: batch.map(({ item }) => item) }));
      if (reply.kind !== 'put') throw faults.broken('an answer of another kind');
      for (const [at, { resolve, reject }] of batch.entries()) {
        if (reply.kept[at]) resolve();
        else reject(full());
      }
      reply.dropped.forEach(onDropped);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  // One commit at a time; what comes meanwhile shares the next.
  const putWaiting = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await putAll(batch);
    }
    putting = undefined;
  };
  return {
    ready: () => opened,
    size: () => size,
    put: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        putting ??= Promise.resolve().then(putWaiting);
      }),
    first: async (maxCount, maxBytes) => {
      const reply = await questions.ask({ kind: 'first', maxCount, maxBytes });
      return reply.kind === 'rows' ? reply.rows : [];
    },
    remove: async (places) => void sized(await questions.ask({ kind: 'remove', places })),
    close: async () => {
      await putting;
      const exited = new Promise<void>((resolve) => void thread.once('exit', () => resolve()));
      const closed = await questions.ask({ kind: 'close' }).catch(() => undefined);
      if (!closed) await thread.terminate();
      else await exited;
    },
  };
};
