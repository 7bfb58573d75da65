import {
  PolicyServiceService as methods,
  type PolicyChange as WireChange,
  type RefusedPolicy as WireRefused,
  ScriptedAlert as WireScripted,
  type SimulatedNotice as WireNotice,
  SimulatePolicyRequest,
} from '@therapytrain/alerts-api';
import { encodeReport, type Ids, joinFields, noticeEvents } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { askBy } from './method.ts';
import type {
  PolicyCalls,
  PolicyChange,
  RefusedPolicy,
  ScriptedAlert,
  SimulatedNotice,
  SimulationOptions,
} from './types.ts';
import { instantOf, nameOf, readIncident } from './wire.ts';

const kinds = ['lost', 'doubtful', 'gained', 'changed'] as const satisfies readonly PolicyChange['kind'][];

const readChanges = (changes: readonly WireChange[]): readonly PolicyChange[] =>
  changes.map(({ kind, text }) => ({ kind: nameOf(kinds, kind), text }));

/** An attempt that was refused, of the wire. */
export const readRefused = (wire: WireRefused | undefined): RefusedPolicy | undefined =>
  wire && {
    at: instantOf(wire.refusedAt),
    code: wire.reason,
    message: wire.message,
    faults: wire.faults,
    version: wire.version,
    changes: readChanges(wire.changes),
  };

const readNotices = (notices: readonly WireNotice[]): readonly SimulatedNotice[] =>
  notices.map(({ channel, event, dueAt }) => ({ channel, event: nameOf(noticeEvents, event), due: instantOf(dueAt) }));

// The alert by the strict codec, as everywhere.
const scripted = ({ draft, at }: ScriptedAlert): Buffer =>
  Buffer.concat([
    joinFields([[1, encodeReport(draft)]]),
    WireScripted.encode({ alert: undefined, at: at === undefined ? undefined : new Date(at) }).finish(),
  ]);

const simulation = {
  ...methods.simulatePolicy,
  requestSerialize: ({ alerts, text = '', until }: SimulationOptions): Buffer =>
    Buffer.concat([
      SimulatePolicyRequest.encode({
        text,
        alerts: [],
        until: until === undefined ? undefined : new Date(until),
      }).finish(),
      joinFields(alerts.map((each) => [2, scripted(each)] as const)),
    ]),
};

/** Asks `PolicyService`. */
export const createPolicyCalls = (ask: Ask, ids: Ids): PolicyCalls => ({
  get: async () => {
    const { version, loadedAt, file, text, refused } = await askBy(ask, methods.getPolicy, {});
    return { version, loadedAt: instantOf(loadedAt), file, text, refused: readRefused(refused) };
  },
  check: async (text) => {
    const { faults, lints, version, changes } = await askBy(ask, methods.checkPolicy, { text });
    return { faults, lints, version, changes: readChanges(changes) };
  },
  reload: async ({ requestId = ids.next(), expectedVersion = '', acceptLostCoverage = false, dryRun = false } = {}) => {
    const request = { requestId, expectedVersion, acceptLostCoverage, dryRun };
    const { version, previousVersion, changes, lints } = await askBy(ask, methods.reloadPolicy, request);
    return { version, previousVersion, changes: readChanges(changes), lints };
  },
  simulate: async (options) => {
    const { version, alerts, later } = await askBy(ask, simulation, options);
    return {
      version,
      alerts: alerts.map((each) => ({
        refused: each.refused,
        incident: each.incident && readIncident(each.incident),
        routes: each.routes,
        receivers: each.receivers,
        notices: readNotices(each.notices),
        suppressed: each.suppressedBy === '' ? undefined : { by: each.suppressedBy, rule: each.suppressedRule },
        detections: each.detections,
        responses: each.responses.map(({ playbook, responder, mode }) => ({ playbook, responder, mode })),
      })),
      later: later.map(({ at, why, incident, notices }) => ({
        at: instantOf(at),
        why,
        incident: readIncident(incident),
        notices: readNotices(notices),
      })),
    };
  },
});
