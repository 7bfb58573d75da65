import { StreamDecoder } from '@grpc/grpc-js/build/src/stream-decoder.js';

// grpc-js keeps each frame's part of a message as a buffer of its own until the message is there in full: a message in
// frames of one byte takes two hundred times its size, and a stream of reports may take as long as it likes to send one
// (CVE-2026-84304 is the same in grpc-go). There is no option for it, and no place to stand in: this is the one.

interface Decoder {
  readonly readPartialMessage: Buffer[];
  readonly readMessageSize: number;
  readonly readMessageRemaining: number;
  write(data: Buffer): Buffer[];
}

/** How a message may come. */
export interface PieceBounds {
  /** So many pieces are put together into one. */
  readonly together: number;
  /** A message may come in one piece for so many bytes, beside the first {@link free} ones. */
  readonly bytesEach: number;
  readonly free: number;
}

/** A piece is a frame, or what of it came in one read; the smallest that an honest network makes are far larger. */
export const pieceBounds: PieceBounds = { together: 64, bytesEach: 32, free: 256 };

interface Counted {
  readonly of: Buffer[];
  merged: number;
}

const ours = new WeakSet<Decoder['write']>();

/**
 * Makes every server of this process put the pieces of a message together while they come, and end a call with
 * `RESOURCE_EXHAUSTED` whose message comes in more pieces than the bounds allow. Called again it changes nothing. Returns
 * how to undo it; throws if this grpc-js keeps the pieces in another way than the one that it knows.
 */
export const boundMessagePieces = ({ together, bytesEach, free }: PieceBounds = pieceBounds): (() => void) => {
  const decoder = StreamDecoder.prototype as unknown as Decoder;
  const original = decoder.write;
  if (ours.has(original)) return () => {};
  const fresh = new StreamDecoder(1) as unknown as Decoder;
  if (!Array.isArray(fresh.readPartialMessage) || typeof fresh.readMessageRemaining !== 'number') {
    throw new Error('this version of @grpc/grpc-js keeps the pieces of a message in another way');
  }
  const counts = new WeakMap<Decoder, Counted>();
  const merge = (each: Decoder, pieces: Buffer[]): void => {
    // A new message has a new list.
    const before = counts.get(each);
    const counted = before?.of === pieces ? before : { of: pieces, merged: 0 };
    counted.merged += pieces.length - 1;
    counts.set(each, counted);
    const received = each.readMessageSize - each.readMessageRemaining;
    // grpc-js ends the call with what is thrown, as it does for a message that is too large.
    if (counted.merged > free + received / bytesEach) throw new Error('Received message in too many pieces');
    pieces.splice(0, pieces.length, Buffer.concat(pieces));
  };
  decoder.write = function (this: Decoder, data: Buffer): Buffer[] {
    const messages = original.call(this, data);
    const pieces = this.readPartialMessage;
    if (pieces.length > together && this.readMessageRemaining > 0) merge(this, pieces);
    return messages;
  };
  ours.add(decoder.write);
  return () => void (decoder.write = original);
};
