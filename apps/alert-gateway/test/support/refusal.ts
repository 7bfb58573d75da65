import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@therapytrain/alerts-api';

/** An error as a caller sees it, with its rich part decoded. */
export interface Refusal {
  readonly code: keyof typeof status;
  readonly message: string;
  /** Of the `ErrorInfo`; undefined where the error has none. */
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
  /** Of the `BadRequest`: field and rule. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of the `RetryInfo`, in milliseconds. */
  readonly retryAfter: number | undefined;
  readonly trailers: Metadata | undefined;
}

/** What became of a call. */
export type Answer<T> =
  { readonly response: T; readonly refusal?: never } | { readonly refusal: Refusal; readonly response?: never };

const detailsKey = 'grpc-status-details-bin';
const typeName = (url: string): string => url.slice(url.lastIndexOf('.') + 1);

const detailsOf = ({ details }: Status): Pick<Refusal, 'reason' | 'domain' | 'facts' | 'fields' | 'retryAfter'> => {
  const found = new Map(details.map(({ typeUrl, value }) => [typeName(typeUrl), value]));
  if (found.size !== details.length) throw new Error('a kind of detail stands twice');
  const info = found.get('ErrorInfo');
  const bad = found.get('BadRequest');
  const retry = found.get('RetryInfo');
  const { reason, domain, metadata } = info
    ? ErrorInfo.decode(info)
    : { reason: undefined, domain: undefined, metadata: {} };
  const delay = retry && RetryInfo.decode(retry).retryDelay;
  if (delay && (delay.nanos < 0 || delay.nanos > 999_999_999))
    throw new Error('no google.protobuf.Duration has such nanos');
  return {
    reason,
    domain,
    facts: metadata,
    fields: Object.fromEntries(
      (bad ? BadRequest.decode(bad).fieldViolations : []).map(({ field, description }) => [field, description]),
    ),
    retryAfter: delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6,
  };
};

const nameOf = (code: number): keyof typeof status => status[code] as keyof typeof status;

/** A `google.rpc.Status`, from a batch's results. */
export const refusalOf = (error: Status, trailers?: Metadata): Refusal => ({
  code: nameOf(error.code),
  message: error.message,
  ...detailsOf(error),
  trailers,
});

/** The error of a call. Fails where the status of the trailers is not that of the call. */
export const callRefusal = (error: ServiceError): Refusal => {
  const [bytes] = error.metadata.get(detailsKey);
  if (!Buffer.isBuffer(bytes)) {
    return { ...refusalOf({ code: error.code, message: error.details, details: [] }, error.metadata) };
  }
  const rich = Status.decode(bytes);
  if (rich.code !== error.code || rich.message !== error.details) throw new Error('the two statuses differ');
  return refusalOf(rich, error.metadata);
};

/** Makes a promise of grpc-js's callback. */
export const answerOf = <T>(
  call: (done: (error: ServiceError | null, response?: T) => void) => void,
): Promise<Answer<T>> =>
  new Promise((resolve, reject) => {
    call((error, response) => {
      try {
        if (error) resolve({ refusal: callRefusal(error) });
        else if (response === undefined) reject(new Error('no response'));
        else resolve({ response });
      } catch (thrown) {
        reject(thrown);
      }
    });
  });

/** Everything of a refusal that a caller, or who reads its logs, could see; binary trailers as they are. */
export const seenBy = ({ message, reason, facts, fields, trailers }: Refusal): string =>
  [
    message,
    reason,
    JSON.stringify([facts, fields]),
    ...Object.entries(trailers?.getMap() ?? {}).map(([key, value]) => `${key}: ${value.toString()}`),
  ].join('\n');
