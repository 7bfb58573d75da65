import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AlertServiceClient, ReportAlertsResponse } from '@therapytrain/alerts-api';
import { joinFields, limits } from '@therapytrain/alerts-core';
import { openGateway, rawCall, rawStream, type Refusal, refusalOf, type TestGateway } from './support.ts';
import { bytesField, emptyMessages, varint } from './support/bytes.ts';
import { healthOf } from './support/health.ts';

let shared: TestGateway;
let client: AlertServiceClient;
beforeAll(async () => {
  shared = await openGateway({}, 'all');
  client = shared.client;
});

const report = (...more: number[]): number[] => [...bytesField(3, 'AUTH_FAILURE'), ...bytesField(5, 'm'), ...more];

describe('sizes:', () => {
  // As long as it is asked to be, by a field that nobody knows.
  const padded = (bytes: number, message: readonly number[] = report()): Buffer => {
    const head = (fill: number): number[] => [...message, ...varint(99 * 8 + 2), ...varint(fill)];
    for (let fill = bytes - message.length - 7; ; fill++) {
      const start = head(fill);
      if (start.length + fill >= bytes) return Buffer.concat([Buffer.from(start), Buffer.alloc(fill)]);
    }
  };
  const tooLong = /[Mm]essage.*larger/;

  test.each([-1, 0, 1])('a report of 64 KiB and %d', async (more) => {
    const message = padded(limits.alertBytes + more);
    expect(message).toHaveLength(limits.alertBytes + more);
    const { refusal } = await rawCall(client, 'ReportAlert', message);
    expect(refusal?.reason).toBe(more > 0 ? 'ALERT_TOO_LARGE' : undefined);
    if (refusal) expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', facts: { limit: '65536' } });
  });

  test.each([-1, 0, 1])('an alert of 64 KiB and %d in a batch, between neighbours that are kept', async (more) => {
    const good = Buffer.from(report());
    const batch = joinFields([good, padded(limits.alertBytes + more), good].map((each) => [1, each] as const));
    const { messages, refusal } = await rawStream(client, 'ReportAlerts', [batch]);
    expect(refusal).toBeUndefined();
    const [before, result, after] = messages.flatMap((each) => ReportAlertsResponse.decode(each).results);
    expect([before?.result?.$case, after?.result?.$case]).toEqual(['receipt', 'receipt']);
    const { reason } = result?.result?.$case === 'error' ? refusalOf(result.result.value) : {};
    expect(reason).toBe(more > 0 ? 'ALERT_TOO_LARGE' : undefined);
  });

  test.each([-1, 0, 1])('a batch of 256 KiB and %d', async (more) => {
    const batch = padded(limits.batchBytes + more, bytesField(1, report()));
    expect(batch).toHaveLength(limits.batchBytes + more);
    const { messages, refusal } = await rawStream(client, 'ReportAlerts', [batch]);
    expect(messages).toHaveLength(more > 0 ? 0 : 1);
    expect(refusal?.code).toBe(more > 0 ? 'RESOURCE_EXHAUSTED' : undefined);
    // Not one that waiting helps against.
    expect(refusal?.retryAfter).toBeUndefined();
  });

  test.each(['ReportAlert', 'GetAlert', 'ListAlerts'])('%s of more than 256 KiB', async (method) => {
    const { refusal } = await rawCall(client, method, padded(limits.batchBytes + 1));
    expect(refusal).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringMatching(tooLong),
      retryAfter: undefined,
    });
  });

  test.each(['GetAlert', 'ListAlerts'])('%s of more than 64 KiB', async (method) => {
    const { refusal } = await rawCall(client, method, padded(limits.alertBytes + 1, []));
    expect(refusal).toMatchObject({ reason: 'MESSAGE_MALFORMED' });
  });

  test('an alert that grows past 64 KiB only by what the gateway stamps on it', async () => {
    const text = (bytes: number): number[] => bytesField(3, 'x'.repeat(bytes));
    const entry = (at: number, bytes: number): number[] =>
      bytesField(1, [...bytesField(1, `k${at}`), ...bytesField(2, text(bytes))]);
    const metadata = bytesField(6, Array.from({ length: 57 }, (_, at) => entry(at, 1_000)).flat());
    const told = (bytes: number): number[] => [
      ...bytesField(3, 'AUTH_FAILURE'),
      ...bytesField(5, 'm'.repeat(bytes)),
      ...metadata,
    ];
    const most = told(8_000 + limits.alertBytes - told(8_000).length);
    expect(most).toHaveLength(limits.alertBytes);
    expect((await rawCall(client, 'ReportAlert', Uint8Array.from(most))).refusal?.reason).toBe('ALERT_TOO_LARGE');
    const less = told(8_000 + limits.alertBytes - told(8_000).length - 150);
    expect((await rawCall(client, 'ReportAlert', Uint8Array.from(less))).refusal).toBeUndefined();
  });

  test('a message that is small only while it is packed', async () => {
    const packing = shared.connect({ 'grpc.default_compression_algorithm': 2, 'grpc.use_local_subchannel_pool': 1 });
    expect((await rawCall(packing, 'ReportAlert', padded(1_000))).refusal).toBeUndefined();
    const { refusal } = await rawCall(packing, 'ReportAlert', padded(20_000_000));
    expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/decompress/) });
    expect((await rawCall(packing, 'ReportAlert', Buffer.from(report()))).refusal).toBeUndefined();
  });
});

