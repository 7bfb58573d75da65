import { hash } from 'node:crypto';
import {
  AlertSeverity,
  type AlertSeverityName,
  type AlertTypeDefinition,
  canonicalJson,
  compileExpression,
  createAlertTypes,
  type MetadataValue,
  Sensitivity,
} from '@therapytrain/alerts-core';
import { createDetection, raisedTypes } from './detection.ts';
import type { ChannelSettings, Escalation, Policy, Route } from './policy.ts';
import { createResponses, type ResolvedResponders } from './playbook-create.ts';
import { policySchema, type PolicySettings, type RouteSettings } from './schema.ts';
import { responseTypes } from '../stages/response-alerts.ts';
import { createWindow } from './window.ts';

type TypeSettings = PolicySettings['types'][string];

const definition = ({ title, default_severity: severity, metadata }: TypeSettings): AlertTypeDefinition => ({
  title,
  defaultSeverity: severity && AlertSeverity[severity],
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([key, { sensitivity, ...rest }]) => [
      key,
      { ...rest, sensitivity: Sensitivity[sensitivity] },
    ]),
  ),
});

/** What a route without a word of its own takes from the one above. */
type Inherited = Pick<Route, 'receivers' | 'firstNotifyAfter' | 'batchUpdatesEvery' | 'remindEvery'>;

const atTheTop: Inherited = {
  receivers: [],
  firstNotifyAfter: 0,
  batchUpdatesEvery: 5 * 60_000,
  remindEvery: undefined,
};

const reminding = ({ remind_every: own }: RouteSettings, above: Inherited): number | undefined => {
  if (own === 'never') return undefined;
  return own ?? above.remindEvery;
};

const routesOf = (settings: readonly RouteSettings[], above: Inherited, path: readonly string[]): readonly Route[] =>
  settings.map((each, index) => {
    const own: Inherited = {
      receivers: each.receivers ?? above.receivers,
      firstNotifyAfter: each.first_notify_after ?? above.firstNotifyAfter,
      batchUpdatesEvery: each.batch_updates_every ?? above.batchUpdatesEvery,
      remindEvery: reminding(each, above),
    };
    const at = [...path, each.name ?? `#${index + 1}`];
    return {
      ...own,
      name: at.join('/'),
      when: each.when === undefined ? undefined : compileExpression(each.when),
      continues: each.continue,
      routes: routesOf(each.routes ?? [], own, at),
    };
  });

const bySeverity = <T, R>(
  of: Readonly<Partial<Record<AlertSeverityName, T | undefined>>>,
  make: (entry: NonNullable<T>) => R,
): ReadonlyMap<AlertSeverity, R> =>
  new Map(
    (Object.keys(AlertSeverity) as AlertSeverityName[]).flatMap((name) => {
      const entry = of[name];
      return entry === undefined || entry === null ? [] : [[AlertSeverity[name], make(entry)] as const];
    }),
  );

/** The options of channels by name, with a `Secret` in the place of each reference. */
export type ResolvedOptions = ReadonlyMap<string, ChannelSettings['options']>;

const channelsOf = (settings: PolicySettings['channels'], resolved: ResolvedOptions): Policy['channels'] =>
  new Map(
    Object.entries(settings).map(([name, { kind, concurrency, limit, canary_every: canaryEvery, ...options }]) => [
      name,
      {
        ...{ name, kind, concurrency, options: resolved.get(name) ?? options },
        ...(limit && {
          limit: { perMinute: limit.per_minute, burst: limit.burst, digestEvery: limit.digest_every },
        }),
        ...(canaryEvery !== undefined && { canaryEvery }),
      },
    ]),
  );

type EscalationSettings = NonNullable<PolicySettings['escalations']['HIGH']>;

// One that would have to come before its incident is none.
const remindBefore = ({ remind_before: own, acknowledge_within: within }: EscalationSettings): number | undefined => {
  const before = own ?? Math.floor(within / 5);
  return before === 'never' || before >= within ? undefined : before;
};

const escalationOf = (settings: EscalationSettings): Escalation => ({
  acknowledgeWithin: settings.acknowledge_within,
  remindBefore: remindBefore(settings),
  receivers: settings.receivers,
  repeats: settings.repeats,
});

const tellingOf = ({ routes, receivers, channels, escalations }: PolicySettings, resolved: ResolvedOptions) => ({
  routes: routesOf(routes, atTheTop, []),
  receivers: new Map(Object.entries(receivers).map(([name, each]) => [name, { name, ...each }])),
  channels: channelsOf(channels, resolved),
  escalations: bySeverity(escalations, escalationOf),
});

const holdingOf = ({ inhibitions, maintenance, longest_silence: longest }: PolicySettings) => ({
  inhibitions: inhibitions.map(({ name, source, target, equal }) => ({
    name,
    source: compileExpression(source),
    target: compileExpression(target),
    equal,
  })),
  maintenance: maintenance.map(({ name, when, ...window }) => ({
    name,
    when: compileExpression(when),
    window,
    covers: createWindow(window),
  })),
  longestSilence: bySeverity(longest, (span) => span),
});

/**
 * Builds what the stages ask from a policy that keeps its schema. Nothing is left to refuse here, but that a policy with
 * responders needs their kinds: see {@link createResponses}. A channel or a responder without resolved options has them as
 * they are written.
 */
export const createPolicy = (
  settings: PolicySettings,
  resolved: ResolvedOptions = new Map(),
  responders: ResolvedResponders = { kinds: new Map() },
): Policy => {
  const types = new Map(Object.entries(settings.types));
  const declared = Object.fromEntries([...types].map(([name, each]) => [name, definition(each)]));
  const detections = settings.detections.map(createDetection);
  return {
    version: hash('sha256', canonicalJson(settings as unknown as MetadataValue), 'hex').slice(0, 12),
    types: createAlertTypes({
      ...(settings.playbooks.length > 0 && responseTypes),
      ...declared,
      ...raisedTypes(detections, createAlertTypes(declared)),
    }),
    groupBy: (type) => types.get(type)?.group_by,
    quietAfter: (type) => types.get(type)?.quiet_after,
    ownerOf: (type) => types.get(type)?.owner,
    runbookOf: (type) => types.get(type)?.runbook,
    reopenWithin: settings.reopen_within,
    ...tellingOf(settings, resolved),
    ...holdingOf(settings),
    incidentLink: settings.incident_link,
    retention: {
      maxAge: settings.retention.max_age,
      maxBytes: settings.retention.max_size,
      incidents: settings.retention.incidents,
      audit: settings.retention.audit,
      hold: settings.retention.legal_hold,
    },
    detections,
    ...createResponses(settings, responders),
  };
};

/** The policy of a deployment that has none: the built-in types, no routes, and every alert kept. */
export const defaultPolicy: Policy = createPolicy(policySchema.parse({}));
