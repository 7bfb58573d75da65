import type { Millis } from '@therapytrain/alerts-core';

/** A span as `google.protobuf.Duration`. */
export const durationOf = (span: Millis): { readonly seconds: bigint; readonly nanos: number } => ({
  seconds: BigInt(Math.floor(span / 1_000)),
  nanos: (span % 1_000) * 1_000_000,
});
