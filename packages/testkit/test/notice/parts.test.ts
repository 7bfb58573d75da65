import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { AlertError, systemClock } from '@therapytrain/alerts-core';
import {
  clearance,
  defineChannel,
  type Notice,
  openChannel,
  outcomeOf,
  outcomeReasons,
  parseOptions,
  Secret,
  secret,
  withDeadline,
} from '@therapytrain/alerts-core/channel';
import { testPorts } from '@therapytrain/alerts-testkit';
import { z } from 'zod';

describe('a secret', () => {
  test('is seen by nobody who does not ask for it', () => {
    const held = new Secret('s3cr3t-value');
    const seen = [
      String(held),
      `${held}`,
      JSON.stringify({ held }),
      inspect({ held }, { depth: 9, showHidden: true }),
      inspect(held),
    ];
    for (const text of seen) expect(text).not.toContain('s3cr3t');
    expect(Object.values(held)).toEqual([]);
    expect(held.reveal()).toBe('s3cr3t-value');
  });

  test('comes as text or as a secret, and is never empty', () => {
    expect(secret().parse('x').reveal()).toBe('x');
    expect(secret().parse(new Secret('y')).reveal()).toBe('y');
    expect(secret().safeParse('').success).toBe(false);
    expect(secret().safeParse(7).success).toBe(false);
  });
});

describe('a deadline', () => {
  const untilAborted = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('told'), { once: true }));

  test('tells the work when the time is over', async () => {
    const { clock } = testPorts();
    const work = withDeadline(clock, 1_000, new AbortController().signal, async ({ signal, ended }) => [
      await untilAborted(signal),
      ended(),
    ]);
    await clock.advance(1_000);
    expect(await work).toEqual(['told', 'deadline']);
  });

  test('tells the work when the caller gives up, and leaves no timer and no listener', async () => {
    const { clock } = testPorts();
    const caller = new AbortController();
    const work = withDeadline(clock, 1_000, caller.signal, async ({ signal, ended }) => [
      await untilAborted(signal),
      ended(),
    ]);
    caller.abort();
    expect(await work).toEqual(['told', 'caller']);
    await clock.advance(0);
    expect(clock.sleepers()).toBe(0);
  });

  test('passes on what the work gives or throws', async () => {
    const never = new AbortController().signal;
    expect(await withDeadline(systemClock, 60_000, never, async () => 7)).toBe(7);
    await expect(
      withDeadline(systemClock, 60_000, never, () => Promise.reject(new RangeError('its own'))),
    ).rejects.toThrow('its own');
  });
});

test('the reason of an outcome decides its kind', () => {
  for (const [reason, [kind]] of Object.entries(outcomeReasons)) {
    expect(outcomeOf(reason as keyof typeof outcomeReasons, 'why').kind).toBe(kind);
  }
});

describe('a channel of its own', () => {
  const told: Notice<2>[] = [];
  const memory = defineChannel({
    kind: 'memory',
    options: z.strictObject({ name: z.string('is not a string').min(2, 'is too short'), clearance: clearance() }),
    create: (options) => ({
      clearance: options.clearance,
      deliver: async (notice) => (told.push(notice as Notice<2>), { kind: 'done' as const }),
      check: async () => ({ kind: 'done' as const }),
      close: async () => {},
    }),
  });

  test('clears an alert before it tells of it', async () => {
    const channel = openChannel(memory, { name: 'one' }, { ports: testPorts(), pseudonymKey: 'k'.repeat(32) });
    const draft = { type: 'AUTH_FAILURE', message: 'Login of anna.berg', metadata: { userId: 'anna.berg' } };
    expect(await channel.send(draft)).toEqual({ kind: 'done' });
    expect(told.at(-1)).toMatchObject({ event: 'alert', severity: 3, total: 1 });
    expect(JSON.stringify(told.at(-1))).not.toContain('anna.berg');
  });

  test('refuses a draft that breaks a rule, and options that do, by field and rule and without the value', async () => {
    const channel = openChannel(memory, { name: 'one' });
    await expect(channel.send({ type: 'no', message: 'x' })).rejects.toBeInstanceOf(AlertError);
    const refused = (options: unknown): string => {
      try {
        parseOptions(memory.options, options);
        return 'taken';
      } catch (error) {
        return String(error);
      }
    };
    expect(refused({ name: 'x', clearance: 'TOP-hush' })).toMatch(
      /name: is too short; clearance: is not one of PUBLIC/,
    );
    expect(refused({ name: 'one', hush: 1 })).toMatch(/hush: is not an option/);
    expect(refused({ name: 'one', clearance: 'SECRET' })).not.toContain('taken');
    expect(refused(undefined)).toMatch(/options: /);
  });
});
