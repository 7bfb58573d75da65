import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AlertServiceClient,
  GetAlertRequest,
  type GetAlertResponse,
  ListAlertsRequest,
  type ListAlertsResponse,
} from '@therapytrain/alerts-api';
import { type AlertDraft, AlertSeverity } from '@therapytrain/alerts-core';
import { draftOf } from '@therapytrain/alerts-testkit';
import { type Answer, answerOf, openGateway, type Refusal, report, seenBy, type TestGateway } from './support.ts';

let shared: TestGateway;
let client: AlertServiceClient;

const count = 2_500;
const isLow = (n: number): boolean => n % 7 === 0;
const draft = (n: number): AlertDraft => ({
  ...draftOf(n),
  severity: isLow(n) ? AlertSeverity.LOW : AlertSeverity.HIGH,
  metadata: n % 2 === 0 ? { even: true } : {},
});

beforeAll(async () => {
  shared = await openGateway({}, 'all');
  client = shared.client;
  await shared.fill(count, 0, draft);
});

type Listing = Partial<ListAlertsRequest>;

const list = (listing: Listing = {}, by = client): Promise<Answer<ListAlertsResponse>> =>
  answerOf((done) => by.listAlerts(ListAlertsRequest.fromPartial(listing), done));

const page = async (listing: Listing = {}): Promise<ListAlertsResponse> => {
  const { response, refusal } = await list(listing);
  if (response) return response;
  throw new Error(`${refusal.reason}: ${refusal.message}`);
};

const refused = async (listing: Listing): Promise<Refusal> => {
  const { refusal } = await list(listing);
  if (refusal) return refusal;
  throw new Error('it was answered');
};

const sequences = ({ alerts }: ListAlertsResponse): number[] => alerts.map(({ sequence }) => Number(sequence));
const cases = ({ alerts }: ListAlertsResponse): number[] =>
  alerts.map(({ dedupKey }) => Number(dedupKey.replace('case-', '')));

describe('GetAlert', () => {
  const get = (alertId: string): Promise<Answer<GetAlertResponse>> =>
    answerOf((done) => client.getAlert(GetAlertRequest.fromPartial({ alertId }), done));

  test('gives what ListAlerts gives, by an id in any case', async () => {
    const [alert] = (await page({ pageSize: 1 })).alerts;
    expect((await get(alert?.id ?? '')).response?.alert).toEqual(alert);
    expect((await get(alert?.id.toUpperCase() ?? '')).response?.alert).toEqual(alert);
  });

  test.each(['', 'zq7canary', '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0', '018f4e3c1b2a7c3d8e4f5a6b7c8d9e0f'])(
    'refuses the id %j',
    async (alertId) => {
      const { refusal } = await get(alertId);
      expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' });
      expect(Object.keys(refusal?.fields ?? {})).toEqual(['alert_id']);
      if (refusal) expect(seenBy(refusal)).not.toContain('zq7canary');
    },
  );

  test('says so where there is none', async () => {
    const alertId = '00000000-0000-7000-8000-000000000000';
    const { refusal } = await get(alertId);
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', reason: 'ALERT_NOT_FOUND', domain: 'alerts.therapytrain' });
    if (refusal) expect(seenBy(refusal)).not.toContain(alertId);
  });
});

describe('a page', () => {
  test('has 50 alerts where nothing is said, the newest first', async () => {
    const first = await page();
    expect(cases(first)).toEqual(Array.from({ length: 50 }, (_, at) => count - 1 - at));
    expect(first.nextPageToken).not.toBe('');
    const [alert] = first.alerts;
    const { type, severity } = draft(count - 1);
    expect(alert).toMatchObject({ type, severity, source: 'auth-service' });
  });

  test.each([
    [1, 1],
    [49, 49],
    [1_000, 1_000],
    [1_001, 1_000],
    [2 ** 31 - 1, 1_000],
  ])('of %d has at most %d alerts, and less than a message may hold', async (pageSize, size) => {
    const { alerts } = await page({ pageSize });
    expect(alerts.length).toBeLessThanOrEqual(size);
    // 256 KiB are some 700 alerts of this list.
    expect(alerts.length).toBeGreaterThanOrEqual(Math.min(size, 500));
  });

  test.each([-1, -(2 ** 31)])('of %d is refused', async (pageSize) => {
    const refusal = await refused({ pageSize });
    expect(refusal).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_INVALID',
      fields: { page_size: 'is negative' },
    });
  });

  test('may have none, and still a next one: one call looks at a part of the log only', async () => {
    const other = await openGateway({ inMemory: true });
    await other.fill(10_600, 0, (n) => ({
      ...draftOf(n),
      severity: n === 3 ? AlertSeverity.CRITICAL : AlertSeverity.LOW,
    }));
    const filter = 'severity == CRITICAL';
    const first = await list({ filter }, other.client);
    expect(first.response?.alerts).toEqual([]);
    const pageToken = first.response?.nextPageToken ?? '';
    expect(pageToken).not.toBe('');
    const second = await list({ filter, pageToken }, other.client);
    expect(second.response?.alerts.map(({ dedupKey }) => dedupKey)).toEqual(['case-3']);
    expect(second.response?.nextPageToken).toBe('');
  });

  test('holds the largest alerts there are, as many as fit', async () => {
    const other = await openGateway({ inMemory: true });
    const metadata = Object.fromEntries(Array.from({ length: 54 }, (_, at) => [`k${at}`, 'v'.repeat(1_000)]));
    await other.fill(9, 0, (n) => ({ ...draftOf(n), message: 'm'.repeat(8_000), metadata }));
    const seen: string[] = [];
    let pageToken = '';
    let pages = 0;
    do {
      const { response } = await list({ pageToken, pageSize: 1_000 }, other.client);
      seen.push(...(response?.alerts ?? []).map(({ dedupKey }) => dedupKey));
      pageToken = response?.nextPageToken ?? '';
      pages++;
    } while (pageToken !== '');
    expect(seen).toEqual(Array.from({ length: 9 }, (_, at) => `case-${8 - at}`));
    expect(pages).toBe(3);
  });
});

