import { type AlertSeverity, severityName } from '@therapytrain/alerts-core';
import { differencesOfParts, spanText, type PolicyChange } from './difference-parts.ts';
import { differencesOfResponses } from './difference-responses.ts';
import type { ChannelSettings, Policy, Route } from './policy.ts';
import { channelsOf, probe, reachedBy, worstFirst } from './probes.ts';

export type { PolicyChange } from './difference-parts.ts';

const channelText = ({ name, kind }: ChannelSettings): string => `${name} (${kind})`;

const byText = (policy: Policy, type: string, severity: AlertSeverity): ReadonlySet<string> =>
  new Set(reachedBy(policy, probe(type, severity)).map(channelText));

const without = (some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] =>
  [...some].filter((each) => !others.has(each));

// One sentence for all types where they are of one mind.
const told = (severity: AlertSeverity, types: readonly string[], all: readonly string[], rest: string) =>
  types.length === all.length && all.length > 1
    ? [`${severityName(severity)} of every type ${rest}`]
    : types.map((type) => `${severityName(severity)} ${type} ${rest}`);

const ofSeverity = (
  before: Policy,
  after: Policy,
  types: readonly string[],
  severity: AlertSeverity,
): PolicyChange[] => {
  const changes = new Map<string, { readonly kind: PolicyChange['kind']; readonly types: string[] }>();
  const add = (kind: PolicyChange['kind'], rest: string, type: string): void => {
    const known = changes.get(rest) ?? { kind, types: [] };
    known.types.push(type);
    changes.set(rest, known);
  };
  for (const type of types) {
    const [old, now] = [byText(before, type, severity), byText(after, type, severity)];
    for (const each of without(old, now)) add('lost', `no longer reaches ${each}`, type);
    for (const each of without(now, old)) add('gained', `now reaches ${each}`, type);
  }
  return [...changes].flatMap(([rest, { kind, types: some }]) =>
    told(severity, some, types, rest).map((text) => ({ kind, text })),
  );
};

const flat = (routes: readonly Route[]): readonly Route[] => routes.flatMap((each) => [each, ...flat(each.routes)]);

const timings = (name: string, old: Route, now: Route): readonly PolicyChange[] => {
  const texts = [
    old.firstNotifyAfter !== now.firstNotifyAfter &&
      `waits ${spanText(now.firstNotifyAfter)} before the first notice, not ${spanText(old.firstNotifyAfter)}`,
    old.batchUpdatesEvery !== now.batchUpdatesEvery &&
      `tells news every ${spanText(now.batchUpdatesEvery)} at most, not every ${spanText(old.batchUpdatesEvery)}`,
    old.remindEvery !== now.remindEvery &&
      `reminds ${spanText(now.remindEvery, 'every ')}, not ${spanText(old.remindEvery, 'every ')}`,
  ];
  return texts.flatMap((text) => (text ? [{ kind: 'changed', text: `the route ${name} ${text}` }] : []));
};

/** A route, and the channels that it tells. */
interface Telling {
  readonly route: Route;
  readonly channels: ReadonlySet<string>;
}

const receiversChange = (name: string, old: Telling, now: Telling): readonly PolicyChange[] => {
  const [was, is] = [old, now].map(({ route }) => route.receivers.join(', ') || 'nobody');
  if (was === is && without(old.channels, now.channels).length === 0) return [];
  const kind = without(old.channels, now.channels).length > 0 ? 'doubtful' : 'changed';
  return [{ kind, text: `the route ${name} tells ${was === is ? `${is} in fewer ways` : `${is}, not ${was}`}` }];
};

const ofRoute = (name: string, old: Telling | undefined, now: Telling | undefined): readonly PolicyChange[] => {
  if (!now) return [{ kind: 'doubtful', text: `the route ${name} is gone` }];
  if (!old) return [{ kind: 'changed', text: `the route ${name} is new` }];
  const changes: PolicyChange[] = [];
  if (old.route.when?.source !== now.route.when?.source) {
    changes.push({ kind: 'doubtful', text: `the route ${name} has another condition` });
  }
  if (old.route.continues && !now.route.continues) {
    changes.push({ kind: 'doubtful', text: `the route ${name} no longer lets later routes have what it takes` });
  }
  return [...changes, ...receiversChange(name, old, now), ...timings(name, old.route, now.route)];
};

const tellingOf = (policy: Policy): ReadonlyMap<string, Telling> =>
  new Map(
    flat(policy.routes).map((route) => [
      route.name,
      { route, channels: new Set(channelsOf(policy, route.receivers).map(channelText)) },
    ]),
  );

const ofRoutes = (before: Policy, after: Policy): readonly PolicyChange[] => {
  const [old, now] = [tellingOf(before), tellingOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => ofRoute(name, old.get(name), now.get(name)));
};

/**
 * What a new policy does otherwise than the one before, in sentences, what is lost first. Both are asked where an alert
 * of each type and severity goes that says nothing more; what depends on more than that is told as `doubtful`.
 */
export const policyDifference = (before: Policy, after: Policy): readonly PolicyChange[] => {
  if (before.version === after.version) return [];
  const types = [...new Set([...before.types.declared.keys(), ...after.types.declared.keys()])];
  const order: readonly PolicyChange['kind'][] = ['lost', 'doubtful', 'gained', 'changed'];
  return [
    ...worstFirst.flatMap((severity) => ofSeverity(before, after, types, severity)),
    ...ofRoutes(before, after),
    ...differencesOfParts(before, after),
    ...differencesOfResponses(before, after),
  ].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
};
