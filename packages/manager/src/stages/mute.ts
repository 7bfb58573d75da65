import {
  type AlertFacts,
  canonicalJson,
  type Expression,
  type Incident,
  type Instant,
  type Silence,
} from '@therapytrain/alerts-core';
import type { Inhibition, Policy } from '../policy/policy.ts';

/** A silence with its expression compiled. */
export interface StandingSilence {
  readonly silence: Silence;
  readonly when: Expression;
}

/** What may hold notices back: facts only. */
export interface Standing {
  readonly silences: readonly StandingSilence[];
  /** Incidents that are not resolved, as far as inhibitions need them. */
  readonly open: readonly Incident[];
}

/** Why a notice is held back, and until when, where that is known. */
export interface Mute {
  readonly by: 'silence' | 'inhibition' | 'maintenance';
  /** The silence's id, or the policy's name of the rule. */
  readonly name: string;
  readonly until: Instant | undefined;
}

const valueOf = ({ metadata }: AlertFacts, key: string): string =>
  Object.hasOwn(metadata, key) ? canonicalJson((metadata[key] ?? null) as never) : '';

const inhibits = ({ source, equal }: Inhibition, by: Incident, muted: Incident): boolean =>
  by.id !== muted.id &&
  by.state !== 'RESOLVED' &&
  source.matches(by.facts) &&
  equal.every((key) => valueOf(by.facts, key) === valueOf(muted.facts, key));

const inhibited = (incident: Incident, { open }: Standing, { inhibitions }: Policy): Mute | undefined => {
  const rule = inhibitions.find(
    (each) => each.target.matches(incident.facts) && open.some((other) => inhibits(each, other, incident)),
  );
  return rule && { by: 'inhibition', name: rule.name, until: undefined };
};

const silenced = ({ facts, severity }: Incident, { silences }: Standing, now: Instant): Mute | undefined => {
  const holds = silences
    .filter(({ silence: { from, until, upTo } }) => from <= now && now < until && severity <= upTo)
    .filter(({ when }) => when.matches(facts))
    .sort((a, b) => b.silence.until - a.silence.until)[0]?.silence;
  return holds && { by: 'silence', name: holds.id, until: holds.until };
};

/** The maintenance window in which this comes as expected; undefined where there is none now. Pure. */
export const maintainedBy = (
  facts: AlertFacts,
  { maintenance }: Pick<Policy, 'maintenance'>,
  now: Instant,
): Policy['maintenance'][number] | undefined =>
  maintenance.find((each) => each.covers(now) && each.when.matches(facts));

/** Why notices of the incident are held back now; undefined if they are not. Pure. */
export const mutedBy = (incident: Incident, standing: Standing, policy: Policy, now: Instant): Mute | undefined => {
  const window = maintainedBy(incident.facts, policy, now);
  if (window) return { by: 'maintenance', name: window.name, until: undefined };
  return silenced(incident, standing, now) ?? inhibited(incident, standing, policy);
};
