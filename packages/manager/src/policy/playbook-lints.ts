import {
  type AlertFacts,
  type AlertSeverity,
  builtInAlertTypes,
  type Demand,
  demandsOf,
  responseModes,
  severities,
} from '@therapytrain/alerts-core';
import { detectionSource } from '../stages/detect.ts';
import { type Finding, lint } from './faults.ts';
import type { Playbook, PlaybookStep } from './playbook.ts';
import type { Policy } from './policy.ts';
import { probe } from './probes.ts';
import type { PolicySettings } from './schema.ts';

/** The types that a playbook may match, as far as its condition speaks of type and severity alone. */
interface Admitted {
  /** Of alerts that are reported. */
  readonly reported: readonly string[];
  /** Of alerts that detections raise. */
  readonly raised: readonly string[];
}

const known = new Set(['type', 'severity', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
const knownOfRaised = new Set([...known, 'source']);

const speaksOnlyOf = ({ names }: Demand, of: ReadonlySet<string>): boolean => [...names].every((each) => of.has(each));

const raisedAs = (type: string, severity: AlertSeverity): AlertFacts => ({
  ...probe(type, severity),
  source: detectionSource,
});

/** True where it demands that a detection raised the alert. */
const wantsRaised = (demands: readonly Demand[], type: string, severity: AlertSeverity): boolean =>
  demands.some(
    (each) =>
      each.names.has('source') &&
      speaksOnlyOf(each, knownOfRaised) &&
      each.condition.matches(raisedAs(type, severity)) &&
      !each.condition.matches(probe(type, severity)),
  );

const admittedBy = ({ when }: Playbook, settings: PolicySettings, policy: Policy): Admitted => {
  const demands = demandsOf(when);
  const meets = (facts: AlertFacts, of: ReadonlySet<string>): boolean =>
    demands.filter((each) => speaksOnlyOf(each, of)).every(({ condition }) => condition.matches(facts));
  const reported = [...policy.types.declared.keys()].filter(
    (type) => Object.hasOwn(settings.types, type) || Object.hasOwn(builtInAlertTypes, type),
  );
  return {
    reported: reported.filter((type) =>
      severities.some((each) => meets(probe(type, each), known) && !wantsRaised(demands, type, each)),
    ),
    raised: policy.detections
      .map(({ raise }) => raise)
      .filter(({ type, severity }) => meets(raisedAs(type, severity), knownOfRaised))
      .map(({ type }) => type),
  };
};

const rank = ({ mode }: Playbook): number => responseModes.indexOf(mode);

const conditionOf = ({ when }: Playbook): string => when.source.trim().replaceAll(/\s+/g, ' ');

const deed = ({ responder, target, resource }: PlaybookStep): string => JSON.stringify([responder, target, resource]);

const covers = (other: Playbook, own: Playbook): boolean => {
  const always = conditionOf(other) === 'true';
  const deeds = new Set(other.steps.map(deed));
  return (always || conditionOf(other) === conditionOf(own)) && own.steps.every((each) => deeds.has(deed(each)));
};

const shadowed = (playbooks: readonly Playbook[], index: number): readonly Finding[] => {
  const own = playbooks[index] as Playbook;
  const by = playbooks.find(
    (other, at) =>
      at !== index && covers(other, own) && (rank(other) > rank(own) || (rank(other) === rank(own) && at < index)),
  );
  if (!by) return [];
  const rule = `is shadowed: ${by.name}, in mode ${by.mode}, does all of it wherever it matches`;
  return [lint(['playbooks', index], rule, 'take it out, or let it do something else')];
};

const listed = (types: readonly string[]): string => {
  const more = types.length > 3 ? ` and ${types.length - 3} more` : '';
  return `${types.slice(0, 3).join(', ')}${more}`;
};

// Whoever reports these has counted already.
const counted: ReadonlySet<string> = new Set(['RATE_LIMIT_BREACH']);

const hasThreshold = ({ when }: Playbook): boolean =>
  demandsOf(when).some(({ names, compares }) => compares && names.has('metadata'));

const has = (type: string, key: string, { types }: Policy): boolean =>
  Object.hasOwn(types.declared.get(type)?.metadata ?? {}, key);

const withoutThreshold = (playbook: Playbook, { reported }: Admitted, policy: Policy, path: Finding['path']) => {
  const targets = playbook.steps.filter(({ mode }) => mode === 'enforce').map(({ target }) => target);
  const single = reported.filter((each) => !counted.has(each) && targets.some((key) => has(each, key, policy)));
  if (single.length === 0 || hasThreshold(playbook)) return [];
  const rule = `acts unasked on a single alert of ${listed(single)}`;
  return [
    lint([...path, 'when'], rule, 'let a detection count first and act on what it raises, or ask: mode: approve'),
  ];
};

const unasked = (playbook: Playbook, { responders }: Policy): ReadonlySet<string> =>
  new Set(
    playbook.steps
      .filter(({ mode }) => mode === 'enforce')
      .map(({ responder }) => (responders.get(responder)?.target === 'address' ? 'addresses' : 'users')),
  );

const unprotected = (acts: ReadonlySet<string>, { guardrails: { protect } }: Policy, path: Finding['path']) => {
  const at = [...path, 'mode'];
  const found: Finding[] = [];
  if (acts.has('addresses') && protect.addresses.length === 0) {
    const hint = 'list your own networks, egress and resolvers in guardrails.protect.addresses';
    found.push(lint(at, 'acts on addresses unasked, and none is protected', hint));
  }
  if (acts.has('users') && protect.users.length + protect.groups.length === 0) {
    const hint = 'list service accounts in guardrails.protect.users, administrators in guardrails.protect.groups';
    found.push(lint(at, 'acts on users unasked, and none is protected', hint));
  }
  return found;
};

const aboveAll = ({ budget }: Playbook, { guardrails: { budget: all } }: Policy, path: Finding['path']) =>
  budget.targets > all.targets && budget.window <= all.window
    ? [
        lint(
          [...path, 'budget'],
          'is more than all playbooks together may act on',
          'lower it, or raise guardrails.budget',
        ),
      ]
    : [];

const ofKey = (key: string, types: readonly string[], policy: Policy, path: Finding['path']) => {
  const having = types.filter((type) => has(type, key, policy));
  if (having.length === 0) {
    const rule = `is declared by no type that matches: ${listed(types)}`;
    return [lint(path, rule, 'name a key of these types, or match others')];
  }
  const mixed = having.filter((type) => !(policy.groupBy(type) ?? policy.types.identityKeys(type)).includes(key));
  if (mixed.length === 0) return [];
  const rule = `does not tell incidents of ${listed(mixed)} apart: one may hold alerts with other values of it`;
  return [lint(path, rule, 'declare it with `identifies: true`, or name it in `group_by`')];
};

const ofPlaybook = (
  playbook: Playbook,
  index: number,
  settings: PolicySettings,
  policy: Policy,
): readonly Finding[] => {
  const path = ['playbooks', index];
  const admitted = admittedBy(playbook, settings, policy);
  const types = [...new Set([...admitted.reported, ...admitted.raised])];
  if (types.length === 0) {
    const hint = 'declare the type in `types`, or let a detection raise it';
    return [lint([...path, 'when'], 'never matches: no type and severity that is declared meets it', hint)];
  }
  const acts = unasked(playbook, policy);
  return [
    ...shadowed(policy.playbooks, index),
    ...(acts.size === 0
      ? []
      : [
          ...withoutThreshold(playbook, admitted, policy, path),
          ...unprotected(acts, policy, path),
          ...aboveAll(playbook, policy, path),
        ]),
    ...playbook.steps.flatMap(({ target }, place) => ofKey(target, types, policy, [...path, 'steps', place, 'target'])),
  ];
};

const unused = ({ responders, playbooks }: Policy): readonly Finding[] => {
  const used = new Set(playbooks.flatMap(({ steps }) => steps.map(({ responder }) => responder)));
  return [...responders.keys()]
    .filter((name) => !used.has(name))
    .map((name) => lint(['responders', name], 'is never used', 'name it in a playbook, or take it out', 'key'));
};

/** What is allowed of playbooks and responders and probably not meant. */
export const lintsOfPlaybooks = (settings: PolicySettings, policy: Policy): readonly Finding[] => [
  ...policy.playbooks.flatMap((each, index) => ofPlaybook(each, index, settings, policy)),
  ...unused(policy),
];
