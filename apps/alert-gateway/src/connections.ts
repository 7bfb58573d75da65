import { createServer, type Socket } from 'node:net';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { every } from './every.ts';
import { splitAddress } from './options.ts';

/** Bounds of the connections of a gateway. */
export interface ConnectionOptions {
  /** How many may be open; one more is closed as soon as it comes. */
  readonly most: number;
  /** How long one may be open before the first call begins on it. */
  readonly firstCall: Millis;
}

/** What reliability.md §4.2 recommends. */
export const connectionDefaults: ConnectionOptions = { most: 2_048, firstCall: 10_000 };

/** Lets connections in, and closes those on which nobody calls. */
export interface Connections {
  /** Listens on `host:port`, and hands over each connection. Resolves to the port; rejects if it cannot be had. */
  listen(address: string, take: (socket: Socket) => void): Promise<number>;
  /** A call has begun; `peer` says where it comes from, as `address:port`, and is asked only if that matters. */
  called(peer: () => string): void;
  open(): number;
  /** Lets no more in; resolves when those that are open have been closed by whoever does so. */
  stop(): Promise<void>;
}

interface Silent {
  readonly socket: Socket;
  readonly until: Millis;
}

const sweep: Millis = 500;

/** Makes the connections of a gateway. */
export const createConnections = (options: ConnectionOptions, clock: Clock): Connections => {
  // Those on which no call has begun yet: none, most of the time, so that calls need not look where they come from. All
  // have the same patience, so it runs out in the order they came.
  const silent = new Map<string, Silent>();
  const server = createServer({ noDelay: true });
  server.maxConnections = options.most;
  let open = 0;
  const admit = (socket: Socket): void => {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    open++;
    silent.set(peer, { socket, until: clock.monotonic() + options.firstCall });
    socket.once('close', () => {
      open--;
      if (silent.get(peer)?.socket === socket) silent.delete(peer);
    });
  };
  const sweeping = every(sweep, clock, () => {
    const now = clock.monotonic();
    for (const [peer, { socket, until }] of silent) {
      if (until > now) return;
      silent.delete(peer);
      socket.destroy();
    }
  });
  return {
    listen: (address, take) =>
      new Promise((resolve, reject) => {
        const { host, port } = splitAddress(address) ?? {};
        server.once('error', reject);
        server.on('connection', (socket) => {
          admit(socket);
          take(socket);
        });
        server.listen(port, host, () => {
          const bound = server.address();
          resolve(bound !== null && typeof bound === 'object' ? bound.port : 0);
        });
      }),
    called: (peer) => {
      if (silent.size > 0) silent.delete(peer());
    },
    open: () => open,
    stop: () => {
      sweeping.stop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
