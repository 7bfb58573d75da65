import { hash } from 'node:crypto';
import { canonicalJson } from '../fingerprint.ts';
import { decodeAlert } from './decode.ts';

const digestBytes = 16;

/**
 * A digest of what a reporter said, which stays known when the alert is let go: 16 bytes of SHA-256 over type,
 * severity, message, metadata, time and dedup key. The order of metadata and the trace do not matter. Where the alert
 * happened when it was received, the reporter may have said so or have said nothing: then a second digest, without
 * the time, follows. Compare with {@link sameDigest}.
 */
export const contentDigest = (encoded: Uint8Array): Uint8Array => {
  const { type, severity, message, metadata, occurredAt, receivedAt, dedupKey } = decodeAlert(encoded);
  const said = (when: number | null): string =>
    hash('sha256', canonicalJson([type, severity, message, metadata, when, dedupKey]), 'hex').slice(0, 2 * digestBytes);
  return Buffer.from(said(occurredAt) + (occurredAt === receivedAt ? said(null) : ''), 'hex');
};

const parts = (digest: Uint8Array): readonly Uint8Array[] =>
  digest.length > digestBytes ? [digest.subarray(0, digestBytes), digest.subarray(digestBytes)] : [digest];

/** True if the two digests may be of one report that was sent twice. */
export const sameDigest = (one: Uint8Array, other: Uint8Array): boolean =>
  parts(one).some((mine) => parts(other).some((theirs) => Buffer.compare(mine, theirs) === 0));

/** True if two encoded alerts say the same: whether a request id was used again for the same report. */
export const sameContent = (one: Uint8Array, other: Uint8Array): boolean =>
  sameDigest(contentDigest(one), contentDigest(other));
