import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type Interceptor,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { AlertError } from '@therapytrain/alerts-core';
import type { AlertClientParts } from './parts.ts';
import type { AlertClientSettings } from './options.ts';

/** A connection to the gateway: made when it is first needed, and again by itself when it breaks. */
export interface Link {
  bidi(path: string): ClientDuplexStream<Buffer, Buffer>;
  stream(path: string, message: Buffer): ClientReadableStream<Buffer>;
  /** Rejects with the `ServiceError` of grpc-js. */
  unary(path: string, message: Buffer, deadline: Date): Promise<Buffer>;
  /**
   * Leaves the connection for a new one. For one that is silently dead: grpc-js itself would notice only after the
   * keepalive. Calls that are open on the old one go on.
   */
  renew(): void;
  /** The version that the gateway last said it has. */
  version(): string | undefined;
  close(): void;
}

const versionKey = 'alerts-version';
const sourceKey = 'alerts-source';
const authorizationKey = 'authorization';

const thisMachine = [
  /^(?:dns:(?:\/\/\/)?)?(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/,
  /^ipv4:127(?:\.\d{1,3}){3}(?::\d+)?$/,
  /^ipv6:\[::1\](?::\d+)?$/,
  /^unix(?:-abstract)?:/,
];

const tlsCredentials = ({ ca, cert, key }: NonNullable<AlertClientSettings['tls']>) => {
  if ((cert === undefined) !== (key === undefined)) {
    throw new AlertError('NOT_CONFIGURED', 'a certificate and its key are given together');
  }
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  try {
    return credentials.createSsl(pem(ca), pem(key?.reveal()), pem(cert));
  } catch {
    // What OpenSSL says of it may quote it.
    throw new AlertError(
      'NOT_CONFIGURED',
      'the certificate, its key or the authorities are not PEM that fits together',
    );
  }
};

const credentialsFor = ({ address, insecure, tls }: AlertClientSettings, given: AlertClientParts['credentials']) => {
  if (given) return given;
  if (tls) return tlsCredentials(tls);
  if (insecure || thisMachine.some((pattern) => pattern.test(address))) return credentials.createInsecure();
  throw new AlertError('NOT_CONFIGURED', 'the gateway is on another machine: give `tls`, or allow `insecure`');
};

const channelOptions = ({ keepaliveTime, keepaliveTimeout, tls }: AlertClientSettings) => ({
  ...(tls?.serverName !== undefined && {
    'grpc.ssl_target_name_override': tls.serverName,
    'grpc.default_authority': tls.serverName,
  }),
  'grpc.keepalive_time_ms': keepaliveTime,
  'grpc.keepalive_timeout_ms': keepaliveTimeout,
  'grpc.keepalive_permit_without_calls': 0,
  // Retries are ours: they know about request ids and the budget. So is the wait between attempts; the connection's own
  // only has to be shorter.
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Each link has a connection of its own, which `renew` can leave.
  'grpc.use_local_subchannel_pool': 1,
});

/** What every call says of its caller, made for each anew. */
const createCallMetadata = (
  { source, token }: AlertClientSettings,
  { token: renewed }: AlertClientParts,
): (() => Metadata) => {
  const metadata = new Metadata();
  if (source !== undefined) metadata.set(sourceKey, source);
  return () => {
    const said = metadata.clone();
    const text = renewed ? renewed() : token?.reveal();
    if (text !== undefined) said.set(authorizationKey, `Bearer ${text}`);
    return said;
  };
};

const identity = (bytes: Buffer): Buffer => bytes;

/** Makes a link. Nothing is connected yet. Throws `NOT_CONFIGURED` if it would send alerts over a network in the clear. */
export const createLink = (settings: AlertClientSettings, parts: AlertClientParts): Link => {
  const secured = credentialsFor(settings, parts.credentials);
  const interceptors: Interceptor[] = [...(parts.interceptors ?? [])];
  const connect = (): Client => new Client(settings.address, secured, { ...channelOptions(settings), interceptors });
  const metadata = createCallMetadata(settings, parts);
  let client: Client | undefined;
  let version: string | undefined;
  const connected = (): Client => (client ??= connect());
  const greeted = (greeting: Metadata): void => {
    const [said] = greeting.get(versionKey);
    if (typeof said === 'string') version = said;
  };
  return {
    bidi: (path) => connected().makeBidiStreamRequest(path, identity, identity, metadata()),
    stream: (path, message) =>
      connected().makeServerStreamRequest(path, identity, identity, message, metadata()).on('metadata', greeted),
    unary: (path, message, deadline) =>
      new Promise((resolve, reject) => {
        const options: CallOptions = { deadline };
        const done = (error: ServiceError | null, answer?: Buffer): void =>
          error ? reject(error) : resolve(answer ?? Buffer.alloc(0));
        connected()
          .makeUnaryRequest(path, identity, identity, message, metadata(), options, done)
          .on('metadata', greeted);
      }),
    renew: () => {
      client?.close();
      client = undefined;
    },
    version: () => version,
    close: () => {
      client?.close();
      client = undefined;
    },
  };
};
