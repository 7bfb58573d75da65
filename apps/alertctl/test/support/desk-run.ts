import { PassThrough } from 'node:stream';
import { run } from '../../src/program.ts';
import { createSmallClient, type SmallContents } from './small-client.ts';
import { testSurroundings } from './surroundings.ts';

/** How a command is run. */
export interface DeskRunOptions {
  /** What a person types at the terminal; undefined where there is none. */
  readonly typed?: string;
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

/** Runs a command line against a gateway in memory. */
export const deskRun = async (
  contents: Partial<SmallContents>,
  words: readonly string[],
  { typed, columns, signal }: DeskRunOptions = {},
) => {
  const { surroundings, written } = testSurroundings();
  const { client, has } = createSmallClient(contents);
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  stdin.end(typed);
  const exitCode = await run(
    {
      ...surroundings,
      stdin,
      stdout: columns === undefined ? surroundings.stdout : { ...surroundings.stdout, columns },
      signal: signal ?? surroundings.signal,
      connect: () => client,
    },
    words,
  );
  return { exitCode, ...written, has };
};
