import { type Writable } from 'node:stream';

/** Where output goes: the standard output or error stream, say. */
export interface Sink {
  /** Resolves when the stream can take more, so that nothing piles up in memory before a slow reader. */
  write(text: string): Promise<void>;
  /** The width of the terminal in columns; undefined where it is none. */
  readonly columns: number | undefined;
  /** The height of the terminal in lines; undefined where it is none. */
  readonly rows: number | undefined;
  /** True where the terminal shows colours and the user wants them. */
  readonly colours: boolean;
  readonly stream: Writable;
}

/** A stream with what there is to know of a terminal, if it is one. */
export type TerminalStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly hasColors?: (environment?: Readonly<Record<string, string | undefined>>) => boolean;
};

const narrowest = 40;

/** A sink over a stream. Colours depend on the terminal and on `NO_COLOR`, `FORCE_COLOR` and `TERM` in the environment. */
export const createSink = (
  stream: TerminalStream,
  environment: Readonly<Record<string, string | undefined>>,
): Sink => ({
  write: async (text) => {
    if (stream.write(text) || stream.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of endings) stream.off(event, done);
        resolve();
      };
      for (const event of endings) stream.once(event, done);
    });
  },
  get columns() {
    return stream.isTTY && stream.columns ? Math.max(narrowest, stream.columns) : undefined;
  },
  get rows() {
    return stream.isTTY && stream.rows ? stream.rows : undefined;
  },
  colours: Boolean(stream.isTTY && !environment['NO_COLOR'] && stream.hasColors?.(environment)),
  stream,
});

const endings = ['drain', 'close', 'error'] as const;
