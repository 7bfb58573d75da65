import { type AlertFacts, AlertSeverity, builtInAlertTypes, severityName } from '@therapytrain/alerts-core';
import { lintsOfDetections, raisedProbe } from './detection-lints.ts';
import { type Finding, lint } from './faults.ts';
import { matchedRoutes } from './matching.ts';
import type { Place } from './places.ts';
import { lintsOfPlaybooks } from './playbook-lints.ts';
import type { Policy } from './policy.ts';
import { probe, reachedBy, worstFirst } from './probes.ts';
import type { PolicySettings, RouteSettings } from './schema.ts';
import { weekdays } from './window.ts';

const conditionOf = ({ when }: RouteSettings): string | undefined => {
  const text = when?.trim().replaceAll(/\s+/g, ' ');
  return text === 'true' ? undefined : text;
};

const titleOf = ({ name }: RouteSettings, index: number): string => name ?? `#${index + 1}`;

const neverReached = (routes: readonly RouteSettings[], index: number, path: Place['path']): readonly Finding[] => {
  const own = routes[index] && conditionOf(routes[index]);
  const before = routes.slice(0, index).map((each, at) => ({ each, at }));
  const earlier = before.filter(({ each }) => !each.continue);
  const all = earlier.find(({ each }) => conditionOf(each) === undefined);
  if (all) {
    const rule = `is never reached: ${titleOf(all.each, all.at)} before it takes everything`;
    return [lint(path, rule, 'move it up, or give the other one a `when` or `continue: true`')];
  }
  const same = earlier.find(({ each }) => conditionOf(each) === own);
  if (!same) return [];
  const rule = `is shadowed: ${titleOf(same.each, same.at)} before it has the same condition`;
  return [lint(path, rule, 'join the two, or give the other one `continue: true`')];
};

const ofRoutes = (routes: readonly RouteSettings[], above: boolean, path: Place['path']): readonly Finding[] =>
  routes.flatMap((each, index) => {
    const at = [...path, index];
    const told = above || each.receivers !== undefined;
    const nobody = lint(at, 'tells nobody', 'name `receivers` here or above; `receivers: []` says that it is meant so');
    return [
      ...neverReached(routes, index, at),
      ...(told || each.routes?.length ? [] : [nobody]),
      ...ofRoutes(each.routes ?? [], told, [...at, 'routes']),
    ];
  });

const allRoutes = (routes: readonly RouteSettings[]): readonly RouteSettings[] =>
  routes.flatMap((each) => [each, ...allRoutes(each.routes ?? [])]);

const unused = ({ channels, receivers, routes, escalations }: PolicySettings): readonly Finding[] => {
  const told = new Set([
    ...allRoutes(routes).flatMap((each) => each.receivers ?? []),
    ...Object.values(escalations).flatMap((each) => each?.receivers ?? []),
  ]);
  const reached = new Set(Object.values(receivers).flatMap((each) => [...each.channels, ...each.fallback]));
  const of = (section: string, names: object, used: ReadonlySet<string>, where: string) =>
    Object.keys(names)
      .filter((name) => !used.has(name))
      .map((name) => lint([section, name], 'is never used', `name it in ${where}, or take it out`, 'key'));
  return [
    ...of('channels', channels, reached, 'a receiver'),
    ...of('receivers', receivers, told, 'a route or an escalation'),
  ];
};

const listed = (types: readonly string[], all: readonly string[]): string => {
  if (types.length === all.length) return 'of every type';
  const more = types.length > 3 ? ` and ${types.length - 3} more` : '';
  return `of ${types.slice(0, 3).join(', ')}${more}`;
};

const unrouted = (policy: Policy, types: readonly string[]): readonly Finding[] =>
  worstFirst.flatMap((severity) => {
    const missed = types.filter((type) => matchedRoutes(policy, probe(type, severity)).length === 0);
    if (missed.length === 0) return [];
    const rule = `${severityName(severity)} ${listed(missed, types)} has no route, unless its metadata says more`;
    return [lint(['routes'], rule, 'end with a route without `when`; `receivers: []` says that nobody is meant')];
  });

/** What is CRITICAL of these types, and what detections raise so. */
const worst = ({ detections }: Policy, types: readonly string[]): readonly AlertFacts[] => [
  ...types.map((type) => probe(type, AlertSeverity.CRITICAL)),
  ...detections.filter(({ raise }) => raise.severity === AlertSeverity.CRITICAL).map(raisedProbe),
];

const lonely = (policy: Policy, types: readonly string[]): readonly Finding[] => {
  const legs = new Map<string, string[]>();
  for (const facts of worst(policy, types)) {
    const { type } = facts;
    const reached = reachedBy(policy, facts);
    if (matchedRoutes(policy, facts).length === 0 || new Set(reached.map(({ kind }) => kind)).size > 1) continue;
    const by = reached.map(({ name, kind }) => `${name} (${kind})`).join(' and ') || 'nobody';
    legs.set(by, [...new Set([...(legs.get(by) ?? []), type])]);
  }
  return [...legs].map(([by, each]) =>
    lint(
      ['routes'],
      `CRITICAL ${listed(each, types)} reaches only ${by}`,
      'give it two channels of different kinds, so that one may fail',
    ),
  );
};

const endless = ({ maintenance }: PolicySettings): readonly Finding[] =>
  maintenance.flatMap(({ every, until }, index) =>
    until === undefined &&
    every?.from === '00:00' &&
    every.until === '24:00' &&
    new Set(every.days).size === weekdays.length
      ? [lint(['maintenance', index], 'is a silence without end', 'give it `from` and `until`')]
      : [],
  );

const strangers = ({ types }: PolicySettings): readonly Finding[] =>
  Object.entries(types).flatMap(([type, { metadata, group_by: keys = [] }]) =>
    keys.flatMap((key, index) =>
      Object.hasOwn(metadata, key)
        ? []
        : [
            lint(
              ['types', type, 'group_by', index],
              'is a key that the type does not declare',
              'declare it in `metadata`',
            ),
          ],
    ),
  );

/** What is allowed and probably not meant. The policy is the one that the settings make. */
export const lintsOf = (settings: PolicySettings, policy: Policy): readonly Finding[] => {
  // Of a type that only detections raise, only what they raise needs a route.
  const types = [...policy.types.declared.keys()].filter(
    (type) => Object.hasOwn(settings.types, type) || Object.hasOwn(builtInAlertTypes, type),
  );
  const routing =
    settings.routes.length === 0
      ? [lint(['routes'], 'there are none: alerts are kept, and nobody is told', 'see policies/full.yaml')]
      : [...ofRoutes(settings.routes, false, ['routes']), ...unrouted(policy, types), ...lonely(policy, types)];
  return [
    ...routing,
    ...unused(settings),
    ...endless(settings),
    ...strangers(settings),
    ...lintsOfDetections(policy),
    ...lintsOfPlaybooks(settings, policy),
  ];
};
