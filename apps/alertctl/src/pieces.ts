/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** How a list is read. */
export interface PiecesOptions {
  /** How many at most; `Infinity` for all there are. */
  readonly limit: number;
  /** How many a piece has at least, but for the last. */
  readonly enough: number;
  /** Aborted: the piece at hand is the last. */
  readonly signal: AbortSignal;
}

/** The largest page that a gateway gives. */
export const largestPage = 1000;

/** What is listed page by page, in pieces; as it comes, or for a table in large ones. None is empty. */
export async function* pieces<T>(
  fetch: (page: { readonly pageSize: number; readonly pageToken: string | undefined }) => Promise<Page<T>>,
  { limit, enough, signal }: PiecesOptions,
): AsyncGenerator<T[]> {
  let left = limit;
  let piece: T[] = [];
  let pageToken: string | undefined;
  do {
    const page = await fetch({ pageSize: Math.min(left, largestPage), pageToken });
    piece.push(...page.items);
    left -= page.items.length;
    pageToken = page.nextPageToken;
    const last = left === 0 || pageToken === '' || signal.aborted;
    if (piece.length >= (last ? 1 : enough)) {
      yield piece;
      piece = [];
    }
    if (last) return;
  } while (true);
}
