import type { AlertSeverity } from '@therapytrain/alerts-core';

/** A report to be spooled. */
export interface SpoolItem {
  readonly severity: AlertSeverity;
  /** As `encodeReport` makes it; it holds the request id. */
  readonly encoded: Uint8Array;
}

/** A report in the spool. */
export interface SpooledRow extends SpoolItem {
  /** Ascends as reports come in, and is never used twice. */
  readonly place: number;
}

/** The bounds of a spool. */
export interface SpoolLimits {
  readonly maxAlerts: number;
  readonly maxBytes: number;
}

/** What the thread of a spool is given. */
export interface SpoolThreadOptions extends SpoolLimits {
  readonly directory: string;
}

/** What the thread is asked. Each request gets one reply, in their order. */
export type SpoolRequest =
  | { readonly kind: 'put'; readonly items: readonly SpoolItem[] }
  | { readonly kind: 'first'; readonly maxCount: number; readonly maxBytes: number }
  | { readonly kind: 'remove'; readonly places: readonly number[] }
  | { readonly kind: 'close' };

/** What went wrong: the spool is another process's, its disk has no room, or its disk cannot be trusted any more. */
export type SpoolFault = 'locked' | 'full' | 'broken';

/** What the thread answers. The first reply, to no request, is `done` or `failed` for the opening. */
export type SpoolReply =
  | {
      readonly kind: 'put';
      readonly kept: readonly boolean[];
      readonly dropped: readonly SpooledRow[];
      readonly size: number;
    }
  | { readonly kind: 'rows'; readonly rows: readonly SpooledRow[] }
  | { readonly kind: 'done'; readonly size: number }
  | { readonly kind: 'failed'; readonly fault: SpoolFault; readonly message: string };
