import type { Alert, AlertDraft, AlertError, Millis, MetadataValue, Receipt } from '@therapytrain/alerts-core';
import type { DeskCalls } from './desk/types.ts';

/** The gateway is away and the report is kept in the spool, on the disk of this machine; it goes out by itself. */
export interface Spooled {
  readonly spooled: true;
  /** Under which id the gateway will get it. */
  readonly requestId: string;
}

/** An alert of a stream. */
export interface StreamedAlert {
  readonly alert: Alert;
  /** Resumes after this alert, with the same filter. Opaque; may be kept for as long as the gateway keeps alerts. */
  readonly cursor: string;
}

/** How a stream is doing: for a status line, say. */
export type StreamState =
  /** About to connect; `tries` counts the attempts since the last event. */
  | { readonly kind: 'connecting'; readonly tries: number }
  /** The gateway has accepted the stream. */
  | { readonly kind: 'open' }
  /** Not connected; the next attempt follows after so many milliseconds. */
  | { readonly kind: 'waiting'; readonly after: Millis; readonly reason: AlertError };

/** What to stream, and from where. At most one of `cursor`, `since` and `fromStart`; only what is new without. */
export interface StreamOptions {
  /** CEL over one alert, e.g. `severity >= HIGH`. All alerts, if left out. */
  readonly filter?: string | undefined;
  /** After this cursor of an earlier stream with the same filter. */
  readonly cursor?: string | undefined;
  /** With the first alert received at this time or later. */
  readonly since?: Date | undefined;
  /** With the oldest alert that the gateway still holds. */
  readonly fromStart?: boolean | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each change. Must not throw. */
  readonly onState?: ((state: StreamState) => void) | undefined;
}

/** Which alerts to list. */
export interface ListOptions {
  /** CEL over one alert. All alerts, if left out. */
  readonly filter?: string | undefined;
  /** 1 to 1,000; the gateway takes 50 if left out. */
  readonly pageSize?: number | undefined;
  /** The `nextPageToken` of the page before, with the same filter. */
  readonly pageToken?: string | undefined;
}

/** One page of alerts. */
export interface AlertPage {
  /** Newest first. May be empty although there is a next page. */
  readonly alerts: Alert[];
  /** Empty at the end of the log. */
  readonly nextPageToken: string;
}

/** What `grpc.health.v1` tells of a service. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** How the gateway is. */
export interface GatewayHealth {
  /** Of the gateway as a whole. */
  readonly status: ServingStatus;
  /** Of the alert service. */
  readonly service: ServingStatus;
  /** The version of the gateway; undefined if it does not say. */
  readonly version: string | undefined;
  /** How long one question took, in milliseconds. */
  readonly roundTrip: Millis;
}

/** How one report is made. */
export interface ReportOptions {
  /** Gives up when it is aborted, with `CANCELLED`. The alert may have been kept all the same. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The client of a gateway. Every rejection is an `AlertError`: `GATEWAY_UNAVAILABLE` or `DEADLINE_EXCEEDED` where the
 * gateway did not answer, `CLOSED` after {@link close}, or what the gateway said.
 */
export interface AlertClient extends DeskCalls {
  /**
   * Resolves when the alert is durable at the gateway or, with a spool and the gateway away, in the spool. Concurrent
   * reports share messages, the most severe first when there is a queue. Without a `requestId` the report gets one, so
   * that it is kept once however often it has to be sent. Rejects at once with `FIELD_INVALID` or `ALERT_TOO_LARGE` for
   * a draft that breaks a rule.
   */
  report(draft: AlertDraft, options?: ReportOptions): Promise<Receipt | Spooled>;
  /** Reports a failed login: AUTH_FAILURE, HIGH. */
  handleAuthFailure(userId: string, ipAddress: string): Promise<Receipt | Spooled>;
  /** Reports somebody at something in an odd way: UNUSUAL_ACCESS, MEDIUM. */
  handleUnusualAccess(userId: string, resource: string, reason: string): Promise<Receipt | Spooled>;
  /** Reports too many requests from one address: RATE_LIMIT_BREACH, HIGH. */
  handleRateLimitBreach(ipAddress: string, endpoint: string, requestCount: number): Promise<Receipt | Spooled>;
  /** Reports a broken rule about data: DATA_VIOLATION, HIGH. */
  handleDataViolation(userId: string, resource: string, operation: string): Promise<Receipt | Spooled>;
  /** Reports the health of a component: SYSTEM_HEALTH, with the severity of the status. */
  handleSystemHealth(
    component: string,
    status: string,
    details?: Readonly<Record<string, MetadataValue>>,
  ): Promise<Receipt | Spooled>;
  /**
   * Alerts in the order of the log, each once, without a gap; reconnects and resumes by itself. Takes from the gateway
   * only as fast as it is iterated. Ends by `break`, the signal or {@link close}; throws only what waiting cannot mend,
   * e.g. `FILTER_INVALID`, `CURSOR_INVALID`, `CURSOR_EXPIRED`.
   */
  alerts(options?: StreamOptions): AsyncIterable<StreamedAlert>;
  /** One alert by its id. Rejects with `ALERT_NOT_FOUND` if it was never kept, or is past its retention. */
  get(alertId: string): Promise<Alert>;
  /** Kept alerts, newest first, page by page. */
  list(options?: ListOptions): Promise<AlertPage>;
  /** How the gateway is. */
  health(): Promise<GatewayHealth>;
  /** How many reports wait in the spool; 0 without one. */
  spooled(): number;
  /**
   * Resolves when the spool is open; at once without one. Await it at the start, to fail early: it rejects with
   * `STORE_LOCKED` if another client has it open, as every report then does, and with `STORE_UNAVAILABLE` if its disk
   * is bad, as every report then does that would have to be spooled.
   */
  ready(): Promise<void>;
  /** Refuses new reports, waits for the open ones (each ends by its deadline), then lets go of connections and spool. */
  close(): Promise<void>;
}
