import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import {
  DecisionKind,
  ResponseServiceService,
  StreamDecisionsResponse,
  type StreamDecisionsResponse as Event,
} from '@therapytrain/alerts-api';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { createService, refusals } from './readme-example.ts';
import { after, ask } from './support.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file that is compiled and run here', () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read('../README.md')) ?? [];
  expect(example).toBe(read('./readme-example.ts'));
});

/** A gateway with one decision. */
const startGateway = async (): Promise<string> => {
  const server = new Server();
  const at = new Date();
  const decision = {
    ...{
      id: '1',
      kind: DecisionKind.BLOCK_ADDRESS,
      target: '127.0.0.1',
      resource: '',
      perMinute: 0,
      playbook: 'manual',
      incidentId: '',
    },
    ...{ startsAt: at, endsAt: new Date(at.getTime() + 3_600_000) },
  };
  const events: Event['event'][] = [
    { $case: 'snapshotBegin', value: {} },
    { $case: 'changes', value: { decisions: [decision], endedIds: [], cursor: '' } },
    { $case: 'snapshotEnd', value: { cursor: 'c', serverTime: at } },
  ];
  const { path, requestDeserialize } = ResponseServiceService.streamDecisions;
  server.addService(
    {
      streamDecisions: {
        ...{ path, requestStream: false, responseStream: true, requestDeserialize },
        requestSerialize: ResponseServiceService.streamDecisions.requestSerialize,
        responseSerialize: (event: Event) => Buffer.from(StreamDecisionsResponse.encode(event).finish()),
        responseDeserialize: ResponseServiceService.streamDecisions.responseDeserialize,
      },
    },
    {
      streamDecisions: (call: ServerWritableStream<unknown, Event>) => {
        for (const event of events) call.write({ event });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(error) : resolve(taken),
    ),
  );
  after(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
};

test('it does what it says', async () => {
  const { app, stop } = await createService(await startGateway());
  after(stop);
  const port = await new Promise<number>((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    after(() => server.close());
  });
  expect(await ask(port, '/notes')).toMatchObject({ status: 403, code: 'address_blocked' });
  expect(await ask(port, '/notes', { 'x-forwarded-for': '192.0.2.7' })).toMatchObject({ status: 200 });
  expect(Object.fromEntries(refusals)).toEqual({ address_blocked: 1 });
});
