import type { Attack, Outcome } from './attack.ts';
import { growthOf } from './attack.ts';

const count = ({ counts }: Outcome, name: string): number => counts[name] ?? 0;

const none = (name: string) => (outcome: Outcome) =>
  count(outcome, name) === 0 ? [] : [`${count(outcome, name)} × ${name}`];

const all =
  (...checks: readonly ((outcome: Outcome) => readonly string[])[]) =>
  (outcome: Outcome): readonly string[] =>
    checks.flatMap((check) => check(outcome));

/** Every call must end with one of these. */
const only =
  (...ends: readonly string[]) =>
  ({ counts }: Outcome): readonly string[] =>
    Object.keys(counts)
      .filter((name) => /^[A-Z_ ]+$/.test(name) && !ends.includes(name))
      .map((name) => `${counts[name]} × ${name}`);

/** How many streams the gateway lets one connection have (ADR 6). */
const mostStreams = 128;

/** All attacks, in the order in which they are made. */
export const attacks: readonly Attack[] = [
  {
    name: 'rapid-reset',
    what: 'HEADERS and RST_STREAM, again and again (CVE-2023-44487)',
    amount: { short: 100_000, long: 1_000_000 },
    within: { short: 10, long: 120 },
    control: 'short',
  },
  {
    name: 'rapid-reset-bodies',
    what: 'the same with a whole report in between',
    amount: { short: 20_000, long: 200_000 },
    within: { short: 6, long: 60 },
    control: 'long',
  },
  {
    name: 'continuation',
    what: 'headers that never end, in CONTINUATION frames (CVE-2024-27983)',
    amount: { short: 50_000, long: 1_000_000 },
    within: { short: 4, long: 30 },
    control: 'long',
  },
  {
    name: 'settings',
    what: 'SETTINGS frames from a peer that reads no answer',
    amount: { short: 200_000, long: 5_000_000 },
    within: { short: 4, long: 60 },
    control: 'long',
  },
  {
    name: 'ping',
    what: 'PING frames from a peer that reads no answer',
    amount: { short: 200_000, long: 5_000_000 },
    within: { short: 4, long: 60 },
    control: 'long',
  },
  {
    name: 'empty-data',
    what: 'empty DATA frames on one stream',
    amount: { short: 200_000, long: 5_000_000 },
    within: { short: 4, long: 60 },
    control: 'long',
  },
  {
    name: 'window-overflow',
    what: 'windows beyond 2^31 - 1 on connections that then stay (CVE-2026-21714)',
    amount: { short: 300, long: 5_000 },
    within: { short: 6, long: 60 },
    control: 'long',
  },
  {
    name: 'streams',
    what: 'calls that begin on one connection and never go on',
    amount: { short: 20_000, long: 20_000 },
    within: { short: 8, long: 20 },
    control: 'short',
    wrong: (outcome) =>
      count(outcome, 'streams left open') <= mostStreams
        ? []
        : [`${count(outcome, 'streams left open')} streams were left open`],
    works: {
      must: 'all of them stay open',
      shown: (outcome) => count(outcome, 'streams left open') >= 0.95 * count(outcome, 'sent'),
    },
  },
  {
    name: 'one-byte-data',
    what: 'requests in DATA frames of one byte (CVE-2026-84304 of grpc-go)',
    amount: { short: 1_000_000, long: 6_500_000 },
    within: { short: 12, long: 90 },
    control: 'short',
    works: { must: 'memory grows by more than 100 MiB', shown: (outcome) => growthOf(outcome) > 100 },
  },
  {
    name: 'silent',
    what: 'connections that say nothing: TCP only, preface only, headers only',
    amount: { short: 500, long: 1_500 },
    within: { short: 15, long: 20 },
    control: 'long',
    wrong: all(none('TCP only: still open'), none('preface only: still open'), (outcome) =>
      count(outcome, 'headers only: calls ended') * 3 === count(outcome, 'sent')
        ? []
        : ['a call without a request went on'],
    ),
    works: {
      must: 'those that sent a preface stay',
      shown: (outcome) => count(outcome, 'preface only: still open') * 3 >= 0.95 * count(outcome, 'sent'),
    },
  },
  {
    name: 'slow',
    what: 'requests that come one byte each 200 ms',
    amount: { short: 400, long: 2_000 },
    within: { short: 9, long: 15 },
    control: 'long',
    wrong: none('calls still open'),
    works: { must: 'none of them ends', shown: (outcome) => count(outcome, 'calls ended') === 0 },
  },
  {
    name: 'empty-messages',
    what: 'empty messages within messages of 64 KiB, 256 KiB and 4 MiB',
    amount: { short: 60, long: 2_000 },
    within: { short: 6, long: 60 },
    control: 'short',
    wrong: only('INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'),
    // How long somebody waits meanwhile depends on how fast the machine is.
    works: { must: 'memory grows by more than 100 MiB', shown: (outcome) => growthOf(outcome) > 100 },
  },
  {
    name: 'nesting',
    what: 'messages within messages, to the size limit',
    amount: { short: 600, long: 100_000 },
    within: { short: 5, long: 60 },
    control: 'long',
    wrong: only('INVALID_ARGUMENT'),
  },
  {
    name: 'gzip',
    what: 'gzip bombs of 20 MB and 100 MB, and what is no gzip',
    amount: { short: 120, long: 10_000 },
    within: { short: 8, long: 120 },
    control: 'long',
    // What is said to be compressed and is not is answered by grpc-js itself, with INTERNAL.
    wrong: only('OK', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'UNIMPLEMENTED'),
  },
  {
    name: 'metadata',
    what: 'headers of 60 and 70 KB, and of 100 to 2,000 pairs',
    amount: { short: 600, long: 50_000 },
    within: { short: 5, long: 60 },
    control: 'long',
    wrong: none('HUNG'),
  },
  {
    name: 'odd-calls',
    what: 'wrong paths, methods, types, timeouts and lengths (CVE-2026-48068)',
    amount: { short: 1_000, long: 100_000 },
    within: { short: 6, long: 60 },
    control: 'long',
    wrong: none('HUNG'),
  },
  {
    name: 'cancelled',
    what: 'whole reports that nobody waits for any more',
    amount: { short: 5_000, long: 200_000 },
    within: { short: 6, long: 120 },
    control: 'long',
  },
  {
    name: 'malformed',
    what: 'mutated requests to every RPC',
    amount: { short: 20_000, long: 10_000_000 },
    within: { short: 25, long: 6 * 3_600 },
    control: 'long',
    isWork: ['short', 'long'],
    wrong: all(none('ended badly'), none('INTERNAL'), none('HUNG')),
  },
  {
    name: 'handshakes',
    what: 'handshakes of TLS that never end, and nothing after one that does',
    secured: true,
    amount: { short: 500, long: 1_500 },
    within: { short: 20, long: 30 },
    control: 'long',
    wrong: (outcome) =>
      Object.keys(outcome.counts)
        .filter((name) => name.endsWith('still open'))
        .flatMap((name) => none(name)(outcome)),
    works: {
      must: 'those that never end stay',
      shown: (outcome) => count(outcome, 'hello only: still open') * 5 >= 0.95 * count(outcome, 'sent'),
    },
  },
  {
    name: 'nobody-bodies',
    what: 'bodies that are slow or huge, of peers that prove nothing',
    secured: true,
    isWork: ['long'],
    amount: { short: 400, long: 20_000 },
    within: { short: 4, long: 60 },
    control: 'long',
    wrong: all(none('waits for the body'), (outcome) =>
      count(outcome, 'with a token: waits') === 2 ? [] : ['with a token they were not waited for either'],
    ),
    works: { must: 'each is waited for', shown: (outcome) => count(outcome, 'waits for the body') > 0 },
  },
  {
    name: 'wrong-tokens',
    what: 'wrong tokens, of the principal and from the address of the client that behaves',
    secured: true,
    isWork: ['long'],
    amount: { short: 2_000, long: 200_000 },
    within: { short: 3, long: 60 },
    control: 'long',
    wrong: all(only('UNAUTHENTICATED', 'RESOURCE_EXHAUSTED', 'CUT OFF'), none('right token: refused'), (outcome) =>
      count(outcome, 'right token: let in') > 0 ? [] : ['nobody came with the right token'],
    ),
  },
  {
    name: 'wrong-certificates',
    what: 'client certificates that have ended, or that nobody trusts',
    secured: true,
    isWork: ['long'],
    amount: { short: 300, long: 20_000 },
    within: { short: 3, long: 60 },
    control: 'long',
    wrong: all(only('UNAUTHENTICATED', 'RESOURCE_EXHAUSTED', 'CUT OFF'), (outcome) =>
      count(outcome, 'good certificate: let in') > 0 ? [] : ['the good certificate was not let in'],
    ),
  },
];
