import { ExitCode } from './exit-code.ts';
import { type Page, largestPage, pieces } from './pieces.ts';
import { type Session } from './session.ts';

/** The options of commands that list. */
export interface ListingOptions {
  readonly limit: number;
  readonly all?: boolean;
  readonly wide?: boolean;
}

/** What is listed, and how it looks. */
export interface Listed<T> {
  fetch(page: { readonly pageSize: number; readonly pageToken: string | undefined }): Promise<Page<T>>;
  json(item: T): unknown;
  /** A table with its titles; lines that fit so many columns, if given. */
  table(items: readonly T[], columns: number | undefined): readonly string[];
  /** What to say where there is nothing. */
  readonly none: string;
}

/** Prints a list: a table for people, one object a line with --json. */
export const printList = async <T>(session: Session, options: ListingOptions, listed: Listed<T>): Promise<ExitCode> => {
  const { json } = session.global;
  const columns = options.wide ? undefined : session.stdout.columns;
  const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
  const reading = { limit, enough: json ? 1 : largestPage, signal: session.signal };
  let shown = 0;
  for await (const items of pieces((page) => listed.fetch(page), reading)) {
    if (json) for (const item of items) await session.printJson(listed.json(item));
    else await session.print(listed.table(items, columns).slice(shown === 0 ? 0 : 1));
    shown += items.length;
  }
  if (shown === 0 && !json) await session.note(listed.none);
  return session.signal.aborted ? ExitCode.INTERRUPTED : ExitCode.OK;
};
