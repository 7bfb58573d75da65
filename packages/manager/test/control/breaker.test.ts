import { describe, expect, test } from '@jest/globals';
import { outcomeOf, outcomeReasons, type OutcomeReason, type Outcome } from '@therapytrain/alerts-core/channel';
import { createFakeClock } from '@therapytrain/alerts-testkit';
import { createBreaker, failuresThatOpen, isIll, openFor } from '../../src/control/breaker.ts';

const done: Outcome = { kind: 'done' };
const ill = outcomeOf('timed_out', 'late');

const started = () => {
  const clock = createFakeClock();
  const breaker = createBreaker(clock);
  const run = (outcome: Outcome) => breaker.run(async () => outcome);
  const open = async (): Promise<void> => {
    for (let n = 0; n < failuresThatOpen; n++) await run(ill);
  };
  return { clock, breaker, run, open };
};

describe('a breaker', () => {
  test('opens after failures in a row, and makes no attempt then', async () => {
    const { breaker, run, open } = started();
    await open();
    expect(breaker.state()).toBe('open');
    expect(breaker.news()).toBe('opened');
    expect(breaker.news()).toBeUndefined();
    expect(await run(done)).toBeUndefined();
  });

  test('counts failures anew after a success', async () => {
    const { breaker, run } = started();
    for (let n = 0; n < 3 * failuresThatOpen; n++) await run(n % failuresThatOpen === 0 ? done : ill);
    expect(breaker.state()).toBe('closed');
  });

  test('waits longer each time that its one attempt fails, and closes when that succeeds', async () => {
    const { clock, breaker, run, open } = started();
    await open();
    for (const span of [...openFor, openFor.at(-1) ?? 0]) {
      await clock.advance(span - 1);
      expect(breaker.state()).toBe('open');
      await clock.advance(1);
      expect(breaker.state()).toBe('half-open');
      await run(ill);
      expect(breaker.state()).toBe('open');
    }
    await clock.advance(openFor.at(-1) ?? 0);
    breaker.news();
    await run(done);
    expect(breaker.state()).toBe('closed');
    expect(breaker.news()).toBe('closed');
    await open();
    await clock.advance(openFor[0] ?? 0);
    expect(breaker.state()).toBe('half-open');
  });

  test('lets one attempt at a time show how the peer is', async () => {
    const { clock, breaker, run, open } = started();
    await open();
    await clock.advance(openFor[0] ?? 0);
    let answer: (outcome: Outcome) => void = () => undefined;
    const first = breaker.run(() => new Promise((resolve) => (answer = resolve)));
    expect(await run(done)).toBeUndefined();
    answer(ill);
    await first;
    expect(breaker.state()).toBe('open');
  });

  test('goes by spans: a wall clock that jumps by a day, there or back, is nothing to it', async () => {
    const { clock, breaker, open } = started();
    await open();
    clock.set(clock.now() + 86_400_000);
    expect(breaker.state()).toBe('open');
    clock.set(clock.now() - 3 * 86_400_000);
    await clock.advance(openFor[0] ?? 0);
    expect(breaker.state()).toBe('half-open');
    expect(await breaker.run(async () => done)).toEqual(done);
    expect(breaker.state()).toBe('closed');
  });

  test.each(Object.keys(outcomeReasons) as OutcomeReason[])('whether %s says that the peer is ill', (reason) => {
    const isPeers = [
      'unreachable',
      'timed_out',
      'throttled',
      'peer_failed',
      'answer_lost',
      'answer_late',
      'answer_unreadable',
    ];
    expect(isIll(outcomeOf(reason, ''))).toBe(isPeers.includes(reason));
  });
});
