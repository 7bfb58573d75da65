import { durationText, type Millis, severityName } from '@therapytrain/alerts-core';
import type { Detection } from './detection.ts';
import type { ChannelSettings, Escalation, Inhibition, Maintenance, Policy, Receiver } from './policy.ts';
import { worstFirst } from './probes.ts';

/** One thing that a new policy does otherwise. */
export interface PolicyChange {
  /**
   * `lost`: some alerts no longer reach somebody, or something is no longer protected. `doubtful`: some may not, which depends on more than type and severity.
   * `gained`: some reach more. `changed`: something else.
   */
  readonly kind: 'lost' | 'doubtful' | 'gained' | 'changed';
  /** A sentence without a full stop. */
  readonly text: string;
}

/** A span as a policy writes it; `never` where there is none. */
export const spanText = (span: Millis | undefined, before = ''): string =>
  span === undefined ? 'never' : `${before}${durationText(span)}`;

const changed = (text: string): PolicyChange => ({ kind: 'changed', text });
const doubtful = (text: string): PolicyChange => ({ kind: 'doubtful', text });

const namesOf = (names: readonly string[]): string => names.join(', ') || 'nobody';

/** What differs between two parts of a policy, name by name. */
export const compared = <T>(
  old: ReadonlyMap<string, T>,
  now: ReadonlyMap<string, T>,
  compare: (name: string, old: T | undefined, now: T | undefined) => readonly PolicyChange[],
): readonly PolicyChange[] =>
  [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => compare(name, old.get(name), now.get(name)));

const limitText = ({ limit }: ChannelSettings): string =>
  limit
    ? `${limit.perMinute} notices a minute, ${limit.burst} at once, and the rest every ${spanText(limit.digestEvery)}`
    : 'all notices by themselves';

const ofDelivery = (name: string, old: ChannelSettings, now: ChannelSettings): readonly PolicyChange[] => [
  ...(old.concurrency === now.concurrency
    ? []
    : [changed(`the channel ${name} has ${now.concurrency} deliveries at once, not ${old.concurrency}`)]),
  ...(limitText(old) === limitText(now)
    ? []
    : [changed(`the channel ${name} is told ${limitText(now)}, not ${limitText(old)}`)]),
  ...(old.canaryEvery === now.canaryEvery
    ? []
    : [
        changed(
          `the channel ${name} has a canary ${spanText(now.canaryEvery, 'every ')}, not ${spanText(old.canaryEvery, 'every ')}`,
        ),
      ]),
];

const ofChannel = (
  name: string,
  old: ChannelSettings | undefined,
  now: ChannelSettings | undefined,
): readonly PolicyChange[] => {
  if (!old) return [changed(`the channel ${name} is new`)];
  if (!now) return [changed(`the channel ${name} is gone`)];
  if (old.kind !== now.kind) return [changed(`the channel ${name} is of kind ${now.kind}, not ${old.kind}`)];
  const sameOptions = JSON.stringify(old.options) === JSON.stringify(now.options);
  return [...(sameOptions ? [] : [doubtful(`the channel ${name} has other options`)]), ...ofDelivery(name, old, now)];
};

const ofReceiver = (name: string, old: Receiver | undefined, now: Receiver | undefined): readonly PolicyChange[] =>
  old && now && namesOf(old.fallback) !== namesOf(now.fallback)
    ? [changed(`the fallback of the receiver ${name} is ${namesOf(now.fallback)}, not ${namesOf(old.fallback)}`)]
    : [];

const ofEscalation = (
  name: string,
  old: Escalation | undefined,
  now: Escalation | undefined,
): readonly PolicyChange[] => {
  if (!now) return old ? [{ kind: 'lost', text: `${name} is no longer escalated` }] : [];
  const within = spanText(now.acknowledgeWithin);
  if (!old) {
    return [{ kind: 'gained', text: `${name} is escalated to ${namesOf(now.receivers)} after ${within}` }];
  }
  const before = spanText(old.acknowledgeWithin);
  const [was, is] = [namesOf(old.receivers), namesOf(now.receivers)];
  return [
    ...(before === within ? [] : [changed(`${name} must be acknowledged within ${within}, not ${before}`)]),
    ...(old.remindBefore === now.remindBefore
      ? []
      : [changed(`${name} is reminded of ${spanText(now.remindBefore)} ahead, not ${spanText(old.remindBefore)}`)]),
    ...(was === is ? [] : [doubtful(`${name} is escalated to ${is}, not to ${was}`)]),
    ...(old.repeats === now.repeats ? [] : [changed(`${name} is told again ${now.repeats} times, not ${old.repeats}`)]),
  ];
};

const inhibitionText = ({ source, target, equal }: Inhibition): string =>
  JSON.stringify([source.source, target.source, equal]);

