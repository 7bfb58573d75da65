import type { Clock, Millis } from '@therapytrain/alerts-core';

/** What saying what is enforced needs. */
export interface AcknowledgingParts {
  readonly clock: Clock;
  readonly every: Millis;
  /** Up to where it is enforced; empty where that is not known. */
  readonly cursor: () => string;
  readonly acknowledge: (cursor: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

// Who says nothing for long is taken for gone, however little changes.
const atLeastEvery: Millis = 300_000;

/** Says up to where it is enforced, when that has changed, and now and then although it has not; until the signal. */
export const acknowledging = async (parts: AcknowledgingParts): Promise<void> => {
  const { clock, every, cursor, acknowledge, onError, signal } = parts;
  let said = '';
  let at = clock.monotonic();
  while (!signal.aborted) {
    await clock.sleep(every, signal).catch(() => undefined);
    const now = cursor();
    if (signal.aborted || now === '' || (now === said && clock.monotonic() - at < atLeastEvery)) continue;
    try {
      await acknowledge(now);
      said = now;
      at = clock.monotonic();
    } catch (error) {
      onError(error);
    }
  }
};
