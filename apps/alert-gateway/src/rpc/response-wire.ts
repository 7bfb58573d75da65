import {
  Enforcer as WireEnforcer,
  KillSwitch as WireKillSwitch,
  Response as WireResponse,
} from '@therapytrain/alerts-api';
import {
  type Cursor,
  decisionKindNames,
  type Enforcer,
  type Response,
  responseModes,
  responseStateNames,
} from '@therapytrain/alerts-core';
import { targetKinds } from '@therapytrain/alerts-core/responder';
import type { KillSwitch } from '@therapytrain/alerts-manager';
import { durationOf } from '../stream/duration.ts';
import { dateOf, numberOf, optionalDate } from './desk-wire.ts';

/** How many services enforce a decision, of those that enforce its kind. */
export interface Enforced {
  readonly enforcing: number;
  readonly of: number;
}

const argsOf = (args: Response['args']): Record<string, string> =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, JSON.stringify(value)]));

/** A response as `therapytrain.alerts.v1.Response`. */
export const encodeResponse = (response: Response, enforced?: Enforced): Uint8Array => {
  const { target, span } = response;
  return WireResponse.encode({
    id: response.id,
    version: BigInt(response.version),
    state: numberOf(responseStateNames, response.state),
    mode: numberOf(responseModes, response.mode),
    playbook: response.playbook,
    step: response.step,
    responder: response.responder,
    target: { kind: numberOf(targetKinds, target.kind), value: target.value, resource: target.resource },
    args: argsOf(response.args),
    severity: response.severity,
    incidentId: response.incident,
    alertSource: response.source,
    summary: response.summary,
    reason: response.reason,
    createdAt: dateOf(response.createdAt),
    updatedAt: dateOf(response.updatedAt),
    length: span === 0 ? undefined : durationOf(span),
    startsAt: optionalDate(response.from),
    endsAt: optionalDate(response.until),
    approvers: response.approvers,
    approvals: response.approvals.map(({ by, at }) => ({ by, at: dateOf(at) })),
    handledBy: response.by,
    extensions: response.extensions,
    policyVersion: response.policy,
    enforcing: enforced?.enforcing ?? 0,
    enforcers: enforced?.of ?? 0,
  }).finish();
};

/** The kill switch as `therapytrain.alerts.v1.KillSwitch`. */
export const encodeKillSwitch = ({ on, by, reason, at }: KillSwitch): Uint8Array =>
  WireKillSwitch.encode({ on, by, reason, at: by === '' ? undefined : dateOf(at) }).finish();

/** An enforcer as `therapytrain.alerts.v1.Enforcer`; `newest` is the place of the newest change of all. */
export const encodeEnforcer = ({ name, kinds, cursor, at }: Enforcer, newest: Cursor): Uint8Array =>
  WireEnforcer.encode({
    name,
    kinds: kinds.map((kind) => numberOf(decisionKindNames, kind)),
    acknowledgedAt: dateOf(at),
    isCurrent: cursor >= newest,
  }).finish();
