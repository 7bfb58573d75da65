import { isUtf8 } from 'node:buffer';

/** A line longer than this is not held in memory, nor read. */
export const lineLimit = 1024 * 1024;

/** One line of a file. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end; undefined for a line over {@link lineLimit}. Bytes that are not UTF-8 are U+FFFD. */
  readonly text: string | undefined;
  readonly isUtf8: boolean;
  /** Bytes of the file up to the end of the line. */
  readonly end: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts a stream of bytes into lines as they come; holds no more than one of them. */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 0;
  let end = 0;
  const hold = (piece: Buffer): void => {
    length += piece.length;
    if (length <= lineLimit) pieces.push(piece);
    else pieces = [];
  };
  const take = (): Line => {
    const line = lineOf(++number, length > lineLimit ? undefined : Buffer.concat(pieces), end);
    pieces = [];
    length = 0;
    return line;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, start)) {
      hold(chunk.subarray(start, at));
      end += at + 1 - start;
      start = at + 1;
      yield take();
    }
    hold(chunk.subarray(start));
    end += chunk.length - start;
  }
  if (length > 0) yield take();
}

const lineOf = (number: number, bytes: Buffer | undefined, end: number): Line => {
  const held = bytes?.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
  const text = held?.toString('utf8');
  // Windows editors begin a file with a byte order mark.
  return {
    number,
    text: number === 1 ? text?.replace(/^\uFEFF/, '') : text,
    isUtf8: held === undefined || isUtf8(held),
    end,
  };
};
