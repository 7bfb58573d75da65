import type { MethodDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ObserveHandlers } from './alert-rpc.ts';
import { bytesOnly, type Handle, type Unary } from './unary.ts';

/** A service as grpc-js takes it. */
export interface RpcService {
  readonly definition: Readonly<Record<string, MethodDefinition<Buffer, Buffer>>>;
  readonly handlers: UntypedServiceImplementation;
}

/** What the methods of a service are bound with. */
export interface ServiceParts {
  readonly unary: Unary;
  /** Wraps the handlers of a service in their spans and metrics. */
  readonly observe: (service: string) => ObserveHandlers;
}

type Definition = Readonly<Record<string, Parameters<typeof bytesOnly>[0]>>;

/** A handler of a stream, before it is observed. */
export type Stream = Parameters<ObserveHandlers['stream']>[1];

// Of `/package.Service/Method`.
const fullName = (path: string): readonly [service: string, method: string] => {
  const [, service = '', method = ''] = path.split('/');
  return [service, method];
};

/**
 * Ties each method of a service of the contract to what answers it, in its span and metrics. `handleOf` gives the handle of
 * a method that is answered once, by its name in lower camel case; `streams` has those that are streams. Throws for a method
 * that neither answers.
 */
export const createRpcService = (
  definition: Definition,
  handleOf: (name: string) => Handle | undefined,
  { unary, observe }: ServiceParts,
  streams: Readonly<Record<string, Stream>> = {},
): RpcService => {
  const methods = Object.entries(definition);
  const handlers = methods.map(([name, { path }]) => {
    const [service, method] = fullName(path);
    const stream = streams[name];
    if (stream) return [name, observe(service).stream(method, stream)] as const;
    const handle = handleOf(name);
    if (!handle) throw new Error(`there is no handler of ${path}`);
    return [name, observe(service).unary(method, unary(handle, true))] as const;
  });
  return {
    definition: Object.fromEntries(methods.map(([name, each]) => [name, bytesOnly(each)])),
    handlers: Object.fromEntries(handlers),
  };
};
