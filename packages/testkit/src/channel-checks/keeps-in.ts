/* eslint-disable no-console -- it looks for what a channel writes there */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Metadata, Sensitivity } from '@therapytrain/alerts-core';
import { noticeEvents, type Outcome, tellsOfIncident } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from './stories.ts';
import { arrived, attemptOf, deliver, ended, isOutcome, promise } from './trial.ts';
import type { Arrival, ChannelCheck, ChannelSubject } from './subject.ts';

/** Values that must not get out, each in the key of its sensitivity. */
const canaries = {
  userId: 'canary-anna.berg-7315',
  diagnosis: 'Canary depression F32.1',
  sessionToken: 'canaryTokenQ9x7Lm2ZpR4t',
  undeclared: 'Canary Jürgen Østergård',
} as const satisfies Metadata;

const written = (value: string): readonly string[] => [
  value,
  value.toUpperCase(),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
  Buffer.from(value).toString('hex'),
  [...value].join('-'),
  [...value].join('\u200b'),
  JSON.stringify(value).slice(1, -1).replaceAll('a', '\\u0061'),
  value.replaceAll('a', '&#97;'),
  `${value.slice(0, 6)}\u200d${value.slice(6)}`,
];

const component = 'canary-component-4471';
const metadata = { ...canaries, region: 'eu-north', component };
const message = Object.values(canaries)
  .flatMap(written)
  .map((text, place) => `${place}. ${text}`)
  .join('\n');

const bare = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

const decodings = (text: string): readonly string[] => [
  text,
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()),
  text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
  text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))),
  ...(text.match(/[A-Za-z0-9+/]{16,}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString()),
  ...(text.match(/[0-9a-f]{16,}/gi) ?? []).map((run) => Buffer.from(run, 'hex').toString()),
];

/** Where the value can be read in what arrived, in whatever way it is written there. */
const leaks = ({ raw, text }: Arrival, value: string): boolean =>
  [raw, text].flatMap(decodings).some((each) => bare(each).includes(bare(value)));

const tellAll = async (subject: ChannelSubject): Promise<readonly Arrival[]> => {
  for (const event of noticeEvents) {
    const alerts = [sampleAlert(message, metadata), sampleAlert(`again ${canaries.userId}`, metadata)];
    const incident = sampleIncident({ title: `Logins of ${canaries.userId}`, comment: message, by: 'Robin' });
    const story = sampleStory(event, alerts, tellsOfIncident(event) ? { incident } : {});
    isOutcome(await deliver(subject, attemptOf(), noticeOf(story, subject.channel.clearance)), ['done']);
  }
  await arrived(subject, noticeEvents.length);
  return subject.peer.arrivals();
};

const keepsIn = async (subject: ChannelSubject): Promise<void> => {
  assert.equal(subject.channel.clearance, Sensitivity.INTERNAL, 'the clearance is INTERNAL unless it is raised');
  for (const arrival of await tellAll(subject)) {
    for (const [key, value] of Object.entries(canaries)) assert.equal(leaks(arrival, value), false, `${key} got out`);
  }
};

const showsWhatItMay = async (subject: ChannelSubject): Promise<void> => {
  const arrivals = await tellAll(subject);
  assert.ok(
    arrivals.some((arrival) => leaks(arrival, canaries.userId)),
    'PERSONAL is shown to who is cleared for it',
  );
  for (const arrival of arrivals) {
    for (const key of ['diagnosis', 'sessionToken', 'undeclared'] as const) {
      assert.equal(leaks(arrival, canaries[key]), false, `${key} got out`);
    }
  }
};

const isPublic = async (subject: ChannelSubject): Promise<void> => {
  for (const arrival of await tellAll(subject)) {
    for (const value of [...Object.values(canaries), component]) assert.equal(leaks(arrival, value), false);
    assert.equal(arrival.text.includes('again '), false, 'free text is INTERNAL');
  }
};

const namesClearance = async (subject: ChannelSubject): Promise<void> => {
  const outcome = await ended(subject.channel.check(new AbortController().signal), subject.timeout);
  isOutcome(outcome, ['done']);
  assert.ok(outcome.kind === 'done' && /clearance raised to PERSONAL/.test(outcome.proof ?? ''), 'the check names it');
};

/** Everything that printing it in any way would show. */
export const shown = (outcome: unknown): string =>
  `${JSON.stringify(outcome)} ${inspect(outcome, { depth: null, showHidden: true })}`;

const outcomesTellNothing = async (subject: ChannelSubject): Promise<void> => {
  const { channel, peer, secrets } = subject;
  assert.ok(secrets.length > 0, 'the subject names its secrets');
  const notice = noticeOf(sampleStory('alert', [sampleAlert('canary message 5501', metadata)]), channel.clearance);
  const outcomes: Outcome[] = [];
  for (const behaviour of peer.has) {
    peer.behave(behaviour);
    outcomes.push(await deliver(subject, attemptOf(), notice));
    outcomes.push(await ended(channel.check(new AbortController().signal), subject.timeout));
  }
  await peer.stop();
  outcomes.push(await deliver(subject, attemptOf(), notice));
  for (const outcome of outcomes) {
    for (const secret of [...secrets, ...Object.values(canaries), 'canary message 5501']) {
      assert.equal(shown(outcome).includes(secret), false, `an outcome of kind ${outcome.kind} holds what it must not`);
    }
  }
};

/** What is written to the console and the standard streams while the work is done. */
export const saidWhile = async (work: () => Promise<void>): Promise<readonly unknown[]> => {
  const said: unknown[] = [];
  const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
  const kept = methods.map((method) => [method, console[method]] as const);
  const streams = [process.stdout, process.stderr].map((stream) => [stream, stream.write] as const);
  for (const method of methods) console[method] = (...words: unknown[]) => void said.push(words);
  for (const [stream] of streams) stream.write = ((words: unknown) => said.push(words) > 0) as typeof stream.write;
  try {
    await work();
  } finally {
    for (const [method, original] of kept) console[method] = original;
    for (const [stream, write] of streams) stream.write = write;
  }
  return said;
};

const saysNothing = async (subject: ChannelSubject): Promise<void> => {
  const said = await saidWhile(async () => {
    for (const behaviour of subject.peer.has) {
      subject.peer.behave(behaviour);
      await deliver(subject);
    }
  });
  assert.equal(said.length, 0, 'a channel does not log');
};

/** What must not get out: by the notice, by the outcome, by the log. */
export const keepsInChecks: readonly ChannelCheck[] = [
  promise('nothing above INTERNAL gets out, however it is written', keepsIn),
  promise('a raised clearance shows PERSONAL and nothing above', showsWhatItMay, {
    wish: { clearance: Sensitivity.PERSONAL },
  }),
  promise('a clearance of PUBLIC keeps free text in', isPublic, { wish: { clearance: Sensitivity.PUBLIC } }),
  promise('a raised clearance is named by the check', namesClearance, { wish: { clearance: Sensitivity.PERSONAL } }),
  promise('no outcome holds a secret, an address or a payload', outcomesTellNothing),
  promise('it says nothing on the console', saysNothing),
];
