/** Whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** A span in milliseconds. */
export type Millis = number;

/** Where time comes from. Nothing outside the packages that implement a port asks the system for it. */
export interface Clock {
  /** Wall-clock time. May jump. */
  now(): Instant;
  /** Milliseconds from some fixed moment. Never jumps; for spans. */
  monotonic(): Millis;
  /** Resolves after the span; rejects with the signal's reason when it is aborted. */
  sleep(span: Millis, signal?: AbortSignal): Promise<void>;
}

/** Where chance comes from. */
export interface Random {
  /** Fills the bytes with cryptographically strong random ones. */
  fill(bytes: Uint8Array): void;
  /** A number from 0 up to, but not including, 1; for jitter, not for secrets. */
  fraction(): number;
}

/** Where ids come from. */
export interface Ids {
  /** A UUID version 7 that is greater, as text, than every one before it from the same object. */
  next(): string;
}

/** What decides, waits or makes ids gets these handed in once. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}
