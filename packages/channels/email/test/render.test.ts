import { expect, test } from '@jest/globals';
import { AlertSeverity } from '@therapytrain/alerts-core';
import { type NoticeEvent, noticeEvents } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { render, renderBy } from '../src/render.ts';
import { samples } from './support/samples.ts';

const alert = sampleAlert('Failed login attempt', { component: 'sign-in' });

const says: Readonly<Record<NoticeEvent, readonly [subject: string, sentence: string, colour: string]>> = {
  alert: ['HIGH Something of every sensitivity: Failed login attempt', 'An alert was raised.', '#c2410c'],
  opened: ['HIGH Failed logins at the sign-in service', 'An incident was opened.', '#c2410c'],
  updated: ['HIGH Failed logins at the sign-in service', 'The incident has changed.', '#c2410c'],
  escalated: ['[ESCALATED] HIGH Failed logins at the sign-in service', 'Escalated to Robin (on call).', '#c2410c'],
  acknowledged: [
    '[ACKNOWLEDGED] HIGH Failed logins at the sign-in service',
    'Acknowledged by Robin (on call).',
    '#1d4ed8',
  ],
  resolved: ['[RESOLVED] HIGH Failed logins at the sign-in service', 'Resolved by Robin (on call).', '#166534'],
  digest: ['1 alerts, the most severe HIGH', 'A digest of what has come in.', '#c2410c'],
  reminded: [
    '[REMINDER] HIGH Failed logins at the sign-in service',
    'Nobody has acknowledged the incident yet.',
    '#c2410c',
  ],
  silence_ended: [
    '[SILENCE ENDED] Robin: it held back 12 alerts of 3 incidents, the most severe HIGH',
    'A silence has ended.',
    '#c2410c',
  ],
};

test.each(noticeEvents)('the event "%s"', (event) => {
  const [subject, sentence, colour] = says[event];
  const rendered = render(noticeOf(sampleStory(event, [alert]), 2));
  expect(rendered.subject).toBe(subject);
  expect(rendered.text.startsWith(`${subject}\n\n${sentence}\n`)).toBe(true);
  expect(rendered.html).toContain(sentence);
  expect(/<td class="pad" style="background:(#[0-9a-f]{6})/.exec(rendered.html)?.[1]).toBe(colour);
  expect(render(noticeOf(sampleStory(event, [alert]), 2))).toEqual(rendered);
});

test.each([
  ['escalated', 'The incident was escalated.'],
  ['acknowledged', 'The incident was acknowledged.'],
  ['resolved', 'The incident was resolved.'],
] as const)('%s by nobody in particular', (event, sentence) => {
  const { text } = render(noticeOf(sampleStory(event, [alert], { incident: sampleIncident() }), 2));
  expect(text).toContain(`\n${sentence}\n`);
});

test('the text of an incident that was resolved', () => {
  expect(render(samples.resolved).text).toBe(`[RESOLVED] HIGH Failed logins at the sign-in service

Resolved by Robin (second line).

Severity:   HIGH
Incident:   Failed logins at the sign-in service
State:      Resolved
Alerts:     14
First seen: 2026-11-24 09:20:00 UTC
Last seen:  2026-11-24 09:29:00 UTC
Id:         inc-0199a000

Comment:
   | The new phone of a colleague still had the old password.
   | She was called, and has signed in since.

1. Authentication failure (HIGH)
   2026-11-24 09:29:00 UTC · sign-in
   | Failed login attempt 14 of user:3711-B313
   User:       user:3711-B313 (pseudonym)
   IP address: address:5BC8-F06E (pseudonym)
   Method:     password

Read on: https://alerts.clinic.test/incidents/inc-0199a000

-- 
Sent by a program that watches for security alerts. What you may not see is
left out or shown under a pseudonym.
`);
});

test('what is left out, and what is not shown, is said', () => {
  const alerts = [sampleAlert('one', { diagnosis: 'F32.1', userId: 'x', unknown: 'y' }), sampleAlert('two', { x: 1 })];
  const { text, html } = render(noticeOf(sampleStory('digest', alerts, { total: 12_345 }), 2));
  for (const part of [text, html]) {
    expect(part).toContain('2 values are withheld');
    expect(part).toContain('1 value is withheld');
    expect(part).toContain('12,343 more alerts are not shown.');
  }
});

test('without a link there is none, and without a message no empty quotation', () => {
  const bare = { event: 'alert', at: 0, alerts: [sampleAlert('x', {}, { source: '' })] } as const;
  const { text, html } = render(noticeOf(bare, 1));
  expect(text).not.toMatch(/Read on|\| /);
  expect(html).not.toMatch(/<a |class="quote/);
});

test('each severity has its colour and its word', () => {
  const colours = Object.entries(AlertSeverity).map(([name, severity]) => {
    const { html } = render(noticeOf(sampleStory('alert', [sampleAlert('x', {}, { severity })]), 2));
    expect(html).toContain(`>${name}</span>`);
    return /<td class="pad" style="background:(#[0-9a-f]{6})/.exec(html)?.[1];
  });
  expect(new Set(colours).size).toBe(4);
});

test('a digest of long alerts stays below what mail programs cut off', () => {
  const alerts = Array.from({ length: 10 }, () => sampleAlert('word '.repeat(2_000), { component: 'c'.repeat(500) }));
  const { html, text } = render(noticeOf(sampleStory('digest', alerts), 2));
  expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(600);
});

test('a template stands in for its part alone, and its failure is told', () => {
  const fails = { render: () => undefined };
  const works = { render: () => 'of the template' };
  const builtIn = render(samples.resolved);
  expect(renderBy({ text: works }, samples.resolved)).toEqual({
    rendered: { ...builtIn, text: 'of the template' },
    failed: false,
  });
  expect(renderBy({ text: works, html: fails }, samples.resolved)).toEqual({
    rendered: { ...builtIn, text: 'of the template' },
    failed: true,
  });
});

test('says whose it is, and links to the runbook', () => {
  const handled = { owner: 'Data & co', runbook: 'https://wiki.clinic.test/r?a=1&b=2' };
  const { text, html } = render(noticeOf(sampleStory('opened', [sampleAlert('x')], handled), 2));
  expect(text).toMatch(/^Owner: +Data & co$/m);
  expect(text).toContain('What to do: https://wiki.clinic.test/r?a=1&b=2\n');
  expect(html).toContain('Data &#38; co');
  expect(html).toContain('href="https://wiki.clinic.test/r?a=1&#38;b=2"');
  const bare = render(noticeOf(sampleStory('opened', [sampleAlert('x')]), 2));
  expect(bare.text + bare.html).not.toMatch(/Owner|What to do/);
});
