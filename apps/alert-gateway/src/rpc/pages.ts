import { fieldError, joinFields, limits } from '@therapytrain/alerts-core';
import type { Tokens } from '../stream/cursor.ts';

const defaultPage = 50;
const largestPage = 1_000;

/** How much is read at a time for a page. */
export const largestChunk = 500;
/** How much one call looks at. */
export const scanned = 10_000;
/** How much a page holds at most, with room for its token. */
export const pageBytes = limits.batchBytes - 1024;

/** How many a page has that was asked for with this `page_size`. Throws `FIELD_INVALID` for a negative one. */
export const pageSizeOf = (asked: number): number => {
  if (asked < 0) throw fieldError([{ field: 'pageSize', rule: 'is negative' }]);
  return asked === 0 ? defaultPage : Math.min(asked, largestPage);
};

/** A list of things with ids (UUIDs) that ascend with their age, newest first. */
export interface Listing<T extends { readonly id: string }> {
  /** Its name with all that filters it: a page token is good for the same only. */
  readonly name: string;
  /** At most `limit` below the id; fewer only at the end. */
  read(before: string | undefined, limit: number): Promise<readonly T[]>;
  passes?(item: T): boolean;
  encode(item: T): Uint8Array;
}

interface Page {
  readonly items: readonly Uint8Array[];
  /** Below which id the next one begins; undefined at the end. */
  readonly next: string | undefined;
}

// Looks at a bounded part of the list, and ends a page before it is too large for a message.
const collect = async <T extends { readonly id: string }>(
  list: Listing<T>,
  from: string | undefined,
  size: number,
): Promise<Page> => {
  const items: Uint8Array[] = [];
  let bytes = 0;
  let before = from;
  let chunk = Math.min(size + 1, largestChunk);
  for (let looked = 0; looked < scanned; looked += chunk, chunk = largestChunk) {
    const batch = await list.read(before, chunk);
    for (const item of batch) {
      if (list.passes?.(item) ?? true) {
        const encoded = list.encode(item);
        bytes += encoded.length + 8;
        if (items.length === size || bytes > pageBytes) return { items, next: before };
        items.push(encoded);
      }
      before = item.id;
    }
    if (batch.length < chunk) return { items, next: undefined };
  }
  return { items, next: before };
};

/** A page as every list response has it: the items in field 1, the next page's token in field 2. */
export const encodePage = async <T extends { readonly id: string }>(
  list: Listing<T>,
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  tokens: Tokens,
): Promise<Buffer> => {
  const size = pageSizeOf(pageSize);
  const from = pageToken === '' ? undefined : tokens.readId(list.name, pageToken);
  const { items, next } = await collect(list, from, size);
  return joinFields([
    ...items.map((item) => [1, item] as const),
    ...(next === undefined ? [] : [[2, tokens.signId(list.name, next)] as const]),
  ]);
};
