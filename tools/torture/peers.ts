import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Millis } from '@therapytrain/alerts-core';
import type { Chance } from './chance.ts';

/** The two channels: one whose peer is always well, and one whose peer is often not. */
export const channels = ['steady', 'rough'] as const;

/** One of {@link channels}. */
export type ChannelName = (typeof channels)[number];

/** Two webhooks, and what each of them took. */
export interface Peers {
  readonly port: number;
  /** How often each delivery was taken, by its key. */
  readonly taken: Readonly<Record<ChannelName, ReadonlyMap<string, number>>>;
  /** How many attempts the rough one turned down, in whichever way. */
  turnedDown(): number;
  /** How the rough one is from now on. Default: `rough`, which turns down 30 % of what comes. */
  roughIs(how: 'well' | 'rough' | 'dead'): void;
  /** How long after its report each notice came to the steady one, since this was asked last. */
  latencies(): readonly Millis[];
  stop(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, take: () => void) => void;

const accept: Answer = (_, response, take) => {
  take();
  response.writeHead(204).end();
};

// What a dead one does, too: nothing is ever said, and the attempt must end by itself.
const silent: Answer = () => undefined;

const turnsDown: readonly Answer[] = [
  silent,
  (_, response) => void response.writeHead(500).end(),
  (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
  ({ socket }) => void socket.destroy(),
  // It took it, and nobody will know.
  ({ socket }, _, take) => {
    take();
    socket.destroy();
  },
];

const failing = { well: 0, rough: 30, dead: 100 } as const;

// The first 48 bits of an id are its milliseconds (RFC 9562 §5.7). Of several alerts the newest says how long was waited.
const reportedAt = (body: Buffer): number => {
  const { data } = JSON.parse(body.toString()) as { data: { alerts: readonly { id: string }[] } };
  return Math.max(...data.alerts.map(({ id }) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)));
};

/** Starts the webhooks on a port of the loopback. */
export const startPeers = async (chance: Chance): Promise<Peers> => {
  const taken = { steady: new Map<string, number>(), rough: new Map<string, number>() };
  let refused = 0;
  let how: keyof typeof failing = 'rough';
  let latencies: Millis[] = [];
  const server = createServer((request, response) => {
    const channel = request.url === '/rough' ? 'rough' : 'steady';
    const key = String(request.headers['webhook-id']);
    const take = (): void => void taken[channel].set(key, (taken[channel].get(key) ?? 0) + 1);
    const fails = channel === 'rough' && chance.between(1, 100) <= failing[how];
    if (fails) refused++;
    const turnDown = how === 'dead' ? silent : chance.pick(turnsDown);
    const answer = fails ? turnDown : accept;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      if (channel === 'steady') latencies.push(Date.now() - reportedAt(Buffer.concat(parts)));
      answer(request, response, take);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    turnedDown: () => refused,
    roughIs: (next) => void (how = next),
    latencies: () => {
      const told = latencies;
      latencies = [];
      return told;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Writes a policy that tells both of every alert at once. Gives its file. */
export const policyFor = (directory: string, port: number): string => {
  const channel = (name: ChannelName): string => {
    const url = join(directory, `${name}.url`);
    writeFileSync(url, `http://127.0.0.1:${port}/${name}`);
    const allow = `{ cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }`;
    return `  ${name}: { kind: webhook, url: { file: ${url} }, unsigned: true, timeout: 500ms, allow: ${allow} }`;
  };
  const file = join(directory, 'policy.yaml');
  writeFileSync(
    file,
    [
      'channels:',
      ...channels.map(channel),
      `receivers: { all: { channels: [${channels.join(', ')}] } }`,
      'routes: [{ receivers: [all], batch_updates_every: 1s }]',
      '',
    ].join('\n'),
  );
  return file;
};
