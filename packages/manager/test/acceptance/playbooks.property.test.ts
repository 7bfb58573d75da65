import { describe, expect, test } from '@jest/globals';
import { type AlertDraft, AlertSeverity, type ExplanationStep, responseModes } from '@therapytrain/alerts-core';
import { createPolicy, playbooksOf, policySchema, type PolicySource, simulate } from '@therapytrain/alerts-manager';
import { testPorts } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { responders } from '../policy/responders.ts';
import { createWorld } from './world.ts';

/** What an alert says, as the model below looks at it. */
interface Said {
  readonly type: string;
  readonly severity: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Conditions in CEL, and what each means. */
const conditions: Readonly<Record<string, (said: Said) => boolean>> = {
  'severity >= HIGH': ({ severity }) => severity >= 3,
  'type == "AUTH_FAILURE"': ({ type }) => type === 'AUTH_FAILURE',
  'type == "DATA_VIOLATION" && severity == CRITICAL': ({ type, severity }) =>
    type === 'DATA_VIOLATION' && severity === 4,
  'metadata.userId == "anna.berg"': ({ metadata }) => metadata['userId'] === 'anna.berg',
  'metadata.missing == "x"': () => false,
  true: () => true,
};

const steps = {
  block: { responder: 'block', target: 'ipAddress', for: '1h' },
  lock: { responder: 'lock', target: 'userId', for: ['5m', '1h'] },
  revoke: { responder: 'revoke', target: 'userId', resource: 'resource', for: '1d' },
  end: { responder: 'end', target: 'userId' },
} as const;
type StepName = keyof typeof steps;

const playbook = fc.record({
  when: fc.constantFrom(...Object.keys(conditions)),
  mode: fc.constantFrom(...responseModes),
  steps: fc.subarray(Object.keys(steps) as StepName[], { minLength: 1 }),
});

const addresses = ['203.0.113.7', '2001:db8::1', 'no address', 7] as const;
const users = ['anna.berg', 'robin.roe', 'root', '', 3, 0.5, ['x']] as const;

const draft = fc.record({
  type: fc.constantFrom('AUTH_FAILURE', 'DATA_VIOLATION', 'UNUSUAL_ACCESS'),
  severity: fc.constantFrom(...Object.values(AlertSeverity)),
  metadata: fc.record(
    {
      userId: fc.constantFrom(...users),
      ipAddress: fc.constantFrom(...addresses),
      resource: fc.constantFrom('session-notes', null),
    },
    { requiredKeys: [] },
  ),
});

const isText = (value: unknown): boolean => value === 3 || (typeof value === 'string' && value !== '');

/** Whether a step has something to act on, said once more and naively. */
const aims: Readonly<Record<StepName, (metadata: Said['metadata']) => boolean>> = {
  block: ({ ipAddress }) => ipAddress === addresses[0] || ipAddress === addresses[1],
  lock: ({ userId }) => isText(userId),
  revoke: ({ userId, resource }) => isText(userId) && isText(resource),
  end: ({ userId }) => isText(userId),
};

const sourceOf = (playbooks: readonly { when: string; mode: (typeof responseModes)[number]; steps: StepName[] }[]) =>
  ({
    responders: {
      block: { kind: 'block-address' },
      lock: { kind: 'lock-account' },
      revoke: { kind: 'revoke-access' },
      end: { kind: 'end-sessions' },
    },
    playbooks: playbooks.map((each, index) => ({
      ...each,
      name: `p${index}`,
      steps: each.steps.map((name) => steps[name]),
    })),
    guardrails: { protect: { users: ['root'] } },
  }) as unknown as PolicySource;

const told = (given: readonly ExplanationStep[]): readonly string[] =>
  given
    .filter(({ name }) => name.startsWith('playbook '))
    .flatMap(({ name, verdict, steps: inner }) => [
      `${name} ${verdict}`,
      ...inner.map((each) => `${name} ${each.name} ${each.verdict}`),
    ]);

const valueOf = (said: Said): readonly string[] =>
  Object.values(said.metadata).filter((each): each is string => typeof each === 'string' && each !== '');

describe('the playbooks that match', () => {
  test('are those that a naive model says, and explanations and simulations say the same, without a value', async () => {
    let acted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(playbook, { minLength: 1, maxLength: 4 }), draft, async (playbooks, said) => {
        const policy = createPolicy(policySchema.parse(sourceOf(playbooks)), new Map(), { kinds: responders });
        const whole: AlertDraft = { ...said, message: 'something' };
        const expected = playbooks.flatMap(({ when, mode, steps: names }, index) =>
          conditions[when]?.(said)
            ? [{ name: `p${index}`, mode, steps: names.map((name) => ({ name, aimed: aims[name](said.metadata) })) }]
            : [],
        );

        const facts = { ...said, message: '', source: '', fingerprint: '', dedupKey: '', occurredAt: 0, receivedAt: 0 };
        const found = playbooksOf(facts, policy);
        expect(
          found.map(({ playbook: { name, mode }, steps: all }) => ({
            name,
            mode,
            steps: all.map(({ step, aim }) => ({ name: step.responder, aimed: 'target' in aim })),
          })),
        ).toEqual(expected);

        const free = (name: StepName) => name === 'block' || said.metadata.userId !== 'root';
        const words = playbooks.flatMap((_, index) => {
          const name = `playbook p${index}`;
          const match = expected.find((each) => each.name === `p${index}`);
          if (!match) return [`${name} no`];
          const inner = match.steps.map(
            (each) => `${name} responder ${each.name} ${each.aimed && free(each.name) ? 'yes' : 'no'}`,
          );
          return [`${name} yes`, ...inner];
        });
        const world = createWorld(policy);
        try {
          const explained = await world.desk.explain({ draft: whole, source: 'sign-in' });
          expect(told(explained.steps)).toEqual(words);
          const own = explained.steps.filter(({ name }) => name.startsWith('playbook '));
          const details = own.flatMap(({ steps: inner }) => inner.map(({ detail }) => detail)).join('\n');
          for (const value of valueOf(said)) expect(details).not.toContain(value);
        } finally {
          await world.stop();
        }

        const script = { alerts: [{ draft: whole, source: 'sign-in', at: 1_800_000_000_000 }] };
        const [simulated] = (await simulate(script, policy, testPorts().ids)).alerts;
        const wanted = expected.flatMap(({ name, mode, steps: all }) =>
          all
            .filter((each) => each.aimed && free(each.name))
            .map((each) => ({
              playbook: name,
              responder: each.name,
              mode: mode === 'enforce' && each.name === 'end' ? 'approve' : mode,
            })),
        );
        expect(simulated?.responses).toEqual(wanted);
        acted += wanted.length;
      }),
      { numRuns: 200 },
    );
    expect(acted).toBeGreaterThan(50);
  }, 120_000);
});
