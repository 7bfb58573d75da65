import { Metadata, type MethodDefinition, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { AlertServiceService } from '@therapytrain/alerts-api';
import { eventBody, receiptBody, receiptsBody } from '../payload.ts';
import { endWithBench, settingsOf, tell } from './script.ts';

/** How the bare server answers. */
export interface BareSettings {
  /** How many alerts a batch holds. */
  readonly batch: number;
  /** Decodes what it gets with the generated codec, as a server without a look at the bytes does. */
  readonly decode?: boolean;
  /** Speaks TLS with this certificate, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const identity = (bytes: Buffer): Buffer => bytes;

const { batch, decode = false, tls } = settingsOf<BareSettings>();

const bytesOnly = ({ path, requestStream, responseStream, requestDeserialize }: MethodDefinition<never, never>) => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: identity,
  requestDeserialize: decode ? (requestDeserialize as (bytes: Buffer) => never) : identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

const receipt = receiptBody();
const receipts = receiptsBody(batch);
const event = eventBody();
const subscribers = new Set<ServerWritableStream<Buffer, Buffer>>();

const server = new Server();
const { reportAlert, reportAlerts, streamAlerts } = AlertServiceService;
server.addService(
  {
    reportAlert: bytesOnly(reportAlert as never),
    reportAlerts: bytesOnly(reportAlerts as never),
    streamAlerts: bytesOnly(streamAlerts as never),
  },
  {
    reportAlert: (_call: unknown, callback: (error: null, answer: Buffer) => void) => callback(null, receipt),
    // One event for each alert of the batch, encoded long before, to whoever subscribes.
    reportAlerts: (call: NodeJS.ReadWriteStream) => {
      call.on('data', () => {
        for (let each = 0; each < batch && subscribers.size > 0; each++) {
          for (const subscriber of subscribers) subscriber.write(event);
        }
        call.write(receipts);
      });
      call.on('end', () => call.end());
    },
    streamAlerts: (call: ServerWritableStream<Buffer, Buffer>) => {
      call.sendMetadata(new Metadata());
      subscribers.add(call);
      call.on('cancelled', () => subscribers.delete(call));
    },
  },
);

endWithBench();
const credentials = tls
  ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }])
  : ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) throw error;
  tell('ready', { address: `127.0.0.1:${port}` });
});
process.on('SIGTERM', () => process.exit(0));
