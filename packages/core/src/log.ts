import type { Alert } from './alert.ts';
import type { AlertError } from './errors.ts';
import type { Instant } from './ports.ts';

/** An alert that was accepted and is not kept yet. */
export interface StampedAlert {
  /** The alert; its sequence is 0 until it is kept. */
  readonly alert: Alert;
  /** The reporter's id for the report, in text form; undefined where it gave none. */
  readonly requestId: string | undefined;
  /** The alert as `encodeAlert` makes it. */
  readonly encoded: Uint8Array;
}

/** The alert is durable. */
export interface Receipt {
  readonly alertId: string;
  readonly sequence: number;
  /** True if the same report was kept before; id and sequence are those of the first time. */
  readonly duplicate: boolean;
}

/** What became of one alert of an append: kept, or refused with the reason. */
export type AppendResult = Receipt | AlertError;

/** A place in the log: the sequence of the last alert before it. 0 is the beginning. */
export type Cursor = number;

/** An alert as the log keeps it. */
export interface KeptAlert {
  readonly sequence: number;
  /** The alert with its sequence, as `therapytrain.alerts.v1.Alert`. */
  readonly encoded: Uint8Array;
}

/** Alerts in the order of the log. */
export interface LogBatch {
  readonly alerts: readonly KeptAlert[];
  /** The place after the last of them; where the read began if there is none. */
  readonly cursor: Cursor;
}

/** What the log holds. */
export interface LogBounds {
  /** The place before the oldest alert that can be read. */
  readonly oldest: Cursor;
  /** The place after the newest alert. */
  readonly newest: Cursor;
  /** The id of the newest alert ever kept; undefined in a log that never kept one. */
  readonly newestId: string | undefined;
  /** Bytes that the log takes on its disk. */
  readonly bytes: number;
}

/** How much to keep. Whichever bound is reached first counts. */
export interface Retention {
  /** Alerts received before this are let go. */
  readonly before?: Instant;
  /** The log is kept below this many bytes, oldest alerts first. */
  readonly maxBytes?: number;
}

/** The alerts themselves, in the order they were kept. One object is the only writer of one log. */
export interface AlertLog {
  /**
   * Durable when it resolves, one result for each alert, in their order; many callers share one commit. The same source
   * and request id give the same answer for ever, also after the alert is let go; with another content they give
   * `REQUEST_ID_REUSED`. Rejects with `DISK_FULL`, `STORE_UNAVAILABLE` or `CLOSED` when none of them was kept.
   *
   * Ids must ascend from call to call, as those of one `Ids` that began after {@link LogBounds.newestId} do.
   */
  append(alerts: readonly StampedAlert[]): Promise<readonly AppendResult[]>;
  /**
   * At most `limit` alerts after the cursor, oldest first; never passes over one that is still to commit below it. Fewer
   * do not mean that there are no more (large ones are read a few megabytes at a time); none does. Rejects with
   * `CURSOR_EXPIRED` if one after the cursor was let go.
   */
  read(after: Cursor, limit: number): Promise<LogBatch>;
  /** At most `limit` alerts up to and including the cursor, newest first. Only none means the end, or what was let go. */
  readBack(upTo: Cursor, limit: number): Promise<LogBatch>;
  /** The alert of an id; undefined if it was never kept or was let go. */
  find(alertId: string): Promise<KeptAlert | undefined>;
  /** The place before the first alert received at this time or later; after the newest if there is none. */
  seek(since: Instant): Promise<Cursor>;
  /** What the log holds, as of the last commit. */
  bounds(): LogBounds;
  /** Calls the listener after each commit with what it added, in order and without a gap. Returns how to stop. */
  follow(listener: (kept: readonly KeptAlert[]) => void): () => void;
  /** Lets old alerts go and tells how many. Their request ids stay known. */
  retain(retention: Retention): Promise<number>;
  /** Finishes what was appended, then lets go of the files. */
  close(): Promise<void>;
}
