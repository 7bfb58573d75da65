import { createServer, type Socket } from 'node:net';
import type { Clock, Millis } from '@therapytrain/alerts-core';
import { createDeadlines } from './deadlines.ts';
import { createRates, type Rate } from './identity/rates.ts';
import { isLoopback, splitAddress } from './options.ts';

/** Bounds of the connections of a gateway. */
export interface ConnectionOptions {
  /** How many may be open; one more is closed as soon as it comes. */
  readonly most: number;
  /** How long one may be open before the first call begins on it. */
  readonly firstCall: Millis;
  /** How many may come from one address, while nobody there has proved who it is. */
  readonly perAddress: Rate;
  /** The same for an address from which somebody proved who it is in the last ten minutes: others there share it. */
  readonly perProvedAddress: Rate;
  /** Addresses that have no such bound. */
  readonly isExempt: (address: string) => boolean;
}

/** What reliability.md §4.2 recommends. */
export const connectionDefaults: ConnectionOptions = {
  most: 2_048,
  firstCall: 10_000,
  perAddress: { perSecond: 20, burst: 100 },
  perProvedAddress: { perSecond: 200, burst: 1_000 },
  isExempt: isLoopback,
};

/** How long an address counts as one from which somebody proved who it is. */
const provedFor: Millis = 600_000;
const mostProved = 10_000;
/** Time for what was said last to get out. */
const lastWords: Millis = 50;

/** Lets connections in, and closes those on which nobody calls. */
export interface Connections {
  /** Listens on `host:port`, and hands over each connection. Resolves to the port; rejects if it cannot be had. */
  listen(address: string, take: (socket: Socket) => void): Promise<number>;
  /** A call has begun; `peer` says where it comes from, as `address:port`, and is asked only if that matters. */
  called(peer: () => string): void;
  /** Somebody has proved who it is, on the connection of this peer. */
  proved(peer: string): void;
  /** Ends the connection of this peer, unless somebody has proved who it is on it. */
  cut(peer: string): void;
  open(): number;
  /** Lets no more in; resolves when those that are open have been closed by whoever does so. */
  stop(): Promise<void>;
}

/** Says which addresses may connect now. */
const createAddresses = ({ perAddress, perProvedAddress, isExempt }: ConnectionOptions, clock: Clock) => {
  const unknown = createRates(perAddress, clock);
  const known = createRates(perProvedAddress, clock);
  const proved = new Map<string, Millis>();
  const isProved = (address: string): boolean => clock.monotonic() - (proved.get(address) ?? -Infinity) < provedFor;
  return {
    mayConnect: (address: string): boolean =>
      isExempt(address) || unknown.take(address) || (isProved(address) && known.take(address)),
    proved: (address: string): void => {
      proved.delete(address);
      proved.set(address, clock.monotonic());
      for (const oldest of proved.keys()) {
        if (proved.size <= mostProved) break;
        proved.delete(oldest);
      }
    },
  };
};

/** Makes the connections of a gateway. */
export const createConnections = (options: ConnectionOptions, clock: Clock): Connections => {
  const { most, firstCall } = options;
  const firstCalls = createDeadlines(clock, { limit: firstCall, message: 'no call has begun in time' });
  // How to tell that a call has begun, by peer: those on which none has. There are none most of the time, so that calls
  // need not look where they come from.
  const silent = new Map<string, () => void>();
  const connected = new Map<string, { readonly socket: Socket; isProved: boolean }>();
  const addresses = createAddresses(options, clock);
  const server = createServer({ noDelay: true });
  server.maxConnections = most;
  let open = 0;
  const admit = (socket: Socket): void => {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`;
    const begun = firstCalls.begin(() => socket.destroy());
    open++;
    silent.set(peer, begun);
    const connection = { socket, isProved: false };
    connected.set(peer, connection);
    socket.once('close', () => {
      open--;
      begun();
      // Its port may belong to another by now.
      if (silent.get(peer) === begun) silent.delete(peer);
      if (connected.get(peer) === connection) connected.delete(peer);
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
          if (!addresses.mayConnect(socket.remoteAddress ?? '')) return void socket.destroy();
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
    proved: (peer) => {
      const connection = connected.get(peer);
      if (!connection || connection.isProved) return;
      connection.isProved = true;
      addresses.proved(connection.socket.remoteAddress ?? '');
    },
    cut: (peer) => {
      const connection = connected.get(peer);
      if (!connection) return;
      const end = (): void => void (connection.isProved || connection.socket.destroy());
      clock.sleep(lastWords).then(end, () => {});
    },
    open: () => open,
    stop: () => {
      firstCalls.close();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
