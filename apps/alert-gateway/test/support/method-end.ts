import { type Client, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { callRefusal } from './refusal.ts';

/** How a call ended. */
export interface MethodEnd {
  readonly code: status;
  /** Of its `ErrorInfo`. */
  readonly facts: Readonly<Record<string, string>>;
}

const identity = (bytes: Buffer): Buffer => bytes;
const streams = new Set(['StreamAlerts', 'StreamIncidents']);

/**
 * Calls a method by its path with an empty message and says how it ended. A stream that is open after a while counts as
 * let in.
 */
export const endOf = (
  client: Client,
  path: string,
  metadata: Metadata,
  message = Buffer.alloc(0),
): Promise<MethodEnd> =>
  new Promise((resolve) => {
    const ended = (error: ServiceError | null): void => {
      if (!error) return resolve({ code: status.OK, facts: {} });
      const facts = error.metadata.get('grpc-status-details-bin').length > 0 ? callRefusal(error).facts : {};
      resolve({ code: error.code, facts });
    };
    const name = path.split('/').at(-1) ?? '';
    const deadline = Date.now() + 10_000;
    if (name === 'ReportAlerts') {
      const call = client.makeBidiStreamRequest(path, identity, identity, metadata, { deadline });
      call.on('error', (error: ServiceError) => ended(error));
      call.on('status', ({ code }: { code: status }) => code === status.OK && ended(null));
      call.resume();
      call.end();
    } else if (streams.has(name)) {
      const call = client.makeServerStreamRequest(path, identity, identity, message, metadata, { deadline });
      const open = setTimeout(() => {
        ended(null);
        call.cancel();
      }, 300);
      call.on('error', (error: ServiceError) => {
        clearTimeout(open);
        ended(error);
      });
      call.resume();
    } else client.makeUnaryRequest(path, identity, identity, message, metadata, { deadline }, ended);
  });
