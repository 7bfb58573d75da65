import type { Instant, NewAuditEntry } from '@therapytrain/alerts-core';
import type { PolicyChange } from '@therapytrain/alerts-manager';
import type { Reload, Reloaded, RefusedPolicy } from './policy-in-force.ts';

/** One change of a policy loses this much coverage at most that the audit names one by one; it counts all. */
const mostNamed = 100;

const countsOf = (changes: readonly PolicyChange[]): Readonly<Record<string, number>> => {
  const of = (kind: PolicyChange['kind']): number => changes.filter((each) => each.kind === kind).length;
  return { lost: of('lost'), doubtful: of('doubtful'), gained: of('gained'), changed: of('changed') };
};

/** What the audit says of a policy that was put in force: the change, and each loss of coverage that was accepted. */
export const changedEntries = (
  { version, before, changes }: Reloaded,
  { by, cause }: Reload,
  at: Instant,
): readonly NewAuditEntry[] => [
  {
    at,
    actor: by,
    action: 'policy.changed',
    subject: version,
    facts: { cause, before, differences: changes.length, ...countsOf(changes) },
  },
  ...changes
    .filter(({ kind }) => kind === 'lost')
    .slice(0, mostNamed)
    .map(({ text }) => ({ at, actor: by, action: 'policy.coverage_lost', subject: version, facts: { what: text } })),
];

/** What the audit says of a policy that was refused. */
export const refusedEntry = (
  { at, code, faults, version, changes }: RefusedPolicy,
  { by, cause }: Reload,
): NewAuditEntry => ({
  at,
  actor: by,
  action: 'policy.refused',
  subject: version,
  facts: { cause, reason: code, faults: faults.length, lost: countsOf(changes)['lost'] ?? 0 },
});

/** What the audit says of the policy that a gateway begins with. */
export const startEntry = (version: string, at: Instant): NewAuditEntry => ({
  at,
  actor: 'gateway',
  action: 'policy.changed',
  subject: version,
  facts: { cause: 'start' },
});
