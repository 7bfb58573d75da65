import type {
  Enforcer as WireEnforcer,
  KillSwitch as WireKillSwitch,
  Response as WireResponse,
} from '@therapytrain/alerts-api';
import { decisionKindNames, responseModes, responseStateNames } from '@therapytrain/alerts-core';
import { targetKinds } from '@therapytrain/alerts-core/responder';
import { present } from '../desk/method.ts';
import { instantOf, nameOf, severityOf } from '../desk/wire.ts';
import { millisOf } from '../stream/following.ts';
import type { KillSwitchState, ListedEnforcer, ListedResponse } from './types.ts';

/** A response of the wire. */
export const readResponse = (wire: WireResponse | undefined): ListedResponse => {
  const response = present(wire);
  const { kind, value, resource } = present(response.target);
  return {
    id: response.id,
    version: Number(response.version),
    state: nameOf(responseStateNames, response.state),
    mode: nameOf(responseModes, response.mode),
    playbook: response.playbook,
    step: response.step,
    responder: response.responder,
    target: { kind: nameOf(targetKinds, kind), value, resource },
    args: response.args,
    severity: severityOf(response.severity),
    incident: response.incidentId,
    source: response.alertSource,
    summary: response.summary,
    reason: response.reason,
    createdAt: instantOf(response.createdAt),
    updatedAt: instantOf(response.updatedAt),
    span: millisOf(response.length),
    from: response.startsAt?.getTime(),
    until: response.endsAt?.getTime(),
    approvers: response.approvers,
    approvals: response.approvals.map(({ by, at }) => ({ by, at: instantOf(at) })),
    by: response.handledBy,
    extensions: response.extensions,
    policy: response.policyVersion,
    enforcing: response.enforcing,
    enforcers: response.enforcers,
  };
};

/** The kill switch of the wire. */
export const readKillSwitch = (wire: WireKillSwitch | undefined): KillSwitchState => {
  const { on, by, reason, at } = present(wire);
  return { on, by, reason, at: at?.getTime() };
};

/** An enforcer of the wire. */
export const readEnforcer = ({ name, kinds, acknowledgedAt, isCurrent }: WireEnforcer): ListedEnforcer => ({
  name,
  kinds: kinds.map((kind) => nameOf(decisionKindNames, kind)),
  at: instantOf(acknowledgedAt),
  isCurrent,
});
