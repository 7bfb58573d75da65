import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AlertServiceClient, ReportAlertsResponse, type Status } from '@therapytrain/alerts-api';
import { joinFields } from '@therapytrain/alerts-core';
import { waitFor } from '@therapytrain/alerts-testkit';
import { openGateway, rawCall, rawStream, type Refusal, refusalOf, type TestGateway } from './support.ts';
import { bytesField, numberField, varint } from './support/bytes.ts';
import { plainCall } from './support/plain-http2.ts';

let shared: TestGateway;
let client: AlertServiceClient;
beforeAll(async () => {
  shared = await openGateway({}, 'all');
  client = shared.client;
});

const report = (...more: number[]): number[] => [...bytesField(3, 'AUTH_FAILURE'), ...bytesField(5, 'm'), ...more];
const uuid = '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f';

const firstError = (messages: readonly Buffer[]): Status | undefined => {
  const results = messages.flatMap((each) => ReportAlertsResponse.decode(each).results);
  const found = results.find(({ result }) => result?.$case === 'error')?.result;
  return found?.$case === 'error' ? found.value : undefined;
};

/** What one raw message is answered with, by whatever RPC takes it; undefined where it was taken. */
const refusals: Readonly<Record<string, (message: Uint8Array) => Promise<Refusal | undefined>>> = {
  ReportAlert: async (message) => (await rawCall(client, 'ReportAlert', message)).refusal,
  'ReportAlerts, the batch': async (message) => {
    const { messages, refusal } = await rawStream(client, 'ReportAlerts', [message]);
    const error = firstError(messages);
    return refusal ?? (error && refusalOf(error));
  },
  'ReportAlerts, an alert of it': async (message) => {
    const batch = joinFields([
      [1, Buffer.from(report())],
      [1, message],
      [1, Buffer.from(report())],
    ]);
    const { messages, refusal } = await rawStream(client, 'ReportAlerts', [batch]);
    expect(refusal).toBeUndefined();
    const [answer] = messages.map((each) => ReportAlertsResponse.decode(each));
    const cases = answer?.results.map(({ result }) => result?.$case);
    expect([cases?.length, cases?.[0], cases?.[2]]).toEqual([3, 'receipt', 'receipt']);
    const error = firstError(messages);
    return error && refusalOf(error);
  },
  GetAlert: async (message) => (await rawCall(client, 'GetAlert', message)).refusal,
  ListAlerts: async (message) => (await rawCall(client, 'ListAlerts', message)).refusal,
  StreamAlerts: async (message) => {
    const call = plainCall(shared.gateway.address, 'StreamAlerts');
    call.send(message);
    call.halfClose();
    // Where it is taken the stream stays open, and has something to tell.
    let refusal: Refusal | undefined;
    const ended = call.ended().then((end) => void (refusal = end));
    await Promise.race([ended, waitFor(() => refusal ?? call.messages.length > 0)]);
    return refusal;
  },
};

interface Message {
  /** A message that the RPC takes, or that it refuses for another reason than its bytes. */
  readonly good: readonly number[];
  readonly text: number;
  readonly number: number | undefined;
  readonly message: number | undefined;
}

const fromStart = numberField(4, 1);
const shapes: Readonly<Record<string, Message>> = {
  ReportAlert: { good: report(), text: 11, number: 4, message: 6 },
  'ReportAlerts, the batch': { good: bytesField(1, report()), text: 99, number: undefined, message: undefined },
  'ReportAlerts, an alert of it': { good: report(), text: 11, number: 4, message: 6 },
  GetAlert: { good: bytesField(1, uuid), text: 1, number: undefined, message: undefined },
  ListAlerts: { good: numberField(1, 10), text: 3, number: 1, message: undefined },
  StreamAlerts: { good: fromStart, text: 1, number: 4, message: 3 },
};

describe.each(Object.entries(shapes))('%s', (name, shape) => {
  const ask = refusals[name] as (message: Uint8Array) => Promise<Refusal | undefined>;
  const malformed = async (message: readonly number[] | Uint8Array): Promise<void> => {
    const refusal = await ask(Uint8Array.from(message));
    expect(refusal).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'MESSAGE_MALFORMED',
      domain: 'alerts.therapytrain',
    });
    expect(refusal?.message).toMatch(/^malformed message: /);
  };
  const { good } = shape;

  test('takes what is well-formed, with fields that it does not know', async () => {
    const more = [...numberField(100, 5), ...bytesField(101, [0xff, 0xfe]), ...varint(102 * 8 + 5), 1, 2, 3, 4];
    for (const message of [good, [...good, ...more], [...more, ...good]]) {
      const refusal = await ask(Uint8Array.from(message));
      expect(refusal?.reason ?? 'none').toBe(name === 'GetAlert' ? 'ALERT_NOT_FOUND' : 'none');
    }
  });

  test('refuses a field that is cut off', async () => {
    await malformed([...good, ...bytesField(90, 'abc').slice(0, -1)]);
    await malformed([...good, ...varint(90 * 8 + 2)]);
    await malformed([...good, ...varint(90 * 8 + 2), 0x80]);
    await malformed([...good, ...varint(90 * 8 + 1), 1, 2, 3]);
    await malformed([...good, 0x80]);
  });

  test('refuses a length that goes past the end', async () => {
    await malformed([...good, ...varint(90 * 8 + 2), ...varint(2 ** 32 - 1)]);
    await malformed([...good, ...varint(90 * 8 + 2), ...varint(2 ** 53 - 1)]);
  });

  test('refuses field number 0, a field number that is too large, and a number of more than 10 bytes', async () => {
    await malformed([...good, 0x00, 0x01]);
    await malformed([...good, 0x02, 0x01, 0x61]);
    await malformed([...good, ...varint(2 ** 29 * 8), 0x01]);
    await malformed([...good, ...Array.from({ length: 10 }, () => 0x80), 0x01]);
  });

  test('refuses a group, and wire types that there are none', async () => {
    for (const wireType of [3, 4, 6, 7]) await malformed([...good, ...varint(90 * 8 + wireType), 0x01]);
  });

  test('refuses more fields than any honest message has', async () => {
    await malformed([...good, ...Array.from({ length: 5_000 }, () => numberField(99, 1)).flat()]);
  });

  if (shape.text < 90) {
    test('refuses text that is not UTF-8', async () => {
      for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]]) {
        await malformed([...(name === 'GetAlert' ? [] : good), ...bytesField(shape.text, bytes)]);
      }
    });

    test('refuses a singular field that stands twice, and one of another wire type', async () => {
      const other = name === 'GetAlert' ? good : [...good, ...bytesField(shape.text, '')];
      await malformed([...other, ...bytesField(shape.text, '')]);
      await malformed([...(name === 'GetAlert' ? [] : good), ...numberField(shape.text, 1)]);
    });
  }
  const { number, message } = shape;
  if (number !== undefined) {
    test('refuses the same of a number', async () => {
      await malformed([...good, ...numberField(number, 1), ...numberField(number, 1)]);
      await malformed([...(name === 'ReportAlert' ? good : []), ...bytesField(number, 'x')]);
    });
  }
  if (message !== undefined) {
    test('refuses the same of a message, and what is malformed within', async () => {
      await malformed([...good, ...bytesField(message, []), ...bytesField(message, [])]);
      await malformed([...good, ...numberField(message, 1)]);
      await malformed([...good, ...bytesField(message, [0x00, 0x01])]);
      await malformed([...good, ...bytesField(message, [0x80])]);
    });
  }
});
