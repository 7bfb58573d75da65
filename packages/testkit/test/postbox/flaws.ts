import { connect } from 'node:net';
import { request } from 'node:http';
import {
  type Channel,
  noticeEvents,
  type Outcome,
  outcomeOf,
  type OutcomeReason,
} from '@therapytrain/alerts-core/channel';
import { hostileInputs, type OpenChannelSubject } from '@therapytrain/alerts-testkit';
import type { PostboxParts, Reply } from './postbox.ts';
import { type Flaw, openPostbox, openSharedPostbox } from './subject.ts';

/** A channel that breaks one promise, and which. */
export interface FlawedChannel {
  /** The end of "a channel that". */
  readonly flaw: string;
  readonly check: string;
  readonly open: OpenChannelSubject;
}

const flawed = (check: string, flaw: string, how: Flaw): FlawedChannel => ({ check, flaw, open: openPostbox(how) });

/** Judges replies of one sort otherwise. */
const judges = (when: (reply: Reply) => boolean, reason: OutcomeReason): Flaw => ({
  parts: ({ judge }) => ({
    judge: (reply, waitOf) => (when(reply) ? outcomeOf(reason, 'judged badly') : judge(reply, waitOf)),
  }),
});

const status = (code: number) => (reply: Reply) => 'status' in reply && reply.status === code;
const failed = (how: 'before' | 'after' | 'unreadable') => (reply: Reply) => 'failed' in reply && reply.failed === how;

const delivers = (deliver: (channel: Channel, url: string) => Channel['deliver']): Flaw => ({
  wrap: (channel, url) => ({ ...channel, deliver: deliver(channel, url) }),
});

const checks = (check: (channel: Channel, url: string) => Channel['check']): Flaw => ({
  wrap: (channel, url) => ({ ...channel, check: check(channel, url) }),
});

const never = new AbortController().signal;
const deaf = delivers((channel) => (notice, attempt) => channel.deliver(notice, { ...attempt, signal: never }));
const endless: Flaw = { parts: () => ({ timeout: 600_000 }) };

const done: Outcome = { kind: 'done', proof: 'says so' };

/** Changes what is written. */
const writes = (change: (text: string, notice: Parameters<PostboxParts['render']>[0]) => string): Flaw => ({
  parts: ({ render }) => ({ render: (notice) => change(render(notice), notice) }),
});

const relinked = (text: string): string =>
  text.replaceAll('[.]', '.').replaceAll('hxxp', 'http').replaceAll('[:]', ':');

/** Makes the links of one part of a notice live again, as a renderer with a wish to please would. */
const relinks = (part: 'message' | 'facts' | 'title'): Flaw => ({
  parts: ({ render }) => ({
    render: (notice) => {
      const said = JSON.parse(render(notice)) as Record<string, unknown>;
      const live = (value: unknown): unknown => JSON.parse(relinked(JSON.stringify(value ?? null))) as unknown;
      if (part === 'title') return JSON.stringify({ ...said, title: live(said['title']) });
      const alerts = said['alerts'] as Record<string, unknown>[];
      return JSON.stringify({ ...said, alerts: alerts.map((alert) => ({ ...alert, [part]: live(alert[part]) })) });
    },
  }),
});

const keepsFailing = delivers((channel) => {
  let broken = false;
  return async (notice, attempt) => {
    if (broken) return outcomeOf('peer_failed', 'it failed before');
    const outcome = await channel.deliver(notice, attempt);
    broken = outcome.kind === 'retry';
    return outcome;
  };
});

const triesAgain = delivers((channel) => async (notice, attempt) => {
  const outcome = await channel.deliver(notice, attempt);
  return outcome.kind === 'done' ? outcome : channel.deliver(notice, attempt);
});

const oneAtATime = delivers((channel) => {
  let busy = false;
  return async (notice, attempt) => {
    if (busy) return outcomeOf('throttled', 'busy');
    busy = true;
    try {
      return await channel.deliver(notice, attempt);
    } finally {
      busy = false;
    }
  };
});

const leavesConnections = delivers((channel, url) => async (notice, attempt) => {
  connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  return channel.deliver(notice, attempt);
});

const follows = delivers((channel, url) => async (notice, attempt) => {
  const outcome = await channel.deliver(notice, attempt);
  if (outcome.kind === 'done' || outcome.reason !== 'unsafe_address') return outcome;
  await new Promise((resolve) => request(new URL('/elsewhere', url), { method: 'POST' }, resolve).end());
  return outcome;
});

const sendsNoMatter = delivers((channel) => async (notice, attempt) => {
  const outcome = await channel.deliver(notice, { ...attempt, signal: never });
  return attempt.signal.aborted ? outcomeOf('cancelled', 'given up') : outcome;
});

