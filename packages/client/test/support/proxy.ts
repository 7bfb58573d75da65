import { createServer, type Server, type Socket, connect } from 'node:net';

/** A TCP connection that can go bad in between, as a network does. */
export interface Proxy {
  readonly address: string;
  /** Connections that were made through it. */
  readonly connections: () => number;
  /** From now on nothing gets through the connections there are; nobody is told. New ones work. */
  freeze(): void;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy on loopback in front of a port of loopback. */
export const startProxy = async (port: number): Promise<Proxy> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let connections = 0;
  const server: Server = createServer((near) => {
    connections++;
    const far = connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const each = (act: (socket: Socket) => void): void => {
    for (const pair of [...pairs]) pair.forEach(act);
  };
  const cut = (): void => each((socket) => void socket.resetAndDestroy());
  return {
    address: `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`,
    connections: () => connections,
    freeze: () =>
      each((socket) => {
        socket.unpipe();
        socket.pause();
      }),
    cut,
    close: async () => {
      cut();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
};
