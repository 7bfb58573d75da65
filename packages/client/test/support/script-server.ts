import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import {
  AlertServiceService,
  DeliveryServiceService,
  IncidentServiceService,
  SilenceServiceService,
} from '@therapytrain/alerts-api';
import { AlertError } from '@therapytrain/alerts-core';
import { callError } from './status.ts';

/** A call that arrived: the method's name, and its request as bytes. */
export interface Arrival {
  readonly method: string;
  readonly request: Buffer;
}

/** A server of the services that answer once, which says what it is told to say. */
export interface ScriptServer {
  readonly address: string;
  readonly arrived: readonly Arrival[];
  stop(): void;
}

const bytes = (buffer: Buffer): Buffer => buffer;

/** Starts one. `answer` is given each call. */
export const startScriptServer = async (
  answer: (method: string, request: Buffer) => Uint8Array | AlertError,
): Promise<ScriptServer> => {
  const server = new Server();
  const arrived: Arrival[] = [];
  const services = [
    IncidentServiceService,
    SilenceServiceService,
    DeliveryServiceService,
    { explainAlert: AlertServiceService.explainAlert },
  ];
  for (const service of services) {
    const methods = Object.entries(service);
    const handler =
      (method: string): handleUnaryCall<Buffer, Buffer> =>
      ({ request }, callback) => {
        arrived.push({ method, request });
        const said = answer(method, request);
        if (said instanceof AlertError) callback(callError(said));
        else callback(null, Buffer.from(said));
      };
    server.addService(
      Object.fromEntries(
        methods.map(([name, { path }]) => [
          name,
          {
            path,
            requestStream: false,
            responseStream: false,
            requestSerialize: bytes,
            requestDeserialize: bytes,
            responseSerialize: bytes,
            responseDeserialize: bytes,
          },
        ]),
      ),
      Object.fromEntries(methods.map(([name]) => [name, handler(name)])),
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, arrived, stop: () => server.forceShutdown() };
};
