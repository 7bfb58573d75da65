import type { Ids } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { createAuditCalls } from './audit.ts';
import { accounting, createDeliveryCalls } from './deliveries.ts';
import { explain } from './explain.ts';
import { createIdentityCalls } from './identity.ts';
import { createIncidentCalls } from './incidents.ts';
import { createSilenceCalls } from './silences.ts';
import { createPolicyCalls } from './policy.ts';
import { gatewayStatus } from './status.ts';
import { createKillSwitchCalls, createResponseCalls } from '../decisions/calls.ts';
import type { DeskCalls, IncidentCalls } from './types.ts';

/** What people ask of a gateway that plans. Changes get an id each, so that they may be asked for again. */
export const createDeskCalls = (
  ask: Ask,
  ids: Ids,
  stream: IncidentCalls['stream'],
  decisions: DeskCalls['decisions'],
): DeskCalls => ({
  incidents: { ...createIncidentCalls(ask, ids), stream },
  silences: createSilenceCalls(ask, ids),
  deliveries: createDeliveryCalls(ask, ids),
  policy: createPolicyCalls(ask, ids),
  responses: createResponseCalls(ask, ids),
  killSwitch: createKillSwitchCalls(ask, ids),
  decisions,
  identity: createIdentityCalls(ask, ids),
  audit: createAuditCalls(ask, ids),
  accounting: () => accounting(ask),
  status: () => gatewayStatus(ask),
  explain: (what) => explain(ask, what),
});
