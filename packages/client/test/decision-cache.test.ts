import { describe, expect, test } from '@jest/globals';
import type { Decision } from '@therapytrain/alerts-core';
import { createFakeClock, epoch } from '@therapytrain/alerts-testkit';
import { type CachedChange, createDecisionCache, type DecisionSource } from '../src/index.ts';
import { decisionOf, scripted } from './support/decision-script.ts';

const hour = 3_600_000;
const day = 24 * hour;

describe('what a cache answers', () => {
  test('addresses in every form, and ranges that hold them', async () => {
    const { cache, snapshot } = scripted();
    await snapshot(
      decisionOf('1'),
      decisionOf('2', { target: '198.51.100.0/24' }),
      decisionOf('3', { target: '2001:db8:0:1::/64' }),
      decisionOf('4', { target: 'not an address' }),
    );
    const blocked = ['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:c000:207', '198.51.100.255', '2001:DB8::1:0:0:0:9'];
    expect(blocked.map(cache.isBlocked)).toEqual(blocked.map(() => true));
    const free = ['192.0.2.8', '198.51.101.0', '2001:db8:0:2::1', '', 'unknown', '192.0.2.7:443', 'fe80::1%eth0'];
    expect(free.map(cache.isBlocked)).toEqual(free.map(() => false));
    expect(cache.isSuspect('192.0.2.7')).toBe(false);
    expect(cache.counts()).toEqual({ block_address: 3 });
  });

  test('of limits the narrowest range decides, and of one range the strictest', async () => {
    const { cache, snapshot } = scripted();
    const limit = (id: string, target: string, perMinute: number): Decision =>
      decisionOf(id, { kind: 'throttle_address', target, perMinute });
    await snapshot(limit('1', '10.0.0.0/8', 5), limit('2', '10.1.0.0/16', 60), limit('3', '10.1.0.0/16', 30));
    expect(['10.2.0.1', '10.1.0.1', '11.0.0.1'].map(cache.throttle)).toEqual([5, 30, undefined]);
  });

  test('users: locks, sessions, access and second factors', async () => {
    const { cache, snapshot } = scripted();
    await snapshot(
      decisionOf('1', { kind: 'lock_account', target: 'ann' }),
      decisionOf('2', { kind: 'revoke_sessions', target: 'bob', from: epoch + 5 }),
      decisionOf('3', { kind: 'revoke_sessions', target: 'bob', from: epoch + 9 }),
      decisionOf('4', { kind: 'revoke_access', target: 'cid', resource: 'files' }),
      decisionOf('5', { kind: 'step_up', target: 'dan', from: epoch + 7 }),
    );
    expect(['ann', 'bob'].map(cache.isLocked)).toEqual([true, false]);
    expect(['ann', 'bob'].map(cache.sessionRevokedBefore)).toEqual([undefined, epoch + 9]);
    expect(cache.accessRevoked('cid', 'files')).toBe(true);
    expect([cache.accessRevoked('cid', 'other'), cache.accessRevoked('ci', 'dfiles')]).toEqual([false, false]);
    expect([undefined, epoch + 6, epoch + 7].map((at) => cache.needsStepUp('dan', at))).toEqual([true, true, false]);
    expect(cache.needsStepUp('ann')).toBe(false);
  });
});

