import { createServer } from 'node:https';
import { type AddressInfo, type Socket } from 'node:net';
import type { TestCertificate } from '@therapytrain/alerts-testkit';

/** A TLS server on loopback that says what it was asked. */
export interface TlsServer {
  readonly port: number;
  /** What each connection named as its server (SNI), and each request as its `Host`. */
  readonly asked: { readonly names: (string | false)[]; readonly hosts: (string | undefined)[] };
  /** How many connections were made, secure or not. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts it with the certificate. */
export const startTlsServer = async ({ cert, key }: TestCertificate): Promise<TlsServer> => {
  const asked: TlsServer['asked'] = { names: [], hosts: [] };
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ cert, key }, (request, response) => {
    asked.hosts.push(request.headers.host);
    request.resume().on('end', () => response.end('ok'));
  });
  server.on('secureConnection', (socket) => void asked.names.push(socket.servername ?? false));
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    connections: () => connections,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
