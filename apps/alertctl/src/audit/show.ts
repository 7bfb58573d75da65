import type { AuditListOptions, ListedAuditEntry } from '@therapytrain/alerts-client';
import type { Instant, Millis } from '@therapytrain/alerts-core';
import {
  hashLeaf,
  isIncluded,
  NotGenuine,
  readCheckpoint,
  readEntry,
  readKey,
} from '@therapytrain/alerts-audit-verifier';
import { ExitCode } from '../exit-code.ts';
import { safeLine } from '../output/safe-text.ts';
import { type Column, table } from '../output/table.ts';
import { localTime, rfc3339 } from '../output/time.ts';
import { type ListingOptions, printList } from '../print-list.ts';
import type { Session } from '../session.ts';

/** What to list. */
export interface AuditListing extends ListingOptions, Pick<AuditListOptions, 'action' | 'actor' | 'subject'> {
  readonly since?: { readonly ago: Millis } | { readonly at: Instant };
  readonly oldestFirst?: boolean;
}

const factsText = ({ facts }: Pick<ListedAuditEntry, 'facts'>): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const columns: readonly Column<ListedAuditEntry>[] = [
  { title: 'ENTRY', cell: ({ sequence }) => String(sequence) },
  { title: 'TIME', cell: ({ at }) => localTime(at) },
  { title: 'ACTOR', cell: ({ actor }) => safeLine(actor), shrinksTo: 8 },
  { title: 'ACTION', cell: ({ action }) => safeLine(action) },
  { title: 'SUBJECT', cell: ({ subject }) => safeLine(subject), shrinksTo: 10 },
  { title: 'FACTS', cell: (entry) => safeLine(factsText(entry)), shrinksTo: 10 },
];

const entryJson = ({ sequence, at, actor, action, subject, facts }: Omit<ListedAuditEntry, 'leaf'>) => ({
  ...{ sequence, at: rfc3339(at), actor, action, subject, facts },
});

/** Lists entries, newest first. */
export const listEntries = (session: Session, options: AuditListing): Promise<ExitCode> => {
  const { action, actor, subject, since, oldestFirst = false } = options;
  const from = since === undefined ? undefined : 'at' in since ? since.at : session.clock.now() - since.ago;
  return printList<ListedAuditEntry>(session, options, {
    json: entryJson,
    table: (entries, terminal) => table(columns, entries, session.paint, terminal),
    none: 'No entries found.',
    fetch: async (page) => {
      const wanted = { action, actor, subject, since: from, newestFirst: !oldestFirst, ...page };
      const { entries, nextPageToken } = await session.client.audit.list(wanted);
      return { items: entries, nextPageToken };
    },
  });
};

/** Shows one entry, when it is proved that it is in the log. */
export const showEntry = async (session: Session, sequence: number): Promise<ExitCode> => {
  const [{ leaf, path, size, checkpoint }, { logKeys }] = await Promise.all([
    session.client.audit.proveEntry(sequence),
    session.client.audit.checkpoint(),
  ]);
  const { root, logs } = readCheckpoint(checkpoint, logKeys.map(readKey));
  const proof = path.map((each) => Buffer.from(each));
  if (logs.length === 0 || !isIncluded(hashLeaf(Buffer.from(leaf)), sequence - 1, size, proof, root)) {
    throw new NotGenuine(`entry ${sequence} is not in the log that the gateway signed`);
  }
  const entry = readEntry(leaf);
  if (session.global.json) {
    await session.printJson(entryJson(entry));
    return ExitCode.OK;
  }
  await session.print([
    ...[`Entry    ${entry.sequence}`, `Time     ${rfc3339(entry.at)}`, `Actor    ${safeLine(entry.actor)}`],
    ...[`Action   ${safeLine(entry.action)}`, `Subject  ${safeLine(entry.subject)}`],
    ...Object.entries(entry.facts).map(([name, value]) => `  ${safeLine(`${name}  ${value}`)}`),
    `Proved   in the log of ${size} entries`,
  ]);
  return ExitCode.OK;
};
