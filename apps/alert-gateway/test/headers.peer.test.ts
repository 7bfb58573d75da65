import { beforeAll, describe, expect, test } from '@jest/globals';
import { Metadata } from '@grpc/grpc-js';
import { type AlertServiceClient } from '@therapytrain/alerts-api';
import { areTooLarge, headerBytes } from '../src/rpc/guard.ts';
import { openGateway, rawCall, rawStream, type TestGateway } from './support.ts';
import { bytesField } from './support/bytes.ts';

const report = Buffer.from([...bytesField(3, 'AUTH_FAILURE'), ...bytesField(5, 'm')]);

describe('the measure of headers', () => {
  // Name, value and 32 bytes each, by RFC 9113.
  const metadata = (bytes: number): Metadata => {
    const made = new Metadata();
    made.add('x-one', 'v'.repeat(1_000));
    made.add('x-one', 'w'.repeat(1_000));
    made.add('x-two-bin', Buffer.alloc(bytes - 2 * (5 + 1_000 + 32) - 9 - 32));
    return made;
  };

  test.each([-1, 0, 1])('is 8 KiB and %d', (more) => {
    expect(areTooLarge(metadata(headerBytes + more))).toBe(more > 0);
  });

  test('counts many small ones', () => {
    const made = new Metadata();
    for (let at = 0; at < 190; at++) made.add(`x-${at}`, 'v'.repeat(5));
    expect(areTooLarge(made)).toBe(false);
    for (let at = 0; at < 20; at++) made.add(`x-more-${at}`, 'v');
    expect(areTooLarge(made)).toBe(true);
  });
});

describe('a call with headers of', () => {
  let shared: TestGateway;
  let client: AlertServiceClient;
  beforeAll(async () => {
    shared = await openGateway({ inMemory: true }, 'all');
    client = shared.client;
  });
  const sources = (bytes: number): string => 's'.repeat(bytes);

  test('7 KiB is looked at', async () => {
    const { refusal } = await rawCall(client, 'ReportAlert', report, sources(7 * 1024));
    // By who reads this header, not by the bound of all.
    expect(refusal?.message ?? '').not.toContain('headers');
  });

  test.each(['ReportAlert', 'GetAlert', 'ListAlerts'])(
    '9 KiB is refused by %s, and nothing is kept',
    async (method) => {
      const { refusal } = await rawCall(client, method, report, sources(9 * 1024));
      expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' });
      expect(refusal?.message).toContain(`headers: are more than ${headerBytes} bytes`);
      expect(refusal?.message).not.toContain('sss');
      expect(shared.log.bounds().newestId).toBeUndefined();
      // The connection serves on.
      expect((await rawCall(client, 'ListAlerts', Buffer.alloc(0))).refusal).toBeUndefined();
    },
  );

  test.each(['ReportAlerts', 'StreamAlerts'] as const)('9 KiB is refused by the stream %s', async (method) => {
    const batch = method === 'ReportAlerts' ? [Buffer.from(bytesField(1, [...report]))] : [Buffer.alloc(0)];
    const { messages, refusal } = await rawStream(client, method, batch, sources(9 * 1024));
    expect([messages.length, refusal?.reason]).toEqual([0, 'FIELD_INVALID']);
    expect(shared.log.bounds().newestId).toBeUndefined();
  });
});