// What holds alerts back takes coverage where it is new or different; where it is gone it gives some.
const ofHolding =
  <T>(what: string, say: (each: T) => string) =>
  (name: string, old?: T, now?: T): PolicyChange[] => {
    if (!now) return [{ kind: 'gained', text: `the ${what} ${name} is gone` }];
    if (!old) return [doubtful(`the ${what} ${name} is new: it holds notices back`)];
    return say(old) === say(now) ? [] : [doubtful(`the ${what} ${name} holds other notices back`)];
  };

const conditionText = ({ condition, within, print }: Detection): string => {
  const size = condition.kind === 'sequence' ? condition.steps.map(({ count }) => count) : condition.atLeast;
  return JSON.stringify([condition.kind, size, within, print]);
};

const raisedText = ({ raise: { type, severity } }: Detection): string => `${type} as ${severityName(severity)}`;

const ofDetection = (name: string, old?: Detection, now?: Detection): readonly PolicyChange[] => {
  if (!now) return [{ kind: 'lost', text: `the detection ${name} is gone` }];
  if (!old) return [{ kind: 'gained', text: `the detection ${name} is new: it raises ${raisedText(now)}` }];
  const [was, is] = [raisedText(old), raisedText(now)];
  const [before, after] = [spanText(old.coolDown), spanText(now.coolDown)];
  const [then, late] = [spanText(old.lateWithin), spanText(now.lateWithin)];
  return [
    ...(conditionText(old) === conditionText(now) ? [] : [doubtful(`the detection ${name} looks for something else`)]),
    ...(was === is ? [] : [doubtful(`the detection ${name} raises ${is}, not ${was}`)]),
    ...(before === after ? [] : [changed(`the detection ${name} rests for ${after}, not ${before}`)]),
    ...(then === late ? [] : [changed(`the detection ${name} waits for late alerts for ${late}, not ${then}`)]),
    ...(old.raise.message === now.raise.message ? [] : [changed(`the detection ${name} says something else`)]),
  ];
};

/** Parts that each have a name of their own, by it. */
export const named = <T extends { readonly name: string }>(list: readonly T[]): ReadonlyMap<string, T> =>
  new Map(list.map((each) => [each.name, each]));

const spans = (before: Policy, after: Policy): readonly PolicyChange[] =>
  [
    ['an incident is opened again within', before.reopenWithin, after.reopenWithin] as const,
    ['alerts are kept for', before.retention.maxAge, after.retention.maxAge] as const,
    ['what is over is kept for', before.retention.incidents, after.retention.incidents] as const,
    ['the audit is kept for', before.retention.audit, after.retention.audit] as const,
    ...worstFirst.map(
      (severity) =>
        [
          `the longest silence of ${severityName(severity)} is`,
          before.longestSilence.get(severity),
          after.longestSilence.get(severity),
        ] as const,
    ),
  ]
    .filter(([, old, now]) => old !== now)
    .map(([what, old, now]) => changed(`${what} ${spanText(now)}, not ${spanText(old)}`.replaceAll('never', 'ever')));

const holds = (before: Policy, after: Policy): readonly PolicyChange[] =>
  before.retention.hold === after.retention.hold
    ? []
    : [changed(after.retention.hold ? 'nothing is let go: there is a legal hold' : 'the legal hold is over')];

const ofTypes = (before: Policy, after: Policy): readonly PolicyChange[] => {
  const said = (policy: Policy, type: string): string =>
    JSON.stringify([policy.types.declared.get(type), policy.groupBy(type), policy.quietAfter(type)]);
  return compared(before.types.declared, after.types.declared, (type, old, now) => {
    if (!old) return [changed(`the type ${type} is new`)];
    if (!now) return [changed(`the type ${type} is no longer declared`)];
    return said(before, type) === said(after, type) ? [] : [changed(`the type ${type} is declared otherwise`)];
  });
};

/** What differs in all parts but the routes. */
export const differencesOfParts = (before: Policy, after: Policy): readonly PolicyChange[] => [
  ...worstFirst.flatMap((each) =>
    ofEscalation(severityName(each), before.escalations.get(each), after.escalations.get(each)),
  ),
  ...compared(named(before.inhibitions), named(after.inhibitions), ofHolding<Inhibition>('inhibition', inhibitionText)),
  ...compared(
    named(before.maintenance),
    named(after.maintenance),
    ofHolding<Maintenance>('maintenance', ({ when, window }) => JSON.stringify([when.source, window])),
  ),
  ...compared(named(before.detections), named(after.detections), ofDetection),
  ...compared(before.receivers, after.receivers, ofReceiver),
  ...compared(before.channels, after.channels, ofChannel),
  ...ofTypes(before, after),
  ...spans(before, after),
  ...holds(before, after),
];
