import { isUtf8 } from 'node:buffer';
import { AlertError } from '../errors.ts';

/** Wire types of the protobuf encoding (protobuf.dev/programming-guides/encoding). Groups (3 and 4) are refused. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const maxField = 0x1fff_ffff;
const maxVarintBytes = 10;
const shortText = 64;

/** The tag of a length-delimited field of this number. */
export const bytesTag = (field: number): number => field * 8 + wireType.bytes;
/** The tag of a varint field of this number. */
export const varintTag = (field: number): number => field * 8 + wireType.varint;

/** The error for what is no message. */
export const malformed = (what: string): AlertError =>
  new AlertError('MESSAGE_MALFORMED', `malformed message: ${what}`);

/**
 * Reads protobuf strictly: a field that is cut off, a length past the end, field number 0, a group, a wire type that
 * does not exist and text that is not UTF-8 are all `MESSAGE_MALFORMED`. Every field read costs one of a budget, so
 * that a small message cannot cause a large amount of work.
 */
export class WireReader {
  readonly buffer: Buffer;
  at: number;
  private budget: number;
  private latin1: string | undefined;

  constructor(buffer: Buffer, budget: number) {
    this.buffer = buffer;
    this.at = 0;
    this.budget = budget;
    this.latin1 = undefined;
  }

  /** The next tag: `field * 8 + wire type`. */
  tag(end: number): number {
    if (--this.budget < 0) throw malformed('too many fields');
    const tag = this.varint(end);
    const field = Math.floor(tag / 8);
    if (field === 0 || field > maxField) throw malformed('a field number is out of range');
    return tag;
  }

  /** A varint as a number; above 2^53 it is only approximate, which no field of ours may be. */
  varint(end: number): number {
    const { buffer } = this;
    let at = this.at;
    const first = buffer[at] ?? 0;
    if (first < 0x80 && at < end) {
      this.at = at + 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let count = 0; count < maxVarintBytes; count++) {
      if (at >= end) throw malformed('it ends in the middle of a number');
      const byte = buffer[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    throw malformed('a number has more than 10 bytes');
  }

  /** A varint as a signed 64-bit number (two's complement), as int32, int64 and bool are encoded. */
  signed(end: number): number {
    const from = this.at;
    const value = this.varint(end);
    // Only ten bytes reach the sign; they are rare, and arithmetic of that width is slow.
    return this.at - from < maxVarintBytes ? value : this.negative(from);
  }

  private negative(from: number): number {
    let value = 0n;
    for (let at = from; at < this.at; at++) value |= BigInt((this.buffer[at] ?? 0) & 0x7f) << BigInt(7 * (at - from));
    return Number(BigInt.asIntN(64, value));
  }

  /** Reads a length and returns where what has that length ends. */
  span(end: number): number {
    const to = this.varint(end) + this.at;
    if (to > end) throw malformed('a length goes past the end');
    return to;
  }

  /** A length-delimited text. */
  text(end: number): string {
    const to = this.span(end);
    const from = this.at;
    this.at = to;
    return to - from <= shortText && this.isAscii(from, to) ? this.characters().slice(from, to) : this.decode(from, to);
  }

  /** A length-delimited text that does not keep the message in memory, at the cost of a copy. */
  ownText(end: number): string {
    const to = this.span(end);
    const from = this.at;
    this.at = to;
    return to - from <= shortText && this.isAscii(from, to)
      ? this.buffer.toString('latin1', from, to)
      : this.decode(from, to);
  }

  private isAscii(from: number, to: number): boolean {
    const { buffer } = this;
    for (let at = from; at < to; at++) if ((buffer[at] ?? 0) > 0x7f) return false;
    return true;
  }

  // All bytes as one text of as many characters: to cut many short texts out of it costs less than to decode each.
  private characters(): string {
    return (this.latin1 ??= this.buffer.toString('latin1'));
  }

  private decode(from: number, to: number): string {
    const text = this.buffer.toString('utf8', from, to);
    // Decoding puts U+FFFD in the place of what is not UTF-8; only where one is there does it pay to look closer.
    if (text.includes('\ufffd') && !isUtf8(this.buffer.subarray(from, to))) throw malformed('a text is not UTF-8');
    return text;
  }

  double(end: number): number {
    if (this.at + 8 > end) throw malformed('it ends in the middle of a number');
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** Passes over a field that is not known. Its inside is not looked at, so it cannot cost anything. */
  skip(tag: number, end: number): void {
    switch (tag % 8) {
      case wireType.varint:
        this.varint(end);
        return;
      case wireType.fixed64:
        return this.pass(8, end);
      case wireType.bytes:
        this.at = this.span(end);
        return;
      case wireType.fixed32:
        return this.pass(4, end);
      default:
        throw malformed('a field has a wire type that is not allowed');
    }
  }

  private pass(bytes: number, end: number): void {
    if (this.at + bytes > end) throw malformed('it ends in the middle of a number');
    this.at += bytes;
  }
}

/** The error for a field that may stand once and stands twice: two readers could take different ones. */
export const repeated = (field: string): AlertError => malformed(`${field} stands more than once`);

/** The error for a field whose wire type is not that of its declaration. */
export const wrongType = (field: string): AlertError => malformed(`${field} has the wrong wire type`);

/** The error for metadata nested too deeply to be looked at. */
export const tooDeep = (levels: number): AlertError => malformed(`it is nested deeper than ${levels} levels`);

/** The same bytes as a Buffer, which has the readers; nothing is copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
