import type { LogBounds } from '@therapytrain/alerts-core';
import type { Packed } from './pack.ts';

/** What the two threads are started with. */
export interface ThreadOptions {
  readonly role: 'writer' | 'reader';
  readonly database: string;
  readonly lock: string;
  readonly synchronous: 'FULL' | 'NORMAL';
}

/** What the writer's thread is asked. */
export type WriterRequest =
  | { readonly kind: 'append'; readonly packed: Packed }
  | { readonly kind: 'retain'; readonly before: number; readonly maxBytes: number }
  | { readonly kind: 'close' };

/** Why the disk refused. `io` is the end: after a failed write nothing on it can be trusted to be what it seems. */
export type Fault = 'full' | 'io' | 'other';

/** An alert of a commit whose request id was known before. */
export interface KnownReport {
  /** Its place among the alerts of the commit. */
  readonly at: number;
  /** The first alert of the same report; undefined if that was another report. */
  readonly first: { readonly alertId: string; readonly sequence: number } | undefined;
}

/** What became of the alerts of a commit. */
export interface Appended {
  readonly kind: 'appended';
  /** The sequence of the first new one; those after it count up from there. */
  readonly next: number;
  /** Those that are not new, in their order. */
  readonly known: readonly KnownReport[];
  readonly bounds: LogBounds;
}

/** A request that failed; nothing of it is kept. */
export interface Failed {
  readonly kind: 'failed';
  readonly of: 'append' | 'retain' | 'checkpoint' | 'commit';
  readonly fault: Fault;
  readonly message: string;
}

/** The log could not be opened, and the thread ends. */
export interface Refused {
  readonly kind: 'refused';
  readonly why: 'locked' | Fault;
  readonly message: string;
}

/** The log is open. */
export interface Opened {
  readonly kind: 'opened';
  readonly bounds: LogBounds;
}

/** What the writer's thread answers; requests of one kind in the order they were asked. */
export type WriterReply =
  | Opened
  | Refused
  | Appended
  | { readonly kind: 'retained'; readonly count: number; readonly bounds: LogBounds }
  | Failed;

/** A question to the log. */
export type Question =
  | { readonly kind: 'read'; readonly after: number; readonly limit: number }
  | { readonly kind: 'readBack'; readonly upTo: number; readonly limit: number }
  | { readonly kind: 'find'; readonly id: string }
  | { readonly kind: 'seek'; readonly since: number };

/** What the reader's thread is asked: questions of one moment together. */
export type ReaderRequest = readonly Question[] | { readonly kind: 'close' };

/** Alerts of one snapshot, in one buffer. */
export interface Rows {
  readonly kind: 'rows';
  readonly sequences: Float64Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** The alerts with their sequences, one after the other. */
  readonly buffer: ArrayBuffer;
  /** The place before the oldest alert in the same snapshot. */
  readonly oldest: number;
}

/** What the reader's thread answers, in the order it was asked. */
export type ReaderReply =
  Rows | { readonly kind: 'place'; readonly cursor: number } | { readonly kind: 'failed'; readonly message: string };
