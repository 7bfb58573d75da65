import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAlertClient } from '@therapytrain/alerts-client';
import { waitFor } from '@therapytrain/alerts-testkit';
import { createVictims } from '../../torture/victim.ts';
import type { RunOptions } from '../run.ts';
import { plantAll } from './inputs.ts';
import { type CanaryPeers, startCanaryPeers, writePolicy } from './peers.ts';
import { filesIn, search, type Searched, type Sink } from './search.ts';
import { type Canaries, type CanaryPlace, canariesOf, neverStored, toldOnChannels } from './values.ts';

/** What came of it. */
export interface CanaryReport {
  readonly planted: number;
  readonly sinks: readonly Searched[];
  /** Core files, of which there must be none: a core file holds all that the process held. */
  readonly cores: number;
}

const settleWithin = 60_000;

// Everything is told that will be, and the two peers that fail have been tried.
const untilTold = async (address: string, peers: CanaryPeers): Promise<void> => {
  const client = createAlertClient({ address });
  try {
    await waitFor(
      async () => {
        const accounts = await client.accounting();
        const done = ['mail', 'chat', 'hook'].map((name) => accounts.find(({ channel }) => channel === name));
        return done.every((each) => each && each.accepted > 0 && each.pending === 0) && peers.failing.attempts() > 1;
      },
      { deadline: settleWithin, what: 'everybody is told' },
    );
  } finally {
    await client.close();
  }
};

const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

// What proves who we are goes to the peer that it is for.
const ours = (...places: readonly CanaryPlace[]): readonly CanaryPlace[] => [...toldOnChannels, ...places];

interface Emitted {
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly metrics: string;
  readonly refusals: readonly string[];
  readonly directory: string;
  readonly data: string;
}

const sinksOf = (peers: CanaryPeers, emitted: Emitted, canaries: Canaries): readonly Sink[] => {
  const { mail, chat, hook, failing, telemetry } = peers;
  const { lines, stderr, metrics, refusals, directory, data } = emitted;
  const never = (Object.keys(canaries) as CanaryPlace[]).filter((place) => !neverStored.includes(place));
  const told = (peer: { arrivals(): readonly { readonly raw: string; readonly text: string }[] }): string =>
    peer
      .arrivals()
      .map((each) => `${each.raw}\n${each.text}`)
      .join('\n');
  return [
    { name: 'log', text: lines.join('\n'), allowed: [], expects: 'listening' },
    { name: 'standard error stream', text: stderr, allowed: [] },
    {
      name: 'traces and metrics (OTLP)',
      text: telemetry.received.map(({ body }) => body.toString('latin1')).join('\n'),
      allowed: [],
      expects: 'AlertLog.append',
    },
    { name: 'metrics (Prometheus)', text: metrics, allowed: [], expects: 'alerts_reports' },
    // The name of a method that there is not is told by grpc-js to whoever called it, and to nobody else.
    { name: 'gRPC errors', text: refusals.join('\n'), allowed: ['path'], expects: 'FIELD_INVALID' },
    { name: 'mails', text: told(mail), allowed: toldOnChannels, expects: 'A canary' },
    {
      name: 'Slack',
      text: text(chat.calls().map(({ method, args }) => ({ method, args }))),
      allowed: toldOnChannels,
      expects: 'A canary',
    },
    {
      name: 'webhooks',
      text: `${told(hook)}\n${told(failing)}`,
      // The path is the address, and the token is what the peer wants to see.
      allowed: ours('webhookPath', 'webhookHeader'),
      expects: 'CANARY',
    },
    {
      name: 'temporary files and the working directory',
      text: filesIn(directory, [data, join(directory, 'given')]),
      allowed: [],
    },
    // The store holds alerts; what it must not hold are secrets, and what was refused.
    { name: 'data directory', text: filesIn(data), allowed: never, expects: 'CANARY' },
  ];
};

const coresIn = (...directories: readonly string[]): number =>
  directories.flatMap((each) => readdirSync(each)).filter((name) => /^core(\.\d+)?$/.test(name)).length;

/** Plants unique values in every input of a gateway, and looks for them in all that comes out of it. */
export const searchForCanaries = async ({
  seed,
  cleanup,
  compileCache,
  directory: parent,
}: RunOptions): Promise<CanaryReport> => {
  const directory = join(parent, 'canaries');
  const data = join(directory, 'data');
  const given = join(directory, 'given');
  const temporary = join(directory, 'tmp');
  for (const each of [directory, data, given, temporary]) mkdirSync(each, { recursive: true });
  const canaries = canariesOf(seed);
  const peers = await startCanaryPeers(canaries);
  const forget = cleanup.add(() => void peers.stop());
  const lines: string[] = [];
  try {
    const { file, env } = writePolicy(given, peers, canaries);
    const victim = createVictims(
      cleanup,
      compileCache,
    )({
      data,
      policy: file,
      // It is in the directory in which a core file would be left.
      wrapper: ['env', '-C', directory],
      args: ['--metrics', '127.0.0.1:0', '--log-level', 'trace'],
      env: { ...env, TMPDIR: temporary },
      onLine: (line) => void lines.push(line),
    });
    const address = await victim.listening;
    const refusals = await plantAll(address, canaries, () => untilTold(address, peers));
    await untilTold(address, peers);
    // What exporters and the trace level say once in a while.
    const metricsAddress = await waitFor(() => {
      const line = lines.find((each) => each.includes('serving metrics'));
      return line === undefined ? undefined : (JSON.parse(line) as { readonly address: string }).address;
    });
    const metrics = await (await fetch(`http://${metricsAddress}/metrics`)).text();
    victim.signal('SIGTERM');
    const { stderr } = await victim.exited;
    const emitted: Emitted = { lines, stderr, metrics, refusals, directory, data };
    const sinks = sinksOf(peers, emitted, canaries).map((sink) => {
      const searched = search(sink, canaries);
      if (searched.found.length > 0)
        writeFileSync(join(parent, `found in ${sink.name.replaceAll(/\W+/g, '-')}`), sink.text);
      return searched;
    });
    return { planted: Object.keys(canaries).length, sinks, cores: coresIn(directory, data) };
  } finally {
    forget();
    await peers.stop();
  }
};

/** What is wrong; nothing where nothing came out, everything was looked at, and what was hidden was found. */
export const judgeCanaries = ({ sinks, cores }: CanaryReport): readonly string[] => [
  ...sinks.flatMap(({ name, found, detected, planted, alive }) => [
    ...(found.length === 0 ? [] : [`${name}: ${found.join(', ')}`]),
    ...(detected === planted ? [] : [`${name}: ${planted - detected} of ${planted} hidden values were not found`]),
    ...(alive ? [] : [`${name}: nothing of the gateway was there to be searched`]),
  ]),
  ...(cores === 0 ? [] : [`${cores} core files`]),
];
