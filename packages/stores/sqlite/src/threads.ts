import { Worker } from 'node:worker_threads';
import type { Refused } from './messages.ts';
import { unopened } from './refusals.ts';

/** Starts a thread, by default one of a log. From source it runs the source, so tests need no build. */
export const startThread = (options: object, entry = './thread'): Worker => {
  const fromSource = import.meta.url.endsWith('.ts');
  return new Worker(new URL(`${entry}.${fromSource ? 'ts' : 'js'}`, import.meta.url), {
    workerData: options,
    execArgv: ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=@therapytrain/source'] : [])],
  });
};

/**
 * Resolves with the thread's reply when it has opened its database; rejects, when the thread has ended, if it cannot.
 */
export const opened = <T extends { readonly kind: 'opened' }>(
  thread: Worker,
  directory: string,
  what = 'log',
): Promise<T> =>
  new Promise((resolve, reject) => {
    let refused: Parameters<typeof unopened>[1] = { why: 'other', message: 'its thread ended' };
    const refuse = (): void => reject(unopened(directory, refused, what));
    const fail = (error: unknown): void => void (refused = { why: 'other', message: String(error) });
    thread.once('exit', refuse);
    thread.once('error', fail);
    thread.once('message', (reply: T | Refused) => {
      if (reply.kind !== 'opened') return void (refused = reply);
      thread.off('exit', refuse);
      thread.off('error', fail);
      resolve(reply);
    });
  });

/** Resolves when the thread has ended; at once if it has already. */
export const ended = (thread: Worker): Promise<void> =>
  thread.threadId === -1 ? Promise.resolve() : new Promise((resolve) => void thread.once('exit', () => resolve()));
