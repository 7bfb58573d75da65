import { describe, expect, test } from '@jest/globals';
import { AlertSeverity, severityName } from '@therapytrain/alerts-core';
import { noticeEvents, type Story } from '@therapytrain/alerts-core/channel';
import { hostileInputs, noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { approvalButtons } from '../src/approval-buttons.ts';
import { budget, render, renderReply } from '../src/render.ts';
import { links, noticeFor } from './support/open.ts';

const sizeOf = ({ text, blocks }: { text: string; blocks: unknown }): number => JSON.stringify([text, blocks]).length;
const alerts = (count: number, message: string, value = 'sign-in') =>
  Array.from({ length: count }, () => sampleAlert(message, { component: value, region: value }));
const typesOf = ({ blocks }: ReturnType<typeof render>): readonly string[] => blocks.map(({ type }) => type);

describe.each(noticeEvents)('a notice of "%s"', (event) => {
  const notice = noticeFor(event);
  const message = render(notice, 'dlv-1');

  test('says headline and severity in its text and in its header', () => {
    const [header] = message.blocks;
    expect(header?.type === 'header' && header.text.text).toMatch(/^(?:🔵|🟡|🟠|🔴) /u);
    expect(JSON.stringify(header)).toContain(notice.headline);
    expect(message.text.startsWith(notice.headline)).toBe(true);
    expect(message.text.toUpperCase()).toContain(severityName(notice.severity));
  });

  test('links to the gateway, in the text and in one element', () => {
    expect(message.text.endsWith(links[0] ?? '')).toBe(true);
    expect(JSON.stringify(message.blocks).split(`"url":"${links[0]}"`)).toHaveLength(2);
  });

  test('can be found again', () => {
    const incident = notice.incident ? { incident: notice.incident.id } : {};
    expect(message.metadata).toEqual({
      event_type: 'therapytrain_alert',
      event_payload: { delivery_id: 'dlv-1', event, ...incident },
    });
  });

  test('has nothing that Slack would interpret', () => {
    expect(JSON.stringify(message.blocks)).not.toMatch(/"mrkdwn"|"emoji":true/);
  });
});

describe('what is shown', () => {
  test('an alert: what happened, its facts, where it comes from', () => {
    const message = render(noticeFor('alert'), 'k');
    expect(typesOf(message)).toEqual(['header', 'rich_text', 'section', 'context', 'rich_text', 'context']);
    const shown = JSON.stringify(message.blocks);
    for (const part of ['Failed login attempt', 'Component\\nsign-in', '2026-11-24 09:29:00 UTC', 'Read more']) {
      expect(shown).toContain(part);
    }
  });

  test('an incident: state, who did it, how many, since when, what was said', () => {
    const incident = sampleIncident({ state: 'ACKNOWLEDGED', by: 'Robin', comment: 'Looking <into> it' });
    const shown = JSON.stringify(render(noticeFor('acknowledged', { incident }), 'k').blocks);
    for (const part of [
      'State\\nACKNOWLEDGED (Robin)',
      'Alerts\\n3',
      'First seen\\n2026-11-24 09:20:00 UTC',
      'Looking <into> it',
      'incident inc-0199a000',
    ]) {
      expect(shown).toContain(part);
    }
  });

  test('a digest: ten lines, and how many more there are', () => {
    const message = render(noticeOf(sampleStory('digest', alerts(40, 'x'), { total: 12_345 }), 2), 'k');
    expect(typesOf(message)).toEqual(['header', 'rich_text', 'context', 'rich_text', 'context']);
    expect(JSON.stringify(message.blocks).match(/"HIGH Something/g)).toHaveLength(10);
    expect(JSON.stringify(message.blocks)).toContain('and 12335 more');
  });

  test('how many values were withheld', () => {
    const alert = sampleAlert('x', { userId: 'u', diagnosis: 'd', sessionToken: 't' });
    expect(JSON.stringify(render(noticeOf(sampleStory('alert', [alert]), 2), 'k').blocks)).toContain(
      '2 values withheld',
    );
  });

  test('only so much of a link as is one: a very long one is left out', () => {
    const link = `https://alerts.clinic.test/${'a'.repeat(2_000)}`;
    expect(JSON.stringify(render(noticeFor('alert', { link }), 'k'))).not.toContain('alerts.clinic.test');
  });
});

describe('the thread', () => {
  test.each(['opened', 'escalated', 'acknowledged', 'resolved'] as const)('tells of "%s" in a few words', (event) => {
    const incident = sampleIncident({ by: 'Robin', comment: 'a & b' });
    const notice = noticeFor(event, { incident });
    const { text, blocks, metadata } = renderReply(notice, 'dlv-2');
    expect(text).toBe(`${notice.headline}\nBy Robin`);
    expect(blocks.map(({ type }) => type)).toEqual(['rich_text', 'context']);
    expect(JSON.stringify(blocks)).toContain('a & b');
    expect(metadata.event_payload.delivery_id).toBe('dlv-2');
  });
});

test('says whose it is, and links to the runbook', () => {
  const handled = { owner: 'Data & co', runbook: 'https://wiki.clinic.test/r?a=1&b=2' };
  const blocks = JSON.stringify(render(noticeFor('opened', handled), 'k').blocks);
  expect(blocks).toContain('Owner\\nData & co');
  expect(blocks).toContain(`"url":"${handled.runbook}"`);
  expect(JSON.stringify(render(noticeFor('opened'), 'k').blocks)).not.toMatch(/Owner|runbook/);
});

describe('the budget', () => {
  const units = ['W', '<', '&', '"', '\\', '漢', '👩‍👩‍👧‍👦', '\n', 'a '];
  const sizes: readonly (readonly [string, Story])[] = units.flatMap((unit) => {
    const long = unit.repeat(8_192);
    const incident = sampleIncident({ title: long, comment: long, by: long, id: long });
    const many = alerts(10, long, unit.repeat(1_000));
    const link = `https://alerts.clinic.test/${'&'.repeat(1_450)}`;
    const runbook = link;
    const asks = Array.from({ length: 5 }, (_, n) => ({ id: `0199a000-0000-7000-8000-00000000000${n}`, text: long }));
    return [
      [`one alert of ${unit}`, sampleStory('alert', many.slice(0, 1), { link, runbook })],
      [`an incident of ${unit}`, sampleStory('escalated', many, { incident, link, runbook, owner: long })],
      [
        `an incident of ${unit} that asks`,
        sampleStory('updated', many, { incident, link, runbook, asks, owner: long }),
      ],
      [`a digest of ${unit}`, sampleStory('digest', many, { link, total: 1_000_000 })],
    ] as const;
  });

  test.each(sizes)('holds for %s', (_, story) => {
    const notice = noticeOf(story, 2);
    const message = render(notice, 'k'.repeat(128));
    expect(sizeOf(message)).toBeLessThanOrEqual(budget);
    expect(message.blocks.length).toBeLessThanOrEqual(45);
    expect(JSON.stringify(message.blocks)).toContain(JSON.stringify(notice.headline).slice(1, -1));
    expect(sizeOf(renderReply(notice, 'k'))).toBeLessThanOrEqual(budget);
  });

  test('shortens before it leaves out', () => {
    const sizesOfTen = render(noticeOf(sampleStory('digest', alerts(10, 'x'.repeat(4_000))), 2), 'k');
    expect(JSON.stringify(sizesOfTen.blocks).match(/"HIGH Something/g)).toHaveLength(10);
  });
});

test.each(hostileInputs.map(({ tries, text }, place) => [place, tries, text] as const))(
  'hostile text %d, which tries %s, acts on nobody in the text',
  (_place, _tries, text) => {
    const { text: said } = render(noticeOf(sampleStory('alert', [sampleAlert(text)]), 2), 'k');
    expect(said).not.toMatch(/[<>]/);
    expect(said.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
  },
);

test('a severity is never told by its colour alone', () => {
  for (const severity of Object.values(AlertSeverity)) {
    const notice = noticeOf(sampleStory('alert', [sampleAlert('x', {}, { severity })]), 2);
    expect(JSON.stringify(render(notice, 'k').blocks[0])).toContain(severityName(severity));
  }
});

describe('what is asked', () => {
  const asks = [1, 2, 3, 4].map((n) => ({
    id: `0199a000-0000-7000-8000-00000000000${n}`,
    text: `Approval is asked (lock): number ${n} > @U1`,
  }));

  test('has its words and its two buttons, the first three questions at most', () => {
    const { blocks } = render(noticeFor('updated', { asks }), 'k');
    const buttons = blocks.filter(({ type }) => type === 'actions');
    expect(buttons).toEqual(asks.slice(0, 3).map(({ id, text }) => approvalButtons({ response: id, summary: text })));
    for (const { text } of asks.slice(0, 3)) expect(JSON.stringify(blocks)).toContain(`"text":"${text}"`);
  });

  test('is not told to a channel of everybody', () => {
    const notice = noticeOf(sampleStory('updated', [sampleAlert('x')], { asks }), 1);
    expect(notice.asks).toBeUndefined();
  });

  test('has no value that the channel may not show', () => {
    const alert = sampleAlert('x', { userId: 'anna.muster' });
    const [first] = asks;
    const story = sampleStory('updated', [alert], { asks: [{ id: first?.id ?? '', text: 'lock anna.muster' }] });
    expect(JSON.stringify(render(noticeOf(story, 2), 'k').blocks)).not.toContain('anna.muster');
  });
});

describe('words of the operator', () => {
  const words = (text: string | undefined) => ({ render: () => text });

  test('stand in place of ours, under the headline', () => {
    const message = render(noticeFor('opened'), 'k', words('*Look* &lt;here&gt;'));
    expect(typesOf(message)).toEqual(['header', 'section', 'rich_text', 'context']);
    expect(message.blocks[1]).toEqual({
      type: 'section',
      text: { type: 'mrkdwn', text: '*Look* &lt;here&gt;', verbatim: true },
    });
  });

  test.each([
    ['none', undefined],
    ['empty', ' \n'],
    ['too long', 'x'.repeat(3_001)],
  ])('are ours where they are %s', (_, text) => {
    const notice = noticeFor('opened');
    expect(render(notice, 'k', words(text))).toEqual(render(notice, 'k'));
  });
});
