import { describe, expect, test } from '@jest/globals';
import { type Account, type AlertDraft, type Store } from '@therapytrain/alerts-core';
import { type Attempt, type Channel, type Outcome, Secret } from '@therapytrain/alerts-core/channel';
import {
  createFlow,
  createMemoryLog,
  createPolicy,
  policySchema,
  type PolicySource,
  startEngine,
} from '@therapytrain/alerts-manager';
import { createMemoryStore, testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { dyingAt } from './dying.ts';

const policyWith = (channels: PolicySource['channels'], fallback: string[]) =>
  createPolicy(
    policySchema.parse({
      channels,
      receivers: { security: { channels: ['mail', 'chat'], fallback } },
      routes: [{ name: 'all', when: 'severity >= MEDIUM', receivers: ['security'], first_notify_after: '10s' }],
      escalations: { HIGH: { acknowledge_within: '1h', receivers: ['security'], repeats: 1 } },
    }),
  );

const policy = policyWith({ mail: { kind: 'email' }, chat: { kind: 'slack' } }, []);
const controlled = policyWith(
  {
    mail: { kind: 'email', limit: { per_minute: 1, burst: 1, digest_every: '2m' } },
    chat: { kind: 'slack', limit: { per_minute: 2, burst: 2 }, concurrency: 1 },
    pager: { kind: 'pagerduty' },
  },
  ['pager'],
);

interface Told {
  readonly channel: string;
  readonly key: string;
  readonly incident: string;
}

const outcomes: readonly Outcome[] = [
  { kind: 'done', proof: 'took it' },
  { kind: 'retry', reason: 'peer_failed', detail: 'status 500' },
  { kind: 'retry', reason: 'throttled', detail: 'status 429', after: 5_000 },
  { kind: 'ambiguous', reason: 'answer_lost', detail: 'lost' },
  { kind: 'reject', reason: 'refused', detail: 'status 400' },
];

const script = fc.record({
  policy: fc.constantFrom(policy, controlled),
  reports: fc.array(
    fc.record({
      user: fc.constantFrom('a', 'b', 'c'),
      severity: fc.constantFrom<AlertDraft['severity'][]>(1, 2, 3, 4),
      times: fc.integer({ min: 1, max: 5 }),
      wait: fc.integer({ min: 0, max: 400 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  // Three answers of five are no yes, so that every way out is taken.
  answers: fc.array(fc.integer({ min: 0, max: outcomes.length - 1 }), { minLength: 1, maxLength: 30 }),
  deaths: fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom('before' as const, 'after' as const)), {
    maxLength: 4,
  }),
});

const balance = ({ accepted, delivered, suppressed, digested, dead, pending }: Account): number =>
  accepted - delivered - suppressed - digested - dead - pending;

describe('whatever the channels answer, and wherever the process dies', () => {
  test('every pair is accounted for, what was to be told is told or dead, and no delivery is done twice', async () => {
    await fc.assert(
      fc.asyncProperty(script, async ({ policy, reports, answers, deaths }) => {
        const ports = testPorts();
        const log = createMemoryLog({ capacity: 10_000 });
        const store = createMemoryStore({ clock: ports.clock });
        const told: Told[] = [];
        const taken: string[] = [];
        let turn = 0;
        const channelOf = (name: string): Channel => ({
          clearance: 2,
          deliver: async (notice, { key }: Attempt) => {
            const outcome = outcomes[answers[turn++ % answers.length] ?? 0] ?? outcomes[0];
            told.push({ channel: name, key, incident: notice.incident?.id ?? '' });
            if (outcome?.kind === 'done') taken.push(key);
            return outcome as Outcome;
          },
          check: async () => ({ kind: 'done' }),
          close: async () => undefined,
        });
        const channels = new Map(['mail', 'chat', 'pager'].map((name) => [name, channelOf(name)]));
        const start = (over: Store) =>
          startEngine({
            ...{ log, store: over, policy: () => policy, ports, channel: (name) => channels.get(name) },
            pseudonymKey: new Secret('the key of a script, of no worth at all'),
            onError: () => undefined,
          });
        const flow = createFlow({ log, types: () => policy.types, ports });
        const dying = [...deaths];
        const begin = () => {
          const next = dying.shift();
          const life = next ? dyingAt(store, ...next) : { store, dead: () => false };
          return { engine: start(life.store), dead: life.dead };
        };
        let life = begin();
        let pairs = 0;
        const pass = async (span: number): Promise<void> => {
          await ports.clock.advance(span);
          // A process that is dead is started again, and what it left behind goes on when its claims have run out.
          while (life.dead()) {
            void life.engine.stop();
            life = begin();
          }
        };
        for (const { user, severity, times, wait } of reports) {
          const draft = { type: 'AUTH_FAILURE', severity, message: 'Failed login', metadata: { userId: user } };
          await flow.reportAll(
            Array.from({ length: times }, () => draft as AlertDraft),
            'sign-in',
          );
          pairs += times;
          await pass(wait * 1_000);
        }
        // A leg that stands in begins when the first one has given up, and while a breaker is open nobody gives up.
        const days = policy === controlled ? 9 : 5;
        for (let hours = 0; hours < 24 * days; hours += 6) await pass(6 * 3_600_000);
        const accounts = await store.accounting();
        for (const account of accounts)
          expect([account.channel, balance(account), account.pending]).toEqual([account.channel, 0, 0]);
        expect(await store.cursor()).toBe(pairs);
        const accepted = (channel: string): number => accounts.find((each) => each.channel === channel)?.accepted ?? 0;
        expect(accepted('mail')).toBe(accepted('chat'));
        expect(accepted('mail') + accepted('(no route)')).toBe(pairs);
        // What a digest was to tell is where the digest is; what stands in for a delivery stands in once.
        const everything = await store.deliveries({ limit: 100_000 });
        const known = new Map(everything.map((each) => [each.id, each]));
        for (const { state, digest } of everything) {
          if (state === 'digested') expect(known.get(digest ?? '')?.event).toBe('digest');
        }
        const originals = everything.filter(({ target, stoodIn }) => target !== 'pager' && stoodIn).length;
        expect(everything.filter(({ insteadOf }) => insteadOf !== undefined).length).toBeLessThanOrEqual(originals);
        // Each delivery that the store calls done was taken by its peer; each that it calls dead was tried.
        const done = await store.deliveries({ states: ['done'], limit: 10_000 });
        for (const { id, kind } of done) if (kind === 'delivery') expect(taken).toContain(id);
        // A peer sees a delivery that it has taken again only where the process died before it could write that down.
        const again = taken.length - new Set(taken).size;
        expect(again).toBeLessThanOrEqual(deaths.length * 8);
        await Promise.all([life.engine.stop(), ports.clock.advance(0)]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

describe('the same log', () => {
  const plannedIn = async (batches: readonly number[], drafts: readonly AlertDraft[]) => {
    const ports = testPorts();
    const log = createMemoryLog({ capacity: 10_000 });
    const store = createMemoryStore({ clock: ports.clock });
    const engine = startEngine({
      ...{ log, store, policy: () => policy, ports, channel: () => undefined, onError: () => undefined },
      pseudonymKey: new Secret('the key of a script, of no worth at all'),
    });
    const flow = createFlow({ log, types: () => policy.types, ports });
    let from = 0;
    for (const size of batches) {
      await flow.reportAll(drafts.slice(from, from + size), 'sign-in');
      await engine.planner.idle();
      from += size;
    }
    const incidents = (await store.incidents({ limit: 1_000 })).map(
      ({ key, state, count, severity, newest, facts: { metadata } }) => ({
        key,
        state,
        count,
        severity,
        newest,
        metadata,
      }),
    );
    const accounts = await store.accounting();
    await Promise.all([engine.stop(), ports.clock.advance(0)]);
    return {
      incidents: incidents.sort((a, b) => (a.key < b.key ? -1 : 1)),
      accepted: accounts.map(({ channel, accepted }) => [channel, accepted]),
    };
  };

  test('gives the same incidents and pairs, in one batch or in many', async () => {
    const draft = fc.record({
      type: fc.constantFrom('AUTH_FAILURE', 'SYSTEM_HEALTH'),
      severity: fc.constantFrom(1, 2, 3, 4),
      message: fc.constant('x'),
      metadata: fc.record({ userId: fc.constantFrom('a', 'b'), component: fc.constantFrom('db', 'web') }),
    }) as fc.Arbitrary<AlertDraft>;
    await fc.assert(
      fc.asyncProperty(
        fc.array(draft, { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 30, maxLength: 30 }),
        async (drafts, sizes) => {
          const many: number[] = [];
          for (let left = drafts.length; left > 0; left -= many.at(-1) ?? 1)
            many.push(Math.min(left, sizes[many.length] ?? 1));
          expect(await plannedIn(many, drafts)).toEqual(await plannedIn([drafts.length], drafts));
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
