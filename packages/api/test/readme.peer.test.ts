import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { credentials, type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  AlertServiceClient,
  AlertServiceService,
  ReportAlertRequest,
  type ReportAlertResponse,
} from '@therapytrain/alerts-api';
import { reportDown } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const server = new Server();
const received: ReportAlertRequest[] = [];
let client: AlertServiceClient;

const reportAlert: handleUnaryCall<ReportAlertRequest, ReportAlertResponse> = ({ request }, answer) => {
  received.push(request);
  if (request.metadata?.['component'] === 'gateway') answer({ code: status.UNAVAILABLE, details: 'draining' });
  else answer(null, { alertId: 'a1', sequence: 1n, duplicate: false });
};

beforeAll(async () => {
  const unimplemented = () => {
    throw new Error('not asked here');
  };
  server.addService(AlertServiceService, {
    reportAlert,
    reportAlerts: unimplemented,
    getAlert: unimplemented,
    listAlerts: unimplemented,
    streamAlerts: unimplemented,
  });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  client = new AlertServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

test('it reports, and gives the id', async () => {
  await expect(reportDown(client, 'db')).resolves.toBe('a1');
  expect(received.at(-1)).toEqual(
    ReportAlertRequest.fromPartial({
      type: 'SYSTEM_HEALTH',
      severity: 4,
      message: 'System health changed',
      metadata: { component: 'db', status: 'down' },
    }),
  );
});

test('what the gateway refuses is an error', async () => {
  await expect(reportDown(client, 'gateway')).rejects.toMatchObject({ code: status.UNAVAILABLE });
});
