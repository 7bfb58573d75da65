import { hash } from 'node:crypto';
import { type Instant } from '@therapytrain/alerts-core';
import { createOccurrences } from './occurrences.ts';

/** Gives the lines of one file request ids that a second import of the same lines gives again. */
export interface RequestIds {
  /** The id of a line in the file: of its text, and of how many equal lines came before it. */
  ofLine(text: string, occurredAt: Instant | undefined): string;
  /** The id of an event that has a name of its own, wherever it stands. */
  ofName(name: string, occurredAt: Instant | undefined): string;
}

/** Makes the ids of one file. */
export const createRequestIds = (format: string): RequestIds => {
  const occurrences = createOccurrences();
  return {
    ofLine: (text, occurredAt) => {
      const line = digest(`${format}\nline\n${text.trimEnd()}`);
      const before = occurrences.count(line);
      return uuid(before === 0 ? line : digest(`${line.toString('hex')}\n${before}`), occurredAt);
    },
    ofName: (name, occurredAt) => uuid(digest(`${format}\nname\n${name}`), occurredAt),
  };
};

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

/**
 * A UUID made of a digest. With a time it has the layout of version 7 (RFC 9562 §5.7), so that the gateway's index grows
 * at its end when a log is imported in its order; the digest stands where version 7 has chance. Else version 8 (§5.8).
 */
const uuid = (from: Buffer, instant: Instant | undefined): string => {
  const bytes = Buffer.from(from.subarray(0, 16));
  const timed = instant !== undefined && instant >= 0 && instant < 2 ** 48;
  if (timed) bytes.writeUIntBE(instant, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (timed ? 0x70 : 0x80), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
