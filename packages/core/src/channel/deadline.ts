import type { Clock, Millis } from '../ports.ts';

/** Why a signal of {@link withDeadline} was aborted, if it was. */
export type Ended = 'deadline' | 'caller' | undefined;

/** A total deadline over several waits. */
export interface Deadline {
  /** Aborted when the time is over or the caller gives up. Every wait of the work takes it. */
  readonly signal: AbortSignal;
  /** Which of the two it was. */
  readonly ended: () => Ended;
}

// Nobody sees it: an abort without a reason makes an error with a stack, at each request.
const workEnded = 'the work has ended';

/**
 * Runs the work under one deadline: the span in milliseconds, or the caller's signal, whichever comes first. The work
 * is told by the signal and must end by itself; its result or error is passed on. Timers are gone when it resolves.
 */
export const withDeadline = async <T>(
  clock: Clock,
  span: Millis,
  caller: AbortSignal,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const done = new AbortController();
  let ended: Ended;
  const end = (why: Ended): void => {
    ended ??= why;
    over.abort();
  };
  const giveUp = (): void => end('caller');
  if (caller.aborted) giveUp();
  else caller.addEventListener('abort', giveUp, { once: true });
  clock.sleep(span, done.signal).then(
    () => end('deadline'),
    () => undefined,
  );
  try {
    return await work({ signal: over.signal, ended: () => ended });
  } finally {
    caller.removeEventListener('abort', giveUp);
    done.abort(workEnded);
  }
};
