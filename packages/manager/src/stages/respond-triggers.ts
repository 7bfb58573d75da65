import type { AlertFacts, Incident, Instant, Millis, ResponseFactsQuery } from '@therapytrain/alerts-core';
import { canonicalAddress, type Target } from '@therapytrain/alerts-core/responder';
import type { ResponsePolicy } from '../policy/playbook.ts';
import type { Touched } from './correlate.ts';
import { type MatchedPlaybook, playbooksOf } from './playbooks.ts';
import { responseSource } from './response-alerts.ts';
import type { Cause } from './response-budget.ts';
import { companionsOf, targetKey } from './response-guard.ts';

/** What calls for responses: an incident as an alert left it, with what matches it. */
export interface Trigger {
  readonly incident: Incident;
  readonly facts: AlertFacts;
  readonly cause: Cause;
  readonly matched: readonly MatchedPlaybook[];
}

/** The same refusal, or observation, of the same target is written down once in so long, and then counted. */
export const sameAgain: Millis = 3_600_000;

const addressKeys = ({ playbooks, responders }: ResponsePolicy): readonly string[] => [
  ...new Set([
    ...playbooks.flatMap(({ steps }) =>
      steps.flatMap(({ responder, target }) => (responders.get(responder)?.target === 'address' ? [target] : [])),
    ),
    'ipAddress',
  ]),
];

/** The address that an alert came from: what the address steps of the policy act on, or the built-in key. A range is none. */
const originOf = ({ metadata }: AlertFacts, keys: readonly string[]): string => {
  for (const key of keys) {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    const address = typeof value === 'string' ? canonicalAddress(value) : undefined;
    if (address !== undefined && !address.includes('/')) return address;
  }
  return '';
};

/** What of a batch calls for responses, in the order of the log. What is over, or tells of responses, does not. */
export const triggersOf = (touched: readonly Touched[], policy: ResponsePolicy): readonly Trigger[] => {
  if (policy.playbooks.length === 0) return [];
  const keys = addressKeys(policy);
  return touched
    .filter(
      ({ change, incident }) =>
        change !== 'resolved' && change !== 'passed' && incident.facts.source !== responseSource,
    )
    .flatMap(({ incident }) => {
      const { facts } = incident;
      const matched = playbooksOf(facts, policy);
      const cause = { source: facts.source, origin: originOf(facts, keys), place: incident.newest[0] ?? 0 };
      return matched.length === 0 ? [] : [{ incident, facts, cause, matched }];
    })
    .sort((one, other) => one.cause.place - other.cause.place);
};

/** The address that an alert came from, as a target. */
export const addressOf = ({ origin }: Cause): Target => ({ kind: 'address', value: origin, resource: '' });

/** What must be known before the triggers can be judged. One question for all of them. */
export const factsNeeded = (
  triggers: readonly Trigger[],
  { guardrails, playbooks, responders }: ResponsePolicy,
  now: Instant,
): ResponseFactsQuery => {
  const targets = triggers.flatMap(({ matched, cause }) => [
    ...matched.flatMap(({ steps }) =>
      steps.flatMap(({ aim }) => ('target' in aim ? [aim.target, ...companionsOf(aim.target, guardrails)] : [])),
    ),
    ...(cause.origin === '' ? [] : [addressOf(cause)]),
  ]);
  const windows = [guardrails.budget, guardrails.weaponised, ...playbooks.map(({ budget }) => budget)];
  const longest = Math.max(
    ...[...windows, ...[...responders.values()].map(({ budget }) => budget)].map((b) => b.window),
  );
  return {
    targets: [...new Map(targets.map((target) => [targetKey(target), target])).values()],
    changedSince: now - Math.max(guardrails.decay, guardrails.grace, sameAgain),
    origins: [...new Set(triggers.map(({ cause }) => cause.origin))].filter((origin) => origin !== ''),
    sources: [...new Set(triggers.map(({ cause }) => cause.source))],
    madeSince: now - longest,
    now,
  };
};