let arrived = 0;

describe('pages, one after the other,', () => {
  const walk = async (listing: Listing, between: () => unknown = () => {}): Promise<number[]> => {
    const seen: number[] = [];
    let pageToken = '';
    do {
      const next = await page({ ...listing, pageToken });
      seen.push(...cases(next));
      pageToken = next.nextPageToken;
      await between();
    } while (pageToken !== '');
    return seen;
  };

  test.each([
    ['all', '', () => true],
    ['those of a filter', 'severity == LOW', isLow],
    ['those on which it does not fail', 'metadata.even == true', (n: number) => n % 2 === 0],
    ['none', 'source == "nobody"', () => false],
  ])(
    'give %s, each once, while new ones arrive',
    async (_name, filter, matches) => {
      const before = (await page({ pageSize: 1 })).alerts[0];
      const newest = Number(before?.sequence) - arrived;
      const seen = await walk({ filter, pageSize: 170 }, async () => {
        for (let at = 0; at < 5; at++) {
          const say = {
            type: 'SYSTEM_HEALTH',
            severity: 1 as const,
            dedupKey: `case-${1_000_000 + arrived++}`,
            metadata: { even: true },
          };
          expect((await report(client, say)).refusal).toBeUndefined();
        }
      });
      expect(shared.log.bounds().newest).toBe(newest + arrived);
      expect(seen.filter((n) => n < count)).toEqual(
        Array.from({ length: count }, (_, at) => count - 1 - at).filter((n) => matches(n)),
      );
      expect(new Set(seen).size).toBe(seen.length);
    },
    30_000,
  );
});

describe('a page token', () => {
  const filter = 'severity >= LOW';
  const token = async (): Promise<string> => (await page({ filter, pageSize: 10 })).nextPageToken;
  const isRefused = async (listing: Listing): Promise<void> => {
    const refusal = await refused(listing);
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
    expect(Object.keys(refusal.fields)).toEqual(['page_token']);
    expect(seenBy(refusal)).not.toContain('zq7canary');
  };

  test('goes on where the page ended, with another page size too', async () => {
    const first = await page({ filter, pageSize: 10 });
    const second = await page({ filter, pageSize: 3, pageToken: first.nextPageToken });
    expect(sequences(second)[0]).toBe((sequences(first).at(-1) ?? 0) - 1);
    expect(second.alerts).toHaveLength(3);
  });

  test.each(['', 'severity >= LOW ', 'severity >= HIGH'])('is refused with the filter %j', async (other) => {
    await isRefused({ filter: other, pageToken: await token() });
  });

  test('is refused with any byte changed', async () => {
    const bytes = Buffer.from(await token(), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x01;
      await isRefused({ filter, pageToken: changed.toString('base64url') });
    }
  });

  test.each(['zq7canary', 'x', ' ', 'é'])('is refused where it is %j', (pageToken) => isRefused({ filter, pageToken }));
});

describe('a filter that is none', () => {
  test.each<[string, RegExp, string?]>([
    ['severity >=', /cannot be read/],
    ['severity', /must yield a bool/],
    ['nobody == 1', /unknown name/],
    ['message == "zq7canary', /never closed.*line 1, column 12/],
    ['message.matches("zq7canary(")', /RE2 syntax.*column 17/],
    ['message + "zq7canary"', /must yield a bool/],
    ['a very long one', /4096 bytes/, `message == "${'zq7canary'.repeat(500)}"`],
    ['a very deep one', /nested deeper/, `${'('.repeat(40)}true${')'.repeat(40)}`],
  ])('%s', async (name, rule, filter = name) => {
    const refusal = await refused({ filter });
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FILTER_INVALID' });
    expect(refusal.fields['filter']).toMatch(rule);
    expect(refusal.fields['filter']).toMatch(/\(line \d+, column \d+\)$/);
    expect(seenBy(refusal)).not.toContain('zq7canary');
  });
});