const speaks = delivers((channel) => async (notice, attempt) => {
  process.stderr.write('delivering\n');
  return channel.deliver(notice, attempt);
});

const tells = delivers((channel, url) => async (notice, attempt) => {
  const outcome = await channel.deliver(notice, attempt);
  return outcome.kind === 'retry' ? { ...outcome, detail: `POST ${url}` } : outcome;
});

const probesByPosting = checks((channel, url) => async (signal) => {
  const outcome = await channel.check(signal);
  await new Promise<void>((resolve) => {
    request(url, { method: 'POST', agent: false }, (response) => response.resume().on('end', () => resolve()))
      .on('error', () => resolve())
      .end('{"text":"test"}');
  });
  return outcome;
});

const busyClose: Flaw = {
  wrap: (channel) => {
    let busy = 0;
    return {
      ...channel,
      deliver: async (notice, attempt) => {
        busy++;
        return channel.deliver(notice, attempt).finally(() => busy--);
      },
      close: () => (busy > 0 ? new Promise<void>(() => undefined) : channel.close()),
    };
  },
};

const unclamped: Flaw = { parts: () => ({ waitOf: (text, now) => (text ? Date.parse(text) - now : undefined) }) };

/** One channel for each promise of the contract, broken there. */
export const flawedChannels: readonly FlawedChannel[] = [
  flawed('a notice that the peer takes is done, with its proof', 'proves nothing', {
    parts: ({ judge }) => ({
      judge: (reply, waitOf) => (status(200)(reply) ? { kind: 'done' } : judge(reply, waitOf)),
    }),
  }),
  flawed('a peer that asks for less is tried later', 'takes 429 for a refusal', judges(status(429), 'refused')),
  flawed('a peer that failed is tried later', 'takes 500 for a refusal', judges(status(500), 'refused')),
  flawed('what is refused is not tried again', 'tries a refused notice again', judges(status(400), 'peer_failed')),
  flawed('refused credentials are told apart', 'tries a wrong password again', judges(status(401), 'peer_failed')),
  flawed('a missing permission is told apart', 'takes 403 for a refusal', judges(status(403), 'refused')),
  flawed('a target that is not there is told apart', 'takes 404 for a failure', judges(status(404), 'peer_failed')),
  flawed('a target that was withdrawn is told apart', 'takes 410 for a refusal', judges(status(410), 'refused')),
  flawed('what is too large is told apart', 'takes 413 for a failure', judges(status(413), 'peer_failed')),
  flawed('a redirect is told and not followed', 'follows a redirect', follows),
  flawed('an answer that cannot be read leaves it open', 'takes any answer for a yes', {
    parts: ({ judge }) => ({ judge: (reply, waitOf) => (failed('unreadable')(reply) ? done : judge(reply, waitOf)) }),
  }),
  flawed('a wait that the peer names is handed on', 'forgets how long to wait', {
    parts: () => ({ waitOf: () => undefined }),
  }),
  flawed('a date that the peer names is handed on as a wait', 'reads seconds only', {
    parts: () => ({ waitOf: (text) => (/^\d+$/.test(text ?? '') ? Number(text) * 1_000 : undefined) }),
  }),
  flawed('whatever the peer did before, the next attempt is a new one', 'does not recover', keepsFailing),
  {
    check: 'who does not have it yet is tried alone',
    flaw: 'tells everybody again',
    open: openSharedPostbox({ parts: () => ({ owed: () => ['first', 'second', 'third'] }) }),
  },
  {
    check: 'progress that is not its own does no harm',
    flaw: 'trusts what it handed out',
    open: openSharedPostbox({
      parts: () => ({
        owed: ({ progress }) => (progress === undefined ? ['first'] : (JSON.parse(progress) as string[])),
      }),
    }),
  },
  flawed('a peer that is not there is tried later', 'gives up a dead peer', judges(failed('before'), 'refused')),
  flawed('a connection that ends at once is tried later', 'takes a lost connection for a yes', {
    parts: ({ judge }) => ({ judge: (reply, waitOf) => ('failed' in reply ? done : judge(reply, waitOf)) }),
  }),
  flawed(
    'a connection that ends before the answer leaves it open',
    'is sure that nothing arrived',
    judges(failed('after'), 'unreachable'),
  ),
  flawed('a peer that never speaks is waited for no longer than the deadline', 'has no deadline', endless),
  flawed('an answer that does not come in time leaves it open', 'has no deadline', endless),
  flawed('an answer that never ends is waited for no longer than the deadline', 'has no deadline', endless),
  flawed('no more of an answer is read than anybody needs', 'reads all', {
    wrap: (channel) => ({ ...channel, deliver: () => new Promise(() => undefined) }),
  }),
  flawed('an attempt that was given up before it began sends nothing', 'sends no matter what', sendsNoMatter),
  flawed('an attempt that is given up ends at once', 'does not hear its caller', deaf),
  flawed(
    'an attempt that is given up after it was sent leaves it open',
    'takes a sent notice for an unsent one',
    delivers((channel) => async (notice, attempt) => {
      const outcome = await channel.deliver(notice, attempt);
      return attempt.signal.aborted ? outcomeOf('cancelled', 'given up') : outcome;
    }),
  ),
  flawed('no connection outlives the channel', 'leaves connections open', leavesConnections),
  flawed('twelve at once arrive, each once', 'takes one at a time', oneAtATime),
  flawed('a channel that is closed while it is busy ends its attempts', 'waits for its attempts', busyClose),
  flawed('a closed channel can be closed again and sends nothing', 'is never closed', {
    wrap: (channel) => ({ ...channel, close: async () => undefined }),
  }),
  flawed('a wall clock that is a day ahead changes nothing', 'waits a time that has passed', unclamped),
  flawed('a wall clock that is a day behind changes nothing', 'waits a day', unclamped),
  flawed('a second try after a doubtful one bears the same id', 'makes an id for each try', {
    parts: () => ({ idOf: ({ key, number }) => `${key}-${number}` }),
  }),
  flawed('two deliveries bear two ids', 'has one id', { parts: () => ({ idOf: () => 'one' }) }),
  flawed('it does not try again by itself', 'tries again by itself', triesAgain),
  flawed(
    'it changes nothing of what it is given',
    'sorts what it is given',
    delivers((channel) => async (notice, attempt) => {
      (notice.alerts as unknown[]).pop();
      return channel.deliver(notice, attempt);
    }),
  ),
  flawed(
    'every key that a delivery may have works',
    'cuts long keys off',
    delivers(
      (channel) => async (notice, attempt) =>
        attempt.key.length > 100 ? outcomeOf('refused', 'the key is long') : channel.deliver(notice, attempt),
    ),
  ),
  flawed(
    'a ref that is not its own does no harm',
    'trusts what it handed out',
    delivers((channel) => async (notice, attempt) => {
      if (attempt.ref !== undefined) new URL(attempt.ref);
      return channel.deliver(notice, attempt);
    }),
  ),
  flawed('nothing above INTERNAL gets out, however it is written', 'is cleared for all', {
    parts: () => ({ clearance: 4 }),
  }),
  flawed('a raised clearance shows PERSONAL and nothing above', 'is not cleared when it should be', {
    parts: () => ({ clearance: 2 }),
  }),
  flawed('a clearance of PUBLIC keeps free text in', 'does not lower its clearance', {
    parts: () => ({ clearance: 2 }),
  }),
  flawed(
    'a raised clearance is named by the check',
    'hides its clearance',
    checks(() => async () => done),
  ),
  flawed('no outcome holds a secret, an address or a payload', 'tells where it posted', tells),
  flawed('it says nothing on the console', 'logs', speaks),
  ...noticeEvents.map((event) =>
    flawed(
      `a notice of "${event}" arrives and can be read`,
      `does not know "${event}"`,
      writes((text, notice) => (notice.event === event ? '{}' : text)),
    ),
  ),
  flawed(
    'a digest of very many says how many',
    'counts what it shows',
    writes((text, { alerts, total }) => text.replaceAll(String(total), String(alerts.length))),
  ),
  flawed(
    'the largest notice arrives',
    'refuses what is large',
    delivers(
      (channel) => async (notice, attempt) =>
        JSON.stringify(notice).length > 20_000 ? outcomeOf('too_large', 'not sent') : channel.deliver(notice, attempt),
    ),
  ),
  flawed(
    'the emptiest notice arrives',
    'needs an alert',
    writes((text, { alerts }) => text + (alerts[0] as { id: string }).id.slice(0, 0)),
  ),
  flawed(`${hostileInputs.length} hostile messages arrive and do no harm`, 'links what is said', relinks('message')),
  flawed(`${hostileInputs.length} hostile metadata values arrive and do no harm`, 'links facts', relinks('facts')),
  flawed(
    `${hostileInputs.length} hostile titles, names and comments arrive and do no harm`,
    'links titles',
    relinks('title'),
  ),
  flawed('the check proves the peer, sends nothing and ends in time', 'posts to see whether it can', probesByPosting),
  flawed(
    'the check tells refused credentials',
    'checks nothing',
    checks((channel) => async (signal) => {
      const outcome = await channel.check(signal);
      return outcome.kind === 'misconfigured' ? done : outcome;
    }),
  ),
];
