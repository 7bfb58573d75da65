import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { framed } from '../payload.ts';
import { pathOf } from './messages.ts';

/** What h2load counted. */
export interface H2loadReport {
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
  /** Requests that were answered with a 2xx status. For gRPC that says nothing of the call's own status. */
  readonly succeeded: number;
  /** Requests that were answered otherwise, or not at all, before the time was over. */
  readonly failed: number;
}

const durations: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** Reads what h2load prints. Throws if it is not that. */
export const parseH2load = (text: string): H2loadReport => {
  const [, time, unit = ''] = /^finished in ([\d.]+)(us|ms|s|m),/m.exec(text) ?? [];
  const [, succeeded, failed, errored] = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(text) ?? [];
  const [, ok] = /^status codes: (\d+) 2xx/m.exec(text) ?? [];
  const scale = durations[unit];
  if (time === undefined || scale === undefined || succeeded === undefined || ok === undefined) {
    throw new Error(`h2load printed something else than a report: ${text.trim().slice(-300)}`);
  }
  return { seconds: Number(time) * scale, succeeded: Number(succeeded), failed: Number(failed) + Number(errored) };
};

/** True if h2load is installed. */
export const hasH2load = (): boolean => spawnSync('h2load', ['--version']).status === 0;

/** How much is in flight. */
export interface InFlight {
  readonly connections: number;
  /** On each connection. */
  readonly streams: number;
}

/** Sends the same unary gRPC request again and again, for so many seconds. */
export const h2load = async (
  { processes, scratch }: Bench,
  address: string,
  method: string,
  message: Uint8Array,
  { connections, streams }: InFlight,
  seconds: number,
): Promise<H2loadReport> => {
  const body = join(scratch.path, 'request.bin');
  writeFileSync(body, framed(message));
  const child = processes.start('h2load', [
    ...[
      '-c',
      String(connections),
      '-m',
      String(streams),
      '-t',
      '1',
      '-D',
      `${Math.round(seconds * 1_000)}ms`,
      '-d',
      body,
    ],
    ...['-H', 'content-type: application/grpc', '-H', 'te: trailers'],
    `http://${address}${pathOf(method)}`,
  ]);
  return parseH2load(await child.output());
};
