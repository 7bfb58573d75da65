import { createServer, type Socket } from 'node:net';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { createDeadlines } from './deadlines.ts';
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

/** Makes the connections of a gateway. */
export const createConnections = (options: ConnectionOptions, clock: Clock): Connections => {
  const { most, firstCall } = options;
  const firstCalls = createDeadlines(clock, { limit: firstCall, message: 'no call has begun in time' });
  // How to tell that a call has begun, by peer: those on which none has. There are none most of the time, so that calls
  // need not look where they come from.
  const silent = new Map<string, () => void>();
  const server = createServer({ noDelay: true });
  server.maxConnections = most;
  let open = 0;
  const admit = (socket: Socket): void => {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    const begun = firstCalls.begin(() => socket.destroy());
    open++;
    silent.set(peer, begun);
    socket.once('close', () => {
      open--;
      begun();
      // Its port may belong to another by now.
      if (silent.get(peer) === begun) silent.delete(peer);
    });
  };
  const heard = (peer: string): void => {
    silent.get(peer)?.();
    silent.delete(peer);
  };
  return {
    listen: (address, take) =>
      new Promise((resolve, reject) => {
        const { host, port } = splitAddress(address) ?? {};
        // Later ones tell of a connection that could not be accepted, and change nothing.
        server.on('error', reject);
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
      if (silent.size > 0) heard(peer());
    },
    open: () => open,
    stop: () => {
      firstCalls.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
