import assert from 'node:assert/strict';
import { AlertSeverity, severityName } from '@therapytrain/alerts-core';
import { type Notice, noticeEvents, type Clearance } from '@therapytrain/alerts-core/channel';
import { hostileInputs } from './hostile-inputs.ts';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from './stories.ts';
import { arrived, attemptOf, deliver, ended, isOutcome, promise } from './trial.ts';
import type { Arrival, ChannelCheck, ChannelSubject } from './subject.ts';

// What must not be left of a hostile text, in anything that a person's program would read.
const acts: readonly (readonly [string, RegExp])[] = [
  ['a control character', /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/],
  [
    'a hidden or direction-changing character',
    /[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u,
  ],
  ['half of a surrogate pair', /\p{Surrogate}/u],
  ['a mention', /<[!@#](?:channel|here|everyone|subteam|U0EVIL|C0EVIL|date)/i],
  ['a mention of everybody', /(?:^|[^\w.])@(?:channel|here|everyone|all)\b/i],
  ['a live link', /(?:https?|ftp|file|slack):\/\/[^\s"'<>]*(?:evil|passwd|open)/i],
  ['a host to go to', /(?<!@)\bevil\.(?:com|example)/i],
  ['a script address', /(?:javascript|vbscript):\S|data:text\/html/i],
  ['too many marks over one letter', /\p{M}{8}/u],
];

const activeHtml =
  /<\s*\/?\s*(?:script|img|svg|iframe|style[^>]*>\*|base|meta[^>]*refresh|form|object|embed)\b|<[^>]*\son\w+\s*=/i;

const isHarmless = (tries: string, { text, raw, html, recipients }: Arrival, expected: readonly string[]): void => {
  for (const [what, pattern] of acts) assert.doesNotMatch(text, pattern, `a text that tries ${tries} left ${what}`);
  const [head = ''] = raw.split(/\r?\n\r?\n/, 1);
  assert.doesNotMatch(head, /^(?:bcc|x-injected)\s*:/im, `a text that tries ${tries} made a header`);
  if (html !== undefined) assert.doesNotMatch(html, activeHtml, `a text that tries ${tries} became HTML`);
  assert.deepEqual(recipients, expected, `a text that tries ${tries} changed who is told`);
  assert.ok(text.length < 200_000, 'what arrives is bounded');
};

const hostile =
  (place: (text: string) => Notice<Clearance>) =>
  async (subject: ChannelSubject): Promise<void> => {
    isOutcome(await deliver(subject), ['done']);
    await arrived(subject, 1);
    const expected = subject.peer.arrivals()[0]?.recipients ?? [];
    for (const { tries, text } of hostileInputs) {
      const before = subject.peer.arrivals().length;
      const outcome = await deliver(subject, attemptOf(), place(text));
      assert.equal(
        outcome.kind,
        'done',
        `a text that tries ${tries} keeps the notice from arriving: ${JSON.stringify(outcome)}`,
      );
      await arrived(subject, before + 1);
      for (const arrival of subject.peer.arrivals().slice(before)) isHarmless(tries, arrival, expected);
    }
  };

const internal = 2;

const tellsEvent = (event: (typeof noticeEvents)[number]) =>
  promise(`a notice of "${event}" arrives and can be read`, async (subject) => {
    const alerts = [
      sampleAlert('Failed login attempt', { component: 'sign-in' }, { severity: AlertSeverity.CRITICAL }),
    ];
    const notice = noticeOf(sampleStory(event, alerts), subject.channel.clearance);
    isOutcome(await deliver(subject, attemptOf(), notice), ['done']);
    await arrived(subject, 1);
    const text = subject.peer.arrivals()[0]?.text ?? '';
    assert.ok(text.includes(notice.headline), `the headline is shown: ${notice.headline}`);
    assert.ok(text.toUpperCase().includes(severityName(notice.severity)), 'the severity is said in words');
  });

const digest = async (subject: ChannelSubject): Promise<void> => {
  const alerts = Array.from({ length: 40 }, (_, place) => sampleAlert(`Alert number ${place}. ${'x'.repeat(4_000)}`));
  const notice = noticeOf(sampleStory('digest', alerts, { total: 12_345 }), subject.channel.clearance);
  isOutcome(await deliver(subject, attemptOf(), notice), ['done']);
  await arrived(subject, 1);
  assert.match(subject.peer.arrivals()[0]?.text ?? '', /12[,. ]?345/, 'it says how many alerts it stands for');
};

const largest = async (subject: ChannelSubject): Promise<void> => {
  const fill = (unit: string): string => unit.repeat(8_192);
  for (const unit of ['W', '<', '&', '"', '漢', '\n', '`']) {
    const component = unit === '\n' ? 'x'.repeat(1_024) : unit.repeat(1_024);
    const alerts = Array.from({ length: 10 }, () => sampleAlert(fill(unit), { component, region: component }));
    const incident = sampleIncident({ title: fill(unit), comment: fill(unit), by: fill(unit) });
    const notice = noticeOf(sampleStory('escalated', alerts, { incident }), subject.channel.clearance);
    isOutcome(await deliver(subject, attemptOf(), notice), ['done']);
  }
};

const emptiest = async (subject: ChannelSubject): Promise<void> => {
  isOutcome(await deliver(subject, attemptOf(), noticeOf(sampleStory('digest', []), internal)), ['done']);
  const bare = {
    event: 'alert',
    at: 0,
    alerts: [sampleAlert(' ', {}, { type: 'NEVER_DECLARED', source: '' })],
  } as const;
  isOutcome(await deliver(subject, attemptOf(), noticeOf(bare, internal)), ['done']);
};

const probes = async (subject: ChannelSubject): Promise<void> => {
  const { channel, peer, timeout } = subject;
  const check = (signal = new AbortController().signal) => ended(channel.check(signal), timeout);
  isOutcome(await check(), ['done']);
  assert.equal(peer.arrivals().length, 0, 'a check sends nothing that a person would see');
  isOutcome(await check(AbortSignal.abort()), ['retry'], ['cancelled']);
  peer.behave('hang-at-once');
  if (peer.has.has('hang-at-once')) isOutcome(await check(), ['retry', 'ambiguous']);
  await peer.stop();
  isOutcome(await check(), ['retry'], ['unreachable', 'timed_out']);
};

const probesCredentials = async (subject: ChannelSubject): Promise<void> => {
  subject.peer.behave('unauthorised');
  const outcome = await ended(subject.channel.check(new AbortController().signal), subject.timeout);
  isOutcome(outcome, ['misconfigured'], ['credentials']);
};

/** What arrives: readable, whole or cut, and harmless. */
export const contentChecks: readonly ChannelCheck[] = [
  ...noticeEvents.map(tellsEvent),
  promise('a digest of very many says how many', digest),
  promise('the largest notice arrives', largest, { wish: { timeout: 10_000 } }),
  promise('the emptiest notice arrives', emptiest),
  promise(
    `${hostileInputs.length} hostile messages arrive and do no harm`,
    hostile((text) => noticeOf(sampleStory('alert', [sampleAlert(text)]), internal)),
  ),
  promise(
    `${hostileInputs.length} hostile metadata values arrive and do no harm`,
    hostile((text) => noticeOf(sampleStory('alert', [sampleAlert('x', { component: text, region: text })]), internal)),
  ),
  promise(
    `${hostileInputs.length} hostile titles, names and comments arrive and do no harm`,
    hostile((text) => {
      const incident = sampleIncident({ title: text, comment: text, by: text, state: 'ACKNOWLEDGED' });
      return noticeOf(sampleStory('acknowledged', [sampleAlert('x')], { incident }), internal);
    }),
  ),
  promise('the check proves the peer, sends nothing and ends in time', probes),
  promise('the check tells refused credentials', probesCredentials, { needs: 'unauthorised' }),
];
