import { DeliveryServiceService, IncidentServiceService, SilenceServiceService } from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, type Clock, type Ids } from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';
import { createDeliveryHandles } from './deliveries.ts';
import type { Desk } from '@therapytrain/alerts-manager';
import { inContractNames } from './fields.ts';
import { createIncidentHandles } from './incidents.ts';
import { createSilenceHandles } from './silences.ts';
import { createRpcService, type RpcService, type ServiceParts, type Stream } from './service.ts';
import type { Asker, Handle } from './unary.ts';

/** What the services that ask the desk are made of. */
export interface DeskRpcParts extends ServiceParts {
  /** Undefined in a gateway that keeps alerts only. */
  readonly desk: Desk | undefined;
  readonly log: AlertLog;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly ids: Ids;
  /** `StreamIncidents`. */
  readonly streamIncidents: Stream;
}

/** Answers one message of a caller by asking the desk. */
export type DeskHandle = (desk: Desk, message: Buffer, source: string, asker: Asker) => Promise<Buffer>;

/** One of them for each method of a service. */
export type DeskHandles<Server> = { readonly [Method in Exclude<keyof Server, `stream${string}`>]: DeskHandle };

// The desk names the parts of its commands; the contract has names of its own for some of them.
const contractNames: Readonly<Record<string, string>> = {
  incident: 'incidentId',
  silence: 'silenceId',
  request: 'requestId',
  version: 'etag',
  from: 'startsAt',
  until: 'endsAt',
  ids: 'deliveryIds',
};

/** What is answered where there is nothing that plans. */
export const notPlanning = (): AlertError =>
  new AlertError('NOT_CONFIGURED', 'this gateway keeps alerts only: it plans nothing', {
    facts: { needs: 'planning' },
  });

/** Makes a handle of one that needs the desk. Without one it answers `NOT_CONFIGURED`. */
export const askingDesk =
  (desk: Desk | undefined, handle: DeskHandle): Handle =>
  async (message, source, asker) => {
    if (!desk) throw notPlanning();
    try {
      return await handle(desk, message, source, asker);
    } catch (error) {
      throw inContractNames(error, contractNames);
    }
  };

const serviceOf = (
  definition: Parameters<typeof createRpcService>[0],
  handles: DeskHandles<unknown>,
  parts: DeskRpcParts,
  streams?: Parameters<typeof createRpcService>[3],
): RpcService => {
  const byMethod: Readonly<Record<string, DeskHandle>> = handles;
  const handleOf = (name: string): Handle | undefined => byMethod[name] && askingDesk(parts.desk, byMethod[name]);
  return createRpcService(definition, handleOf, parts, streams);
};

/** Ties `IncidentService`, `SilenceService` and `DeliveryService` to the desk. */
export const createDeskRpc = (parts: DeskRpcParts): readonly RpcService[] => [
  serviceOf(IncidentServiceService, createIncidentHandles(parts), parts, {
    streamIncidents: parts.streamIncidents,
  }),
  serviceOf(SilenceServiceService, createSilenceHandles(parts), parts),
  serviceOf(DeliveryServiceService, createDeliveryHandles(parts), parts),
];
