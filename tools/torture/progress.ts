import type { Millis } from '@therapytrain/alerts-core';

/** Tells how a run goes on. */
export interface Progress {
  /** Replaces the line before on a terminal; elsewhere it is printed now and then. */
  update(text: string): void;
  /** A line that stays. */
  say(text: string): void;
}

const between: Millis = 5_000;

/** Progress on a stream, which may be a terminal. */
export const createProgress = (stream: NodeJS.WriteStream, now: () => Millis): Progress => {
  let last = -between;
  const clear = (): void => void (stream.isTTY && stream.write('\r\u001b[K'));
  return {
    update: (text) => {
      if (stream.isTTY) stream.write(`\r\u001b[K${text.slice(0, stream.columns - 1)}`);
      else if (now() - last >= between) {
        last = now();
        stream.write(`  ${text}\n`);
      }
    },
    say: (text) => {
      clear();
      stream.write(`${text}\n`);
    },
  };
};
