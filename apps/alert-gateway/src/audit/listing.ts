import { encodeEntry } from '@therapytrain/alerts-audit';
import type { AuditEntry, Instant, Store } from '@therapytrain/alerts-core';

/** What to list of the audit. */
export interface AuditListing {
  /** Exactly this action, or, where it ends in a point, those that begin with it; empty for all. */
  readonly action: string;
  readonly actor: string;
  readonly subject: string;
  readonly since: Instant | undefined;
  readonly newestFirst: boolean;
}

/** A page of entries, and after which one the next page goes on; undefined at the end. */
export interface AuditPage {
  readonly entries: readonly ListedEntry[];
  readonly next: number | undefined;
}

/** An entry with its leaf. */
export interface ListedEntry {
  readonly entry: AuditEntry;
  readonly leaf: Buffer;
}

/** What bounds a page. */
export interface PageBounds {
  readonly size: number;
  readonly bytes: number;
  /** How many entries one call looks at. */
  readonly scanned: number;
}

const chunk = 1_000;

const passes = (entry: AuditEntry, { action, actor, subject, since }: AuditListing): boolean =>
  (action === '' || (action.endsWith('.') ? entry.action.startsWith(action) : entry.action === action)) &&
  (actor === '' || entry.actor === actor) &&
  (subject === '' || entry.subject === subject) &&
  (since === undefined || entry.at >= since);

/** Chunks of the first `upTo` entries, from the place `from` on, in the order that is asked for. */
async function* chunksOf(
  store: Pick<Store, 'audit'>,
  { from, upTo, newestFirst }: { readonly from: number; readonly upTo: number; readonly newestFirst: boolean },
): AsyncGenerator<readonly AuditEntry[]> {
  let place = from;
  while (newestFirst ? place > 0 : place < upTo) {
    const after = newestFirst ? Math.max(0, place - chunk) : place;
    const entries = await store.audit(after, Math.min(chunk, (newestFirst ? place : upTo) - after));
    if (entries.length === 0) return;
    yield newestFirst ? entries.toReversed() : entries;
    place = newestFirst ? after : after + entries.length;
  }
}

/** One page of the first `upTo` entries. `from` is the place that the page before ended at. */
export const listAudit = async (
  store: Pick<Store, 'audit'>,
  listing: AuditListing,
  { from, upTo }: { readonly from: number | undefined; readonly upTo: number },
  bounds: PageBounds,
): Promise<AuditPage> => {
  const { newestFirst } = listing;
  const found: ListedEntry[] = [];
  let bytes = 0;
  let looked = 0;
  const start = from ?? (newestFirst ? upTo : 0);
  for await (const entries of chunksOf(store, { from: start, upTo, newestFirst })) {
    for (const entry of entries) {
      // Where the next page goes on if this entry is not on this one.
      const here = newestFirst ? entry.sequence : entry.sequence - 1;
      if (found.length === bounds.size || looked === bounds.scanned) return { entries: found, next: here };
      looked++;
      if (!passes(entry, listing)) continue;
      const leaf = encodeEntry(entry);
      bytes += 3 * leaf.length;
      if (bytes > bounds.bytes && found.length > 0) return { entries: found, next: here };
      found.push({ entry, leaf });
    }
  }
  return { entries: found, next: undefined };
};
