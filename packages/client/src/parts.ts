import type { ChannelCredentials, Interceptor } from '@grpc/grpc-js';
import type { AlertDraft, AlertError, Clock, Ids, Random } from '@therapytrain/alerts-core';

/** A report that was in the spool. */
export interface SpooledReport {
  readonly requestId: string;
  /** What it said. */
  readonly draft: AlertDraft;
}

/** What a client is made of, beside its options; all of it is optional. */
export interface AlertClientParts {
  /** How to secure the connection. Without, it is not encrypted, and goes to this machine only. */
  readonly credentials?: ChannelCredentials;
  /** Asked for the token of each call, in place of the option: for one that is renewed while the process runs. */
  readonly token?: () => string;
  /** Get between the client and the connection: telemetry, say. The first is the outermost. */
  readonly interceptors?: readonly Interceptor[];
  /**
   * The W3C `traceparent` of what the process is doing, which a report gets that names none; empty if there is none.
   * Reports share a stream, so the call they go with says nothing of where they come from.
   */
  readonly traceParent?: () => string;
  /** Told of a report that had to leave a full spool for a more severe one. */
  readonly onDropped?: (report: SpooledReport) => void;
  /** Told of a report from the spool that the gateway refused for good, and why. */
  readonly onRefused?: (report: SpooledReport, error: AlertError) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly ids?: Ids;
}
