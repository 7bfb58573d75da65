import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { AlertError } from '@therapytrain/alerts-core';
import { HealthImplementation } from 'grpc-health-check';
import { statusOf } from './status.ts';

/** The names that `grpc.health.v1` answers for: the whole gateway, and each service. */
const services = [
  '',
  ...[
    'AlertService',
    'IncidentService',
    'SilenceService',
    'DeliveryService',
    'PolicyService',
    'GatewayService',
    'ResponseService',
    'IdentityService',
    'AuditService',
  ].map((name) => `therapytrain.alerts.v1.${name}`),
];

/** What is not well while the audit log is not: the gateway as a whole, but not what keeps alerts. */
const audited: readonly string[] = ['', 'therapytrain.alerts.v1.AuditService'];

/** Whether the gateway should be sent work. */
export interface HealthBoard {
  set(ready: boolean): void;
  /** Whether the audit log is well. While it is not, the gateway as a whole is not, and `AlertService` is. */
  audit(well: boolean): void;
  /** Ends the watches: they would stay open, and keep the server from ending, for as long as there are watchers. */
  endWatches(): void;
}

type Watch = ServerWritableStream<unknown, unknown>;

// The implementation adds itself to a server; on its way there, `check` is made to greet the caller first, and `watch`
// to be known to us.
const between = (server: Server, greet: () => Metadata, watches: Set<Watch>): Server => {
  const addService = (definition: ServiceDefinition, handlers: UntypedServiceImplementation): void => {
    const check = handlers['check'] as handleUnaryCall<unknown, unknown>;
    const watch = handlers['watch'] as handleServerStreamingCall<unknown, unknown>;
    const greeted: handleUnaryCall<unknown, unknown> = (call, callback) => {
      call.sendMetadata(greet());
      check(call, callback);
    };
    const known: handleServerStreamingCall<unknown, unknown> = (call) => {
      watches.add(call);
      call.on('cancelled', () => watches.delete(call));
      watch(call);
    };
    server.addService(definition, { ...handlers, check: greeted, watch: known });
  };
  return { addService } as Pick<Server, 'addService'> as Server;
};

/**
 * Adds `grpc.health.v1.Health` (Check, Watch, List) to the server. Not ready until told so. The answer to Check says in
 * its initial metadata what `greet` makes.
 */
export const addHealth = (server: Server, greet: () => Metadata): HealthBoard => {
  const health = new HealthImplementation(Object.fromEntries(services.map((name) => [name, 'NOT_SERVING' as const])));
  const watches = new Set<Watch>();
  health.addToServer(between(server, greet, watches));
  let [isReady, isAudited] = [false, true];
  const show = (): void => {
    for (const name of services) {
      const serves = isReady && (isAudited || !audited.includes(name));
      health.setStatus(name, serves ? 'SERVING' : 'NOT_SERVING');
    }
  };
  return {
    set: (ready) => {
      isReady = ready;
      show();
    },
    audit: (well) => {
      if (well === isAudited) return;
      isAudited = well;
      show();
    },
    endWatches: () => {
      for (const watch of watches) {
        watch.emit(
          'error',
          Object.assign(new Error(), statusOf(new AlertError('DRAINING', 'the gateway is stopping'))),
        );
      }
    },
  };
};