describe('what ends', () => {
  test('a decision ends by itself at its time, and what was made to last longer lasts longer', async () => {
    const { cache, clock, snapshot, tell } = scripted();
    await snapshot(decisionOf('1'), decisionOf('2', { target: '192.0.2.8' }));
    await tell({
      kind: 'changes',
      decisions: [decisionOf('2', { target: '192.0.2.8', until: epoch + 2 * hour })],
      ended: [],
      cursor: 'c',
    });
    await clock.advance(hour - 1);
    expect(cache.isBlocked('192.0.2.7')).toBe(true);
    await clock.advance(1);
    expect(['192.0.2.7', '192.0.2.8'].map(cache.isBlocked)).toEqual([false, true]);
    await clock.advance(hour);
    expect(cache.isBlocked('192.0.2.8')).toBe(false);
    await clock.advance(5 * 60_000);
    expect(cache.counts()).toEqual({});
  });

  test.each([day, -day])(
    'a jump of the wall clock by %d ms ends nothing early, and lets nothing last longer',
    async (jump) => {
      const { cache, clock, snapshot, tell } = scripted();
      await snapshot(decisionOf('1'));
      clock.set(clock.now() + jump);
      expect(cache.isBlocked('192.0.2.7')).toBe(true);
      // The gateway's clock did not jump: one against one and the monotonic clock.
      await tell({ kind: 'heartbeat', cursor: 'c', at: epoch });
      await clock.advance(hour - 1);
      expect(cache.isBlocked('192.0.2.7')).toBe(true);
      await clock.advance(1);
      expect(cache.isBlocked('192.0.2.7')).toBe(false);
    },
  );

  test('after a suspension, in which the monotonic clock stood still, the gateway and the wall clock are right', async () => {
    const { cache, clock, snapshot, tell } = scripted();
    await snapshot(decisionOf('1'));
    clock.set(epoch + 2 * hour);
    expect(cache.isBlocked('192.0.2.7')).toBe(true);
    await tell({ kind: 'heartbeat', cursor: 'c', at: epoch + 2 * hour + 1_000 });
    expect(cache.isBlocked('192.0.2.7')).toBe(false);
  });

  test('what a new snapshot does not tell has ended with its end, and not before', async () => {
    const changes: CachedChange[] = [];
    const { cache, snapshot, tell } = scripted({ onChange: (change) => void changes.push(change) });
    const [one, other] = [decisionOf('1'), decisionOf('2', { target: '192.0.2.8' })];
    await snapshot(one, other);
    await tell({ kind: 'begin' }, { kind: 'changes', decisions: [other], ended: [], cursor: '' });
    expect(['192.0.2.7', '192.0.2.8'].map(cache.isBlocked)).toEqual([true, true]);
    expect(cache.cursor()).toBe('snapshot-1');
    await tell({ kind: 'end', cursor: 'next', at: epoch });
    expect(['192.0.2.7', '192.0.2.8'].map(cache.isBlocked)).toEqual([false, true]);
    expect(changes).toEqual([
      { kind: 'added', decision: one },
      { kind: 'added', decision: other },
      { kind: 'ended', id: '1' },
    ]);
  });

  test('one of two decisions about the same address ends, and the other stays', async () => {
    const { cache, snapshot, tell } = scripted();
    await snapshot(decisionOf('1'), decisionOf('2'), decisionOf('3'));
    await tell({ kind: 'changes', decisions: [], ended: ['2', '1', 'never'], cursor: 'c' });
    expect(cache.isBlocked('192.0.2.7')).toBe(true);
    await tell({ kind: 'changes', decisions: [], ended: ['3'], cursor: 'd' });
    expect(cache.isBlocked('192.0.2.7')).toBe(false);
    expect(cache.counts()).toEqual({});
  });
});

