import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertSeverity, type ResponseState, type Store } from '@therapytrain/alerts-core';
import { type Outcome, Secret } from '@therapytrain/alerts-core/channel';
import type { ResponseAttempt, Step } from '@therapytrain/alerts-core/responder';
import {
  createFlow,
  createMemoryLog,
  createPolicy,
  type Engine,
  type EngineParts,
  policySchema,
  startEngine,
} from '@therapytrain/alerts-manager';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { testPorts, type TestPorts, waitFor } from '@therapytrain/alerts-testkit';
import { z } from 'zod';

const second = 1_000;
const minute = 60 * second;

const kind = { kind: 'lock-account', target: 'user', reversible: true } as const;
const policy = createPolicy(
  policySchema.parse({
    responders: { lock: { kind: 'lock-account' } },
    playbooks: [
      {
        name: 'lock',
        when: "type == 'AUTH_FAILURE'",
        mode: 'enforce',
        steps: [{ responder: 'lock', target: 'userId', for: '5m' }],
      },
    ],
  }),
  undefined,
  { kinds: new Map([['lock-account', { ...kind, options: z.looseObject({}), args: z.strictObject({}) }]]) },
);

type What = 'respond' | 'revert';

/** What is acted on: it drops a key that it has seen and refuses a fence below the highest, and counts real effects. */
const createTarget = () => {
  const [keys, fences] = [new Set<string>(), new Map<string, number>()];
  const effects: string[] = [];
  return {
    effects,
    ask: (what: What, step: Step, { key, fence }: ResponseAttempt): Outcome => {
      if (fence < (fences.get(step.id) ?? 0)) return { kind: 'reject', reason: 'refused', detail: 'late' };
      fences.set(step.id, fence);
      if (keys.size !== keys.add(key).size) effects.push(`${what} ${step.target.value}`);
      return { kind: 'done' };
    },
  };
};

interface Life {
  readonly engine: Engine;
  readonly store: Store;
  readonly errors: unknown[];
  /** Resolves when the responder was asked this for the first time. */
  readonly asked: Readonly<Record<What, Promise<void>>>;
  die(): void;
}

describe('a process that is killed while responses are under way, over SQLite', () => {
  let ports: TestPorts;
  let directories: string[];
  let target: ReturnType<typeof createTarget>;
  let lives: Life[];
  const log = () => createMemoryLog({ capacity: 1_000 });
  let kept: ReturnType<typeof log>;

  /** Waits for what needs both real I/O and fake time. */
  const settled = async (work: Promise<unknown>): Promise<void> => {
    let isOver = false;
    void work.finally(() => void (isOver = true));
    await waitFor(async () => {
      await ports.clock.advance(second);
      return isOver;
    });
  };

  beforeEach(() => {
    ports = testPorts();
    directories = [mkdtempSync(join(tmpdir(), 'alerts-respond-'))];
    target = createTarget();
    lives = [];
    kept = log();
  });
  afterEach(async () => {
    for (const { engine, store } of lives) {
      await settled(engine.stop());
      await store.close();
    }
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  /** `hangs`: what the target does not hear of before the process dies, or does and answers too late. */
  const begin = async (hangs: { readonly what?: What; readonly hears?: boolean } = {}): Promise<Life> => {
    const store = await openSqliteStore({ directory: directories.at(-1) ?? '', clock: ports.clock });
    const errors: unknown[] = [];
    let dead = false;
    const asked = { respond: Promise.withResolvers<void>(), revert: Promise.withResolvers<void>() };
    const through =
      (what: What) =>
      async (step: Step, attempt: ResponseAttempt): Promise<Outcome> => {
        if (dead) return new Promise<Outcome>(() => undefined);
        const answer = hangs.what === what && !hangs.hears ? undefined : target.ask(what, step, attempt);
        asked[what].resolve();
        return hangs.what === what || !answer ? new Promise<Outcome>(() => undefined) : answer;
      };
    const responder: EngineParts['responder'] = () => ({
      kind: { ...kind, idempotent: true },
      responder: {
        preview: () => ({ summary: 'the user cannot sign in', reversible: true }),
        respond: through('respond'),
        revert: through('revert'),
        check: async () => ({ kind: 'done' }),
        close: async () => undefined,
      },
    });
    const engine = startEngine({
      ...{ log: kept, store, policy: () => policy, ports, responder, channel: () => undefined },
      pseudonymKey: new Secret('the key of a script, of no worth at all'),
      onError: (error) => void errors.push(error),
    });
    const life: Life = {
      ...{ engine, store, errors, asked: { respond: asked.respond.promise, revert: asked.revert.promise } },
      die: () => void (dead = true),
    };
    lives.push(life);
    return life;
  };
  const report = async (): Promise<void> => {
    const { report: reportOne } = createFlow({ log: kept, types: () => policy.types, ports });
    const metadata = { userId: 'anna' };
    await reportOne({ type: 'AUTH_FAILURE', severity: AlertSeverity.HIGH, message: 'x', metadata }, 'sign-in');
  };
  const stateOf = async ({ store }: Life): Promise<ResponseState | undefined> =>
    (await store.responses({ limit: 1 }))[0]?.state;
  const reaches = (life: Life, state: ResponseState): Promise<boolean> =>
    waitFor(
      async () => {
        await ports.clock.advance(0);
        return (await stateOf(life)) === state;
      },
      { what: state },
    );
  /** The files as they are at this moment, which is what a kill leaves. */
  const kill = (life: Life): void => {
    life.die();
    const copy = mkdtempSync(join(tmpdir(), 'alerts-respond-'));
    for (const file of ['plan.db', 'plan.db-wal']) cpSync(join(directories.at(-1) ?? '', file), join(copy, file));
    directories.push(copy);
  };

  test.each([
    ['before the target heard of it', false],
    ['after it had its effect', true],
  ])('killed while it is done, %s: it has its effect once, and ends', async (_, hears) => {
    const first = await begin({ what: 'respond', hears });
    await report();
    await first.asked.respond;
    expect(await stateOf(first)).toBe('executing');
    kill(first);
    await ports.clock.advance(10 * second);
    const next = await begin();
    await reaches(next, 'in_force');
    await ports.clock.advance(5 * minute);
    await reaches(next, 'reverted');
    expect(target.effects).toEqual(['respond anna', 'revert anna']);
    expect(next.errors).toEqual([]);
  });

  test.each([
    ['before the target heard of it', false],
    ['after it had its effect', true],
  ])('killed while it is taken back, %s: it is taken back once', async (_, hears) => {
    const first = await begin({ what: 'revert', hears });
    await report();
    await reaches(first, 'in_force');
    await ports.clock.advance(5 * minute);
    await settled(first.asked.revert);
    expect(await stateOf(first)).toBe('reverting');
    kill(first);
    const next = await begin();
    await reaches(next, 'reverted');
    expect(target.effects).toEqual(['respond anna', 'revert anna']);
  });

  test('a lease that ended while nobody was there is taken back within 5 seconds of the start', async () => {
    const first = await begin();
    await report();
    await reaches(first, 'in_force');
    kill(first);
    await ports.clock.advance(60 * minute);
    const began = performance.now();
    const next = await begin();
    await reaches(next, 'reverted');
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(target.effects).toEqual(['respond anna', 'revert anna']);
  });

  test('the kill switch is on for the next process too', async () => {
    const first = await begin();
    await first.engine.responses.setKillSwitch({ on: true, by: 'robin', reason: 'a drill', request: 'r-1' });
    kill(first);
    const next = await begin();
    await report();
    await reaches(next, 'stopped');
    expect(target.effects).toEqual([]);
  });
});
