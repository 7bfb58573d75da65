import type { AddressInfo } from 'node:net';
import { createService } from './readme-example.ts';

/*
 * The service of the README as a process of its own: `node enforcing-service.ts GATEWAY`. It prints its port once it
 * enforces, and ends with SIGTERM.
 */
const [gateway = ''] = process.argv.slice(2);
const { app, stop } = await createService(gateway);
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void stop();
});
