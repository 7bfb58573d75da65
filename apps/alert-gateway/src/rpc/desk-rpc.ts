import type { handleServerStreamingCall, MethodDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { DeliveryServiceService, IncidentServiceService, SilenceServiceService } from '@therapytrain/alerts-api';
import { AlertError, type AlertLog, type Clock, fieldError, type Ids } from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';
import type { ObserveHandlers } from './alert-rpc.ts';
import { createDeliveryHandles } from './deliveries.ts';
import type { Desk } from '@therapytrain/alerts-manager';
import { createIncidentHandles } from './incidents.ts';
import { createSilenceHandles } from './silences.ts';
import { type Asker, bytesOnly, type Handle, type Unary } from './unary.ts';

/** What the services that ask the desk are made of. */
export interface DeskRpcParts {
  /** Undefined in a gateway that keeps alerts only. */
  readonly desk: Desk | undefined;
  readonly log: AlertLog;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
  /** `StreamIncidents`, in its span and metrics. */
  readonly streamIncidents: handleServerStreamingCall<Buffer, Buffer>;
}

/** Answers one message of a caller by asking the desk. */
export type DeskHandle = (desk: Desk, message: Buffer, source: string, asker: Asker) => Promise<Buffer>;

/** One of them for each method of a service. */
export type DeskHandles<Server> = { readonly [Method in Exclude<keyof Server, `stream${string}`>]: DeskHandle };

/** A service as grpc-js takes it. */
export interface RpcService {
  readonly definition: Readonly<Record<string, MethodDefinition<Buffer, Buffer>>>;
  readonly handlers: UntypedServiceImplementation;
}

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

const inContractNames = (error: unknown): unknown => {
  if (!(error instanceof AlertError) || error.code !== 'FIELD_INVALID') return error;
  return fieldError(error.violations.map(({ field, rule }) => ({ field: contractNames[field] ?? field, rule })));
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
      throw inContractNames(error);
    }
  };

/** Of `/package.Service/Method`. */
export const fullName = (path: string): readonly [service: string, method: string] => {
  const [, service = '', method = ''] = path.split('/');
  return [service, method];
};

type Definition = Readonly<Record<string, Parameters<typeof bytesOnly>[0]>>;

type Streams = Readonly<Record<string, handleServerStreamingCall<Buffer, Buffer>>>;

const serviceOf = (
  definition: Definition,
  handles: DeskHandles<unknown>,
  parts: DeskRpcParts,
  streams: Streams = {},
): RpcService => {
  const { desk, unary, observe } = parts;
  const byMethod: Readonly<Record<string, DeskHandle>> = handles;
  const handlers = Object.entries(definition).map(([name, { path }]) => {
    if (streams[name]) return [name, streams[name]] as const;
    const handle = byMethod[name];
    if (!handle) throw new Error(`there is no handler of ${path}`);
    const [service, method] = fullName(path);
    return [name, observe(service).unary(method, unary(askingDesk(desk, handle), true))] as const;
  });
  return {
    definition: Object.fromEntries(Object.entries(definition).map(([name, each]) => [name, bytesOnly(each)])),
    handlers: Object.fromEntries(handlers),
  };
};

/** Ties `IncidentService`, `SilenceService` and `DeliveryService` to the desk. */
export const createDeskRpc = (parts: DeskRpcParts): readonly RpcService[] => [
  serviceOf(IncidentServiceService, createIncidentHandles(parts), parts, {
    streamIncidents: parts.streamIncidents,
  }),
  serviceOf(SilenceServiceService, createSilenceHandles(parts), parts),
  serviceOf(DeliveryServiceService, createDeliveryHandles(parts), parts),
];
