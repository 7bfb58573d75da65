import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  stop(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, take: () => void) => void;

const accept: Answer = (_, response, take) => {
  take();
  response.writeHead(204).end();
};

const turnsDown: readonly Answer[] = [
  (_, response) => void response.writeHead(500).end(),
  (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end(),
  ({ socket }) => void socket.destroy(),
  // Nothing is ever said: the attempt must end by itself.
  () => undefined,
  // It took it, and nobody will know.
  ({ socket }, _, take) => {
    take();
    socket.destroy();
  },
];

const failing = 30;

/** Starts the webhooks on a port of the loopback. */
export const startPeers = async (chance: Chance): Promise<Peers> => {
  const taken = { steady: new Map<string, number>(), rough: new Map<string, number>() };
  let refused = 0;
  const server = createServer((request, response) => {
    const channel = request.url === '/rough' ? 'rough' : 'steady';
    const key = String(request.headers['webhook-id']);
    const take = (): void => void taken[channel].set(key, (taken[channel].get(key) ?? 0) + 1);
    const fails = channel === 'rough' && chance.between(1, 100) <= failing;
    if (fails) refused++;
    const answer = fails ? chance.pick(turnsDown) : accept;
    request.resume().on('end', () => answer(request, response, take));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    turnedDown: () => refused,
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
