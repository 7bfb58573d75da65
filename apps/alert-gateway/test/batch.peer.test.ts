import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AlertServiceClient, ReportAlertsRequest, ReportAlertsResponse } from '@therapytrain/alerts-api';
import { waitFor } from '@therapytrain/alerts-testkit';
import { blindObserver } from '../src/observer.ts';
import { get, openGateway, report, reportMany, saying } from './support.ts';
import { plainCall } from './support/plain-http2.ts';

let client: AlertServiceClient;
let address: string;
beforeAll(async () => {
  const { gateway, ...shared } = await openGateway({}, 'all');
  ({ client } = shared);
  ({ address } = gateway);
});

describe('ReportAlerts', () => {
  const messagesOf = async (answer: ReportAlertsResponse | undefined): Promise<string[]> =>
    Promise.all(
      (answer?.results ?? []).map(async ({ result }) =>
        result?.$case === 'receipt'
          ? (await get(client, result.value.alertId)).message
          : `refused: ${String(result?.value.code)}`,
      ),
    );

  test.each([1, 2, 256])('keeps a batch of %d, in its order', async (count) => {
    const batch = Array.from({ length: count }, (_, at) => saying({ message: `alert ${at}` }));
    const { answers, refusal } = await reportMany(client, [batch]);
    expect(refusal).toBeUndefined();
    expect(answers).toHaveLength(1);
    expect(await messagesOf(answers[0])).toEqual(batch.map(({ message }) => message));
  });

  test('keeps each alert with a trace of its own, and none with that of the stream that many share', async () => {
    const traced = (digit: string): string => `00-${digit.repeat(32)}-${'2'.repeat(16)}-01`;
    const [stream, own] = [traced('1'), traced('3')];
    const other = await openGateway({ observer: { ...blindObserver, traceParent: () => stream } });
    const { answers } = await reportMany(other.client, [[saying({ traceParent: own }), saying()]]);
    const ids = (answers[0]?.results ?? []).map(({ result }) =>
      result?.$case === 'receipt' ? result.value.alertId : '',
    );
    const traces = await Promise.all(ids.map(async (id) => (await get(other.client, id)).traceParent));
    expect(traces).toEqual([own, '']);
  });

  test.each([0, 257])('refuses a batch of %d, and what comes after it on the stream', async (count) => {
    const batch = Array.from({ length: count }, () => saying());
    const one = [saying()];
    const call = plainCall(address, 'ReportAlerts');
    for (const alerts of [one, one, batch, one]) call.send(ReportAlertsRequest.encode({ alerts }).finish());
    call.halfClose();
    expect(await call.ended()).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'BATCH_INVALID' });
    expect(call.messages).toHaveLength(2);
  });

  test('answers many requests on their way at once in the order of the requests', async () => {
    const batches = Array.from({ length: 200 }, (_, at) =>
      Array.from({ length: 1 + ((at * 7) % 20) }, (_each, inside) => saying({ message: `${at}.${inside}` })),
    );
    const { answers, refusal } = await reportMany(client, batches);
    expect(refusal).toBeUndefined();
    expect(answers.map(({ results }) => results.length)).toEqual(batches.map((batch) => batch.length));
    const sequences = answers.flatMap(({ results }) =>
      results.map(({ result }) => (result?.$case === 'receipt' ? Number(result.value.sequence) : 0)),
    );
    expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
    expect(await messagesOf(answers[77])).toEqual(batches[77]?.map(({ message }) => message));
  });

  test('ends with OK where the client half-closes without a word', async () => {
    expect(await reportMany(client, [])).toEqual({ answers: [], refusal: undefined });
  });

  test('answers a batch whose every alert breaks very many rules', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, '\u0001']));
    const bad = Array.from({ length: 255 }, () => saying({ message: 'm', metadata }));
    const { answers, refusal } = await reportMany(client, [[...bad, saying({ message: 'a neighbour' })]]);
    expect(refusal).toBeUndefined();
    expect(answers[0]?.results.map(({ result }) => result?.$case)).toEqual([...bad.map(() => 'error'), 'receipt']);
  });

  test('a caller who reads no answers is not read from either, and gets all of them in the end', async () => {
    let answered = 0;
    const observer = { ...blindObserver, onReported: () => void answered++ };
    const gateway = await openGateway({ inMemory: true, observer });
    const call = plainCall(gateway.gateway.address, 'ReportAlerts');
    call.pause();
    // Long answers to short requests: each alert breaks many rules.
    const metadata = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`k${at}`, '\u0001']));
    const size = 60;
    const batch = ReportAlertsRequest.encode({
      alerts: Array.from({ length: size }, () => saying({ metadata })),
    }).finish();
    const count = 60;
    for (let at = 0; at < count; at++) call.send(batch);
    call.halfClose();
    await waitFor(() => answered >= 10 * size, { what: 'some answers' });
    // Time enough for all of them, if they were worked on.
    const others = 200;
    for (let at = 0; at < others; at++) await report(gateway.client);
    expect(answered - others).toBeLessThan(25 * size);
    call.resume();
    expect(await call.ended()).toBeUndefined();
    expect(call.messages.map((each) => ReportAlertsResponse.decode(each).results.length)).toEqual(
      Array.from({ length: count }, () => size),
    );
  });
});
