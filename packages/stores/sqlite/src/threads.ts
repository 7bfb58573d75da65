import { Worker } from 'node:worker_threads';
import type { LogBounds } from '@therapytrain/alerts-core';
import type { ThreadOptions, WriterReply } from './messages.ts';
import { unopened } from './refusals.ts';

/** Starts one of the threads of a log. From source it runs the source, so tests need no build. */
export const startThread = (options: ThreadOptions): Worker => {
  const fromSource = import.meta.url.endsWith('.ts');
  return new Worker(new URL(fromSource ? './thread.ts' : './thread.js', import.meta.url), {
    workerData: options,
    execArgv: ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=@therapytrain/source'] : [])],
  });
};

/** Resolves when the writer's thread has opened the log; rejects, when the thread has ended, if it cannot. */
export const opened = (thread: Worker, directory: string): Promise<LogBounds> =>
  new Promise((resolve, reject) => {
    let refused: Parameters<typeof unopened>[1] = { why: 'other', message: 'its thread ended' };
    const refuse = (): void => reject(unopened(directory, refused));
    const fail = (error: unknown): void => void (refused = { why: 'other', message: String(error) });
    thread.once('exit', refuse);
    thread.once('error', fail);
    thread.once('message', (reply: WriterReply) => {
      if (reply.kind !== 'opened') return void (refused = reply.kind === 'refused' ? reply : refused);
      thread.off('exit', refuse);
      thread.off('error', fail);
      resolve(reply.bounds);
    });
  });

/** Resolves when the thread has ended; at once if it has already. */
export const ended = (thread: Worker): Promise<void> =>
  thread.threadId === -1 ? Promise.resolve() : new Promise((resolve) => void thread.once('exit', () => resolve()));
