import { type ListedToken, type Myself } from '@therapytrain/alerts-client';
import { type Instant } from '@therapytrain/alerts-core';
import { aligned } from './alerts.ts';
import { type Paint } from './paint.ts';
import { safeLine } from './safe-text.ts';
import { type Column, table } from './table.ts';
import { fromNow, localTime, rfc3339 } from './time.ts';

const optionalTime = (at: Instant | undefined): string | null => (at === undefined ? null : rfc3339(at));

/** A token in the wire's JSON names; times in RFC 3339. */
export const tokenJson = (token: ListedToken) => ({
  ...token,
  createdAt: rfc3339(token.createdAt),
  expiresAt: rfc3339(token.expiresAt),
  revokedAt: optionalTime(token.revokedAt),
  lastUsedAt: optionalTime(token.lastUsedAt),
});

const stateOf = ({ revokedAt, expiresAt }: ListedToken, now: Instant): string => {
  if (revokedAt !== undefined) return `revoked ${fromNow(revokedAt, now)}`;
  return `${expiresAt > now ? 'ends' : 'ended'} ${fromNow(expiresAt, now)}`;
};

const isGood = ({ revokedAt, expiresAt }: ListedToken, now: Instant): boolean =>
  revokedAt === undefined && expiresAt > now;

const columns = (now: Instant): readonly Column<ListedToken>[] => [
  { title: 'ID', cell: ({ id }) => safeLine(id) },
  { title: 'PRINCIPAL', cell: ({ principal }) => safeLine(principal), shrinksTo: 8 },
  { title: 'STATE', cell: (token) => stateOf(token, now), style: (token) => (isGood(token, now) ? 'green' : 'dim') },
  { title: 'USED', cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : fromNow(lastUsedAt, now)) },
  { title: 'BY', cell: ({ createdBy }) => safeLine(createdBy), shrinksTo: 6, expendable: true },
  { title: 'SCOPES', cell: ({ scopes }) => scopes.join(' '), shrinksTo: 12 },
  { title: 'WHEN', cell: ({ when }) => safeLine(when), shrinksTo: 8, expendable: true },
];

/** Tokens as a table; lines that fit `terminal` columns, if given. */
export const tokenTable = (
  tokens: readonly ListedToken[],
  now: Instant,
  paint: Paint,
  terminal?: number,
): readonly string[] => table(columns(now), tokens, paint, terminal);

/** Who calls, in lines. */
export const myselfLines = ({ principal, proof, scopes, when, expiresAt }: Myself, paint: Paint): readonly string[] =>
  aligned(
    [
      ['Principal', safeLine(principal)],
      ['Proved by', proof === 'local' ? 'nothing: this gateway takes your word' : proof],
      ['Scopes', scopes.join(' ')],
      ['Only', when === '' ? 'everything' : safeLine(when)],
      ['Ends', expiresAt === undefined ? 'never' : localTime(expiresAt)],
    ],
    paint,
  );