describe('a message of very many empty ones', () => {
  const full = limits.alertBytes - 64;
  const value = (bytes: number): number[] =>
    bytesField(1, [...bytesField(1, 'a'), ...bytesField(2, bytesField(6, emptyMessages(1, bytes)))]);
  const hostile: Readonly<Record<string, Buffer[]>> = {
    ReportAlert: [
      emptyMessages(6, full),
      emptyMessages(99, full),
      Buffer.from(report(...bytesField(6, emptyMessages(1, full)))),
      Buffer.from(report(...bytesField(6, value(full)))),
      Buffer.from(report(...bytesField(6, value(8_000)))),
    ],
    ReportAlerts: [
      emptyMessages(1, limits.batchBytes),
      emptyMessages(99, limits.batchBytes),
      joinFields(Array.from({ length: 250 }, () => [1, emptyMessages(99, 1_000)])),
      joinFields(Array.from({ length: 31 }, () => [1, Buffer.from(report(...bytesField(6, value(8_000))))])),
    ],
    GetAlert: [emptyMessages(1, full), emptyMessages(99, full)],
    ListAlerts: [emptyMessages(2, full), emptyMessages(99, full)],
    StreamAlerts: [emptyMessages(3, full), Buffer.from(bytesField(3, emptyMessages(99, full)))],
  };
  const send = (method: string, message: Buffer): Promise<{ readonly refusal?: Refusal | undefined }> =>
    method === 'ReportAlerts' || method === 'StreamAlerts'
      ? rawStream(client, method, [message])
      : rawCall(client, method, message);

  // How long the slowest of the health checks took that were made while the messages were on their way.
  const delayBy = async (method: string, messages: readonly Buffer[]): Promise<number> => {
    const health = healthOf(shared.gateway.address);
    await health.check();
    let over = false;
    const sent = Promise.all(messages.map((message) => send(method, message))).finally(() => void (over = true));
    let worst = 0;
    do {
      const began = performance.now();
      await health.check();
      worst = Math.max(worst, performance.now() - began);
    } while (!over);
    await sent;
    return worst;
  };
  // The machine may be busy with something else for a moment; a stall is there every time.
  const least = async (method: string, messages: readonly Buffer[]): Promise<number> => {
    const delays = [await delayBy(method, messages), await delayBy(method, messages)];
    return Math.min(...delays);
  };

  test.each(Object.keys(hostile))('to %s holds up nobody', async (method) => {
    const messages = hostile[method] ?? [];
    for (const message of messages) {
      const { refusal } = await send(method, message);
      // A batch is answered alert by alert.
      if (refusal) expect(refusal.code).toBe('INVALID_ARGUMENT');
      else expect(method).toBe('ReportAlerts');
    }
    const size = messages[0]?.length ?? 0;
    // As long, refused for what it says, and of two fields only.
    const plain = Buffer.from([
      ...bytesField(2, 'x'),
      ...varint(99 * 8 + 2),
      ...varint(size - 9),
      ...new Uint8Array(size - 9),
    ]);
    const many = Array.from({ length: 2 }, () => messages).flat();
    const control = await least(
      method,
      many.map(() => plain),
    );
    expect(await least(method, many)).toBeLessThan(400 + 4 * control);
  });
});
