import { createHash } from 'node:crypto';
import type { ListedAuditEntry } from '@therapytrain/alerts-client';
import type { Instant, Millis } from '@therapytrain/alerts-core';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';
import { safeLine } from '../output/safe-text.ts';
import { rfc3339 } from '../output/time.ts';
import { pieces } from '../pieces.ts';
import type { Session } from '../session.ts';

/** How to review. */
export interface ReviewOptions {
  readonly since: { readonly ago: Millis } | { readonly at: Instant };
  readonly sign?: boolean;
  readonly yes?: boolean;
}

/** What a review looks at, each by the beginnings of its actions. */
const topics = [
  ['Policy changes', ['policy.']],
  ['Refused logins and calls', ['login.', 'access.']],
  ['Responses', ['response.', 'kill_switch.']],
  ['Silences', ['silence.']],
  ['Dead letters', ['delivery.dead', 'delivery.replayed']],
  ['Persons and exports', ['subject.', 'alert.read', 'audit.']],
] as const;

const shown = 10;

interface Summary {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly topics: readonly { readonly title: string; readonly entries: readonly ListedAuditEntry[] }[];
}

const isOf = ({ action }: ListedAuditEntry, beginnings: readonly string[]): boolean =>
  beginnings.some((each) => action.startsWith(each));

const collect = async (session: Session, since: Instant): Promise<Summary> => {
  const found = topics.map(([title, beginnings]) => ({ title, beginnings, entries: [] as ListedAuditEntry[] }));
  let [from, to, count] = [0, 0, 0];
  const reading = { limit: Number.POSITIVE_INFINITY, enough: 1, signal: session.signal };
  const fetch = async (page: { readonly pageSize: number; readonly pageToken: string | undefined }) => {
    const { entries, nextPageToken } = await session.client.audit.list({ since, ...page });
    return { items: entries, nextPageToken };
  };
  for await (const items of pieces(fetch, reading)) {
    for (const entry of items) {
      from ||= entry.sequence;
      to = entry.sequence;
      count++;
      found.find(({ beginnings }) => isOf(entry, beginnings))?.entries.push(entry);
    }
  }
  return { from, to, entries: count, topics: found.map(({ title, entries }) => ({ title, entries })) };
};

const entryLine = ({ at, actor, action, subject, facts }: ListedAuditEntry): string => {
  const known = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return `  ${rfc3339(at)}  ${safeLine(`${actor}  ${action}  ${subject}  ${known.join(' ')}`)}`;
};

const linesOf = ({ from, to, entries, topics: all }: Summary, since: Instant): readonly string[] => [
  `Entries ${from} to ${to} of the audit log, from ${rfc3339(since)} on: ${entries} in all.`,
  ...all.flatMap(({ title, entries: own }) => [
    `${title}: ${own.length}`,
    ...own.slice(0, shown).map(entryLine),
    ...(own.length > shown ? [`  and ${own.length - shown} more`] : []),
  ]),
];

/** Shows what a person should have looked at, and notes in the log that they have. */
export const reviewAudit = async (session: Session, { since, sign, yes }: ReviewOptions): Promise<ExitCode> => {
  const from = 'at' in since ? since.at : session.clock.now() - since.ago;
  const summary = await collect(session, from);
  if (summary.entries === 0) {
    await session.note('There is nothing to review.');
    return ExitCode.OK;
  }
  const lines = linesOf(summary, from);
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex');
  if (session.global.json) {
    const counts = Object.fromEntries(summary.topics.map(({ title, entries }) => [title, entries.length]));
    await session.printJson({
      from: summary.from,
      to: summary.to,
      entries: summary.entries,
      topics: counts,
      summary: digest,
    });
  } else await session.print(lines);
  if (!sign) return ExitCode.OK;
  if (!(await confirm(session, 'Have you reviewed this?', yes))) return ExitCode.REFUSED;
  await session.client.audit.signReview({ from: summary.from, to: summary.to, summary: digest });
  await session.note('It is noted in the audit log.');
  return ExitCode.OK;
};
