import { readFileSync } from 'node:fs';
import { createAlertClient } from '@therapytrain/alerts-client';
import { systemPorts } from '@therapytrain/alerts-core';
import { createSink } from './output/sink.ts';
import { run } from './program.ts';

const interruptedTwice = 130;

/** Runs the command line of this process; its exit code is set when this resolves. */
export const main = async (): Promise<void> => {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) process.exit(interruptedTwice);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read our output has enough: `alertctl list | head`.
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }

  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { clock, ids } = systemPorts();
  process.exitCode = await run(
    {
      version,
      environment: process.env,
      get stdin() {
        return process.stdin;
      },
      stdout: createSink(process.stdout, process.env),
      stderr: createSink(process.stderr, process.env),
      clock,
      ids,
      signal: interrupted.signal,
      connect: createAlertClient,
    },
    process.argv.slice(2),
  );
};
