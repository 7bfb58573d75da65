import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  DeliveryEvent,
  DeliveryState,
  GetAccountingRequest,
  ListDeadLettersRequest,
  ListDeliveriesRequest,
  RecipientState,
  ReplayDeadLettersRequest,
  WireSeverity,
  DeliveryServiceService as methods,
} from '@therapytrain/alerts-api';
import { answered, call, type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { deliveryOf, idOf } from './support/desk-samples.ts';

let at: DeskGateway;
beforeEach(async () => {
  // Every third one is dead: 0, 3, 6 …; of these, every other goes by mail.
  const deliveries = Array.from({ length: 12 }, (_, n) => deliveryOf(n, { state: n % 3 === 0 ? 'dead' : 'waiting' }));
  at = await openDeskGateway({ deliveries });
});

const requestId = '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f';
const list = (said: Partial<ListDeliveriesRequest> = {}) =>
  answered(call(at.client, methods.listDeliveries, ListDeliveriesRequest.fromPartial(said)));
const dead = (said: Partial<ListDeadLettersRequest> = {}) =>
  answered(call(at.client, methods.listDeadLetters, ListDeadLettersRequest.fromPartial(said)));
const replay = (said: Partial<ReplayDeadLettersRequest>) =>
  answered(call(at.client, methods.replayDeadLetters, ReplayDeadLettersRequest.fromPartial(said)));
const numbers = ({ deliveries }: { deliveries: readonly { id: string }[] }): number[] =>
  deliveries.map(({ id }) => Number.parseInt(id.slice(-11), 16));

describe('ListDeliveries', () => {
  test('tells all there is', async () => {
    const full = deliveryOf(1, {
      state: 'done',
      event: 'escalated',
      attempts: 3,
      settledAt: Date.parse('2026-11-24T08:00:00Z'),
      lastReason: 'throttled',
      detail: '429',
      proof: '250 queued',
      pairs: 4,
      insteadOf: 'slack',
      doubtful: true,
      recipients: [
        { at: 0, state: 'accepted' },
        { at: 2, state: 'refused', code: '550 5.1.1' },
      ],
    });
    at.has.deliveries = [full];
    expect((await list()).deliveries).toEqual([
      {
        id: full.id,
        incidentId: full.incident,
        channel: 'slack',
        event: DeliveryEvent.ESCALATED,
        severity: WireSeverity.HIGH,
        state: DeliveryState.DONE,
        attempts: 3,
        dueAt: new Date(full.due),
        createdAt: new Date(full.createdAt),
        settledAt: new Date('2026-11-24T08:00:00Z'),
        reason: 'throttled',
        detail: '429',
        proof: '250 queued',
        pairs: 4,
        policyVersion: full.policy,
        insteadOf: 'slack',
        doubtful: true,
        recipients: [
          { place: 0, state: RecipientState.ACCEPTED, code: '' },
          { place: 2, state: RecipientState.REFUSED, code: '550 5.1.1' },
        ],
        digestId: '',
      },
    ]);
  });

  test('tells which digest tells what, and of no incident for the digest itself', async () => {
    const digest = deliveryOf(2, { event: 'digest', incident: '', state: 'done' });
    at.has.deliveries = [deliveryOf(1, { state: 'digested', digest: digest.id }), digest];
    const { deliveries } = await list();
    expect(deliveries.map(({ event, state, incidentId, digestId }) => [event, state, incidentId, digestId])).toEqual([
      [DeliveryEvent.DIGEST, DeliveryState.DONE, '', ''],
      [DeliveryEvent.OPENED, DeliveryState.DIGESTED, deliveryOf(1).incident, digest.id],
    ]);
  });

  test('gives those of an incident, a channel and some states, newest first', async () => {
    expect(numbers(await list({ incidentId: idOf('incident', 1) }))).toEqual([10, 7, 4, 1]);
    expect(numbers(await list({ channel: 'mail' }))).toEqual([10, 8, 6, 4, 2, 0]);
    expect(numbers(await list({ states: [DeliveryState.DEAD, DeliveryState.CLAIMED] }))).toEqual([9, 6, 3, 0]);
    const both = { incidentId: idOf('incident', 1), channel: 'mail', states: [DeliveryState.WAITING] };
    expect(numbers(await list(both))).toEqual([10, 4]);
  });

  test('gives those of some ids, whatever else there is', async () => {
    const ids = [3, 8].map((n) => deliveryOf(n).id.toUpperCase());
    expect(numbers(await list({ deliveryIds: ids }))).toEqual([8, 3]);
    expect(numbers(await list({ deliveryIds: ids, channel: 'mail' }))).toEqual([8]);
    const bad = [{ deliveryIds: ['x'] }, { deliveryIds: Array<string>(101).fill(ids[0] ?? '') }];
    for (const each of bad) {
      const { refusal } = await call(at.client, methods.listDeliveries, ListDeliveriesRequest.fromPartial(each));
      expect([refusal?.reason, refusal?.message]).toEqual(['FIELD_INVALID', expect.stringContaining('deliveryIds')]);
    }
  });

  test('page by page', async () => {
    const first = await list({ channel: 'mail', pageSize: 4 });
    const second = await list({ channel: 'mail', pageSize: 4, pageToken: first.nextPageToken });
    expect([...numbers(first), ...numbers(second)]).toEqual([10, 8, 6, 4, 2, 0]);
    expect(second.nextPageToken).toBe('');
  });
});

test('ListDeadLetters gives what was given up, and shares no page token with other lists', async () => {
  expect(numbers(await dead())).toEqual([9, 6, 3, 0]);
  expect(numbers(await dead({ channel: 'mail', incidentId: idOf('incident', 0) }))).toEqual([6, 0]);
  const { nextPageToken: pageToken } = await dead({ pageSize: 1 });
  const { refusal } = await call(at.client, methods.listDeliveries, ListDeliveriesRequest.fromPartial({ pageToken }));
  expect(refusal?.reason).toBe('PAGE_TOKEN_INVALID');
});

describe('ReplayDeadLetters', () => {
  const ids = (...all: number[]): string[] => all.map((n) => idOf('delivery', n));

  test('makes those due that are dead, once', async () => {
    const first = await replay({ requestId, deliveryIds: [...ids(3, 4, 9, 3), idOf('delivery', 6).toUpperCase()] });
    expect(new Set(numbers(first))).toEqual(new Set([3, 6, 9]));
    expect(first.deliveries.every(({ state, attempts }) => state === DeliveryState.WAITING && attempts === 0)).toBe(
      true,
    );
    expect(first.more).toBe(false);
    expect(numbers(await dead())).toEqual([0]);
    expect(await replay({ requestId, deliveryIds: ids(3) })).toEqual(first);
  });

  test('says before what it would do, and does nothing', async () => {
    const answer = await replay({ deliveryIds: ids(0, 1, 3), dryRun: true });
    expect(numbers(answer)).toEqual([3, 0]);
    expect(answer.deliveries[0]?.state).toBe(DeliveryState.DEAD);
    expect(numbers(await dead())).toEqual([9, 6, 3, 0]);
  });

  test.each([true, false])('takes those of a channel; dry run: %p', async (dryRun) => {
    expect(numbers(await replay({ channel: 'mail', dryRun })).sort()).toEqual([0, 6]);
    expect(numbers(await dead())).toEqual(dryRun ? [9, 6, 3, 0] : [9, 3]);
  });

  test('takes a hundred at a time, and says that there are more', async () => {
    at.has.deliveries = Array.from({ length: 650 }, (_, n) => deliveryOf(n, { state: n < 150 ? 'dead' : 'waiting' }));
    expect(numbers(await replay({ channel: 'mail' }))).toHaveLength(75);
    at.has.deliveries = Array.from({ length: 150 }, (_, n) => deliveryOf(n, { state: 'dead', target: 'mail' }));
    const first = await replay({ channel: 'mail' });
    expect([numbers(first).length, first.more]).toEqual([100, true]);
    const second = await replay({ channel: 'mail' });
    expect([numbers(second).length, second.more]).toEqual([50, false]);
  });
});

test('GetAccounting tells of each channel, and whether it adds up', async () => {
  const account = { channel: 'mail', accepted: 10, delivered: 4, suppressed: 3, digested: 1, dead: 1, pending: 1 };
  at.has.accounts = [account, { ...account, channel: 'slack', pending: 0 }];
  const { accounts } = await answered(call(at.client, methods.getAccounting, GetAccountingRequest.fromPartial({})));
  expect(accounts).toEqual([
    {
      channel: 'mail',
      accepted: 10n,
      delivered: 4n,
      suppressed: 3n,
      digested: 1n,
      dead: 1n,
      pending: 1n,
      balanced: true,
    },
    expect.objectContaining({ channel: 'slack', balanced: false }),
  ]);
});