describe('while the gateway is away', () => {
  test('open: what is known stays until it ends, and nothing else is', async () => {
    const { cache, clock, snapshot } = scripted();
    await snapshot(decisionOf('1', { until: epoch + 10 * 60_000 }));
    await clock.advance(9 * 60_000);
    expect([cache.isAway(), cache.staleness()]).toEqual([true, 9 * 60_000]);
    expect(['192.0.2.7', '192.0.2.8'].map(cache.isBlocked)).toEqual([true, false]);
    await clock.advance(60_000);
    expect(cache.isBlocked('192.0.2.7')).toBe(false);
  });

  test('closed: everything of the kind is, until it is heard again', async () => {
    const { cache, clock, snapshot, tell } = scripted({
      whenAway: {
        block_address: 'closed',
        throttle_address: 'closed',
        suspect_address: 'closed',
        lock_account: 'closed',
        revoke_sessions: 'closed',
        revoke_access: 'closed',
        step_up: 'closed',
      },
      staleAfter: 30_000,
      awayPerMinute: 12,
    });
    const answers = () => [
      cache.isBlocked('192.0.2.8'),
      cache.throttle('192.0.2.8'),
      cache.isSuspect('192.0.2.8'),
      cache.isLocked('ann'),
      cache.sessionRevokedBefore('ann'),
      cache.accessRevoked('ann', 'files'),
      cache.needsStepUp('ann', epoch),
    ];
    expect(answers()).toEqual([true, 12, true, true, clock.now(), true, true]);
    await snapshot();
    const open = [false, undefined, false, false, undefined, false, false];
    expect(answers()).toEqual(open);
    await clock.advance(30_000);
    expect(answers()).toEqual(open);
    await clock.advance(1);
    expect(answers()).toEqual([true, 12, true, true, clock.now(), true, true]);
    await tell({ kind: 'heartbeat', cursor: 'c', at: clock.now() });
    expect(answers()).toEqual(open);
  });

  test('what ends the stream for good is told, and ready says so', async () => {
    const errors: unknown[] = [];
    const { cache, fail } = scripted({ onError: (error) => void errors.push(error) });
    const [why] = [new Error('over')];
    await fail(why);
    await expect(cache.ready()).rejects.toBe(why);
    expect(errors).toEqual([why]);
  });
});

describe('what it says that it enforces', () => {
  test('the cursor soon after it changed, never one within a snapshot, and now and then although nothing changes', async () => {
    const { cache, clock, said, snapshot, tell } = scripted({ enforcer: 'shop-1', acknowledgeEvery: 500 });
    await tell({ kind: 'begin' }, { kind: 'changes', decisions: [decisionOf('1')], ended: [], cursor: '' });
    await clock.advance(1_000);
    expect(said).toEqual([]);
    await snapshot(decisionOf('1'));
    await cache.ready();
    await clock.advance(500);
    await clock.advance(5_000);
    expect(said).toEqual(['shop-1 snapshot-1']);
    await tell({ kind: 'changes', decisions: [], ended: ['1'], cursor: 'c' });
    await clock.advance(500);
    expect(said.slice(1)).toEqual(['shop-1 c']);
    await clock.advance(300_500);
    expect(said.slice(2)).toEqual(['shop-1 c']);
    cache.close();
    await tell({ kind: 'changes', decisions: [], ended: [], cursor: 'd' });
    await clock.advance(10_000);
    expect(said).toHaveLength(3);
    expect(clock.sleepers()).toBe(0);
  });

  test('a name that is none, and a limit that is none, are refused', () => {
    expect(() => scripted({ enforcer: 'Shop One', awayPerMinute: 0 })).toThrow(
      expect.objectContaining({
        code: 'FIELD_INVALID',
        violations: [
          expect.objectContaining({ field: 'enforcer' }),
          expect.objectContaining({ field: 'awayPerMinute' }),
        ],
      }),
    );
  });
});

test('without a gateway it follows decisions of the process, and is never away', async () => {
  const clock = createFakeClock();
  let tell: Parameters<DecisionSource['listen']>[0] | undefined;
  const source: DecisionSource = {
    decisions: () => [decisionOf('1'), decisionOf('2', { kind: 'lock_account', target: 'ann' })],
    listen: (listener) => {
      tell = listener;
      return () => void (tell = undefined);
    },
  };
  const cache = createDecisionCache(source, { clock }, { kinds: ['block_address'] });
  await cache.ready();
  expect(cache.isLocked('ann')).toBe(false);
  tell?.({ kind: 'added', decision: decisionOf('3', { target: '192.0.2.8' }) });
  expect(['192.0.2.7', '192.0.2.8'].map(cache.isBlocked)).toEqual([true, true]);
  tell?.({ kind: 'ended', decision: decisionOf('1') });
  expect(cache.isBlocked('192.0.2.7')).toBe(false);
  await clock.advance(hour);
  expect([cache.isBlocked('192.0.2.8'), cache.isAway(), cache.staleness()]).toEqual([false, false, 0]);
  cache.close();
  expect(tell).toBeUndefined();
  expect(clock.sleepers()).toBe(0);
});
