import type { Ids } from '@therapytrain/alerts-core';
import type { Ask } from '../calls.ts';
import { accounting, createDeliveryCalls } from './deliveries.ts';
import { explain } from './explain.ts';
import { createIncidentCalls } from './incidents.ts';
import { createSilenceCalls } from './silences.ts';
import type { DeskCalls } from './types.ts';

/** What people ask of a gateway that plans. Changes get an id each, so that they may be asked for again. */
export const createDeskCalls = (ask: Ask, ids: Ids): DeskCalls => ({
  incidents: createIncidentCalls(ask, ids),
  silences: createSilenceCalls(ask, ids),
  deliveries: createDeliveryCalls(ask, ids),
  accounting: () => accounting(ask),
  explain: (what) => explain(ask, what),
});
