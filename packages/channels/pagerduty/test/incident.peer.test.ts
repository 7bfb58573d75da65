import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertError } from '@therapytrain/alerts-core';
import type { NoticeEvent } from '@therapytrain/alerts-core/channel';
import { hostileInputs, noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { openPagerduty } from '@therapytrain/alerts-channel-pagerduty';
import { openSubject } from './support/open.ts';

describe('an incident at PagerDuty', () => {
  let subject: Awaited<ReturnType<typeof openSubject>>;
  let told = 0;

  beforeEach(async () => {
    subject = await openSubject({});
  });
  afterEach(async () => {
    expect(subject.peer.violations()).toEqual([]);
    await subject.channel.close();
    await subject.peer.stop();
  });

  const tell = (event: NoticeEvent, key = `dlv-${++told}`) =>
    subject.channel.deliver(noticeOf(sampleStory(event, [sampleAlert('Failed login attempt')]), 2), {
      key,
      number: 1,
      signal: new AbortController().signal,
    });

  test('is one, from the first notice to the last', async () => {
    const states: (string | undefined)[] = [];
    for (const event of ['opened', 'updated', 'escalated', 'acknowledged', 'resolved'] as const) {
      expect(await tell(event)).toEqual({ kind: 'done', proof: 'status 202 as inc-0199a000' });
      states.push(subject.peer.incidents()[0]?.state);
    }
    expect(states).toEqual(['triggered', 'triggered', 'triggered', 'acknowledged', 'resolved']);
    expect(subject.peer.incidents()).toHaveLength(1);
    expect(subject.peer.incidents()[0]).toMatchObject({ severity: 'error', events: 3 });
  });

  test('of an alert by itself is one too, however often it is told', async () => {
    await tell('alert', 'same');
    await tell('alert', 'same');
    await tell('alert', 'other');
    expect(subject.peer.incidents().map(({ events }) => events)).toEqual([2, 1]);
  });

  test('is not made by a check, which proves the routing key', async () => {
    const never = new AbortController().signal;
    expect(await subject.channel.check(never)).toMatchObject({ kind: 'done' });
    expect(subject.peer.incidents()).toEqual([]);
    subject.peer.behave('unauthorised');
    expect(await subject.channel.check(never)).toMatchObject({ kind: 'misconfigured', reason: 'credentials' });
  });

  test(`of ${hostileInputs.length} hostile texts keeps every rule of the API`, async () => {
    for (const [at, { text }] of hostileInputs.entries()) {
      const incident = sampleIncident({ id: `inc-${at}`, title: text, comment: text });
      const notice = noticeOf(sampleStory('opened', [sampleAlert(text, { component: text })], { incident }), 2);
      const attempt = { key: `hostile-${at}`, number: 1, signal: new AbortController().signal };
      expect(await subject.channel.deliver(notice, attempt)).toMatchObject({ kind: 'done' });
    }
    expect(subject.peer.incidents()).toHaveLength(hostileInputs.length);
  });
});

test.each([
  [{ routingKey: 'short' }, /routingKey: is not a routing key of 32 letters and digits/],
  [{ routingKey: '0'.repeat(32), url: 'http://events.pagerduty.com/v2/enqueue' }, /url: /],
  [{ routingKey: '0'.repeat(32), url: 'https://127.0.0.1/v2/enqueue' }, /url: /],
  [{ routingKey: '0'.repeat(32), service: 'x' }, /service: is not an option/],
])('options that cannot work are refused by name: %#', (options, rule) => {
  expect(() => openPagerduty(options as never)).toThrow(AlertError);
  expect(() => openPagerduty(options as never)).toThrow(rule);
});
