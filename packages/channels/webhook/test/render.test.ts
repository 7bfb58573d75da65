import { describe, expect, test } from '@jest/globals';
import { CloudEvent, HTTP } from 'cloudevents';
import { AlertSeverity, type Metadata } from '@therapytrain/alerts-core';
import { type Clearance, type Notice, noticeEvents, tellsOfIncident } from '@therapytrain/alerts-core/channel';
import { hostileInputs, noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { payloads, payloadTypes, webhookJsonSchema } from '../src/payload.ts';
import { render } from '../src/render.ts';

const key = 'dlv-0199a000';
const internal = 2;
const of = (
  notice: Notice<Clearance>,
  format: 'standard' | 'cloudevents' = 'standard',
  detail: 'thin' | 'full' = 'thin',
) => {
  const { contentType, body } = render(notice, { key, format, detail });
  return { contentType, body, json: JSON.parse(body.toString()) as Record<string, unknown> };
};

const metadata: Metadata = { region: 'eu-north', component: 'sign-in', userId: 'anna', diagnosis: 'F32.1' };
const alert = sampleAlert('Failed login attempt', metadata, { id: 'alert-1', severity: AlertSeverity.CRITICAL });
const incident = sampleIncident({ state: 'ACKNOWLEDGED', by: 'Robin (on call)', comment: 'I look into it.' });

test('a thin payload of an alert: what happened, and ids to read on', () => {
  const { contentType, json } = of(noticeOf(sampleStory('alert', [alert]), internal));
  expect(contentType).toBe('application/json; charset=utf-8');
  expect(json).toEqual({
    type: 'alert.reported',
    timestamp: '2026-11-24T09:30:00.000Z',
    data: {
      version: 1,
      event: 'alert',
      severity: 'CRITICAL',
      headline: 'CRITICAL Something of every sensitivity: Failed login attempt',
      alerts: [
        { id: 'alert-1', type: 'EVERY_SENSITIVITY', severity: 'CRITICAL', occurredAt: '2026-11-24T09:29:00.000Z' },
      ],
      total: 1,
      link: 'https://alerts.clinic.test/incidents/inc-0199a000',
      truncated: false,
    },
  });
});

test('a thin payload of an incident has its state and counts, and nobody’s words', () => {
  const { json } = of(noticeOf(sampleStory('acknowledged', [alert], { incident }), internal));
  expect(json).toMatchObject({
    type: 'incident.acknowledged',
    data: {
      incident: {
        id: 'inc-0199a000',
        state: 'ACKNOWLEDGED',
        count: 3,
        firstSeen: '2026-11-24T09:20:00.000Z',
        lastSeen: '2026-11-24T09:29:00.000Z',
      },
    },
  });
  expect(JSON.stringify((json as { data: { incident: object } }).data.incident)).not.toMatch(/Robin|look into|Failed/);
});

test('a full payload has also the cleared message and facts, and no more', () => {
  const { json } = of(noticeOf(sampleStory('acknowledged', [alert], { incident }), internal), 'standard', 'full');
  expect(json).toMatchObject({
    data: {
      incident: { title: 'Failed logins at the sign-in service', by: 'Robin (on call)', comment: 'I look into it.' },
      alerts: [
        {
          id: 'alert-1',
          title: 'Something of every sensitivity',
          source: 'sign-in',
          message: 'Failed login attempt',
          facts: [
            { key: 'region', label: 'Region', text: 'eu-north', pseudonym: false },
            { key: 'component', label: 'Component', text: 'sign-in', pseudonym: false },
            { key: 'userId', label: 'User', text: expect.stringMatching(/^user:[0-9A-F]{4}-/), pseudonym: true },
          ],
          withheld: 1,
        },
      ],
      truncated: false,
    },
  });
  expect(JSON.stringify(json)).not.toMatch(/anna|F32/);
});

describe.each(noticeEvents)('a notice of %s', (event) => {
  const notice = noticeOf(sampleStory(event, [alert, sampleAlert('again')]), internal);

  test.each(['thin', 'full'] as const)('in %s detail is of the published schema, in both formats', (detail) => {
    const standard = of(notice, 'standard', detail).json;
    expect(payloads.standard.parse(standard)).toEqual(standard);
    expect(standard.type).toBe(payloadTypes[event]);
    const cloudEvent = of(notice, 'cloudevents', detail).json;
    expect(payloads.cloudevents.parse(cloudEvent)).toEqual(cloudEvent);
    expect(cloudEvent.data).toEqual(standard.data);
  });

  test('is a CloudEvent to the CloudEvents SDK', () => {
    const { contentType, body } = of(notice, 'cloudevents');
    const read = HTTP.toEvent<{ version: number }>({
      headers: { 'content-type': contentType },
      body: body.toString(),
    }) as CloudEvent<{ version: number }>;
    expect(read).toBeInstanceOf(CloudEvent);
    expect(read.validate()).toBe(true);
    expect(read).toMatchObject({
      id: key,
      specversion: '1.0',
      source: '/therapytrain/alerts',
      type: `therapytrain.alerts.${payloadTypes[event]}`,
      time: '2026-11-24T09:30:00.000Z',
      datacontenttype: 'application/json',
    });
    expect(read.subject).toBe(tellsOfIncident(event) ? 'inc-0199a000' : undefined);
    expect(read.data?.version).toBe(1);
  });
});

describe('size', () => {
  const facts = Object.fromEntries(['region', 'component'].map((name) => [name, '漢'.repeat(340)]));
  const stories: readonly (readonly [string, Notice<Clearance>])[] = ['W', '漢', '"', '\\', '😀', 'a\n', '<', '\t'].map(
    (unit) => {
      const text = unit.repeat(8_192 / unit.length);
      const alerts = Array.from({ length: 10 }, () => sampleAlert(text, facts));
      const wordy = sampleIncident({ title: text, comment: text, by: text });
      return [
        JSON.stringify(unit),
        noticeOf(sampleStory('escalated', alerts, { incident: wordy, total: 4_711 }), internal),
      ];
    },
  );

  test.each(stories)(
    'the largest notice of %s is shortened below 20 kB, says so, and keeps what matters',
    (_, notice) => {
      for (const format of ['standard', 'cloudevents'] as const) {
        const { body, json } = of(notice, format, 'full');
        expect(body.length).toBeLessThan(20_000);
        expect(json).toMatchObject({ data: { truncated: true, total: 4_711, headline: notice.headline } });
        expect(payloads[format].safeParse(json).success).toBe(true);
        const { alerts } = (json as { data: { alerts: object[] } }).data;
        expect(alerts.length).toBeGreaterThan(0);
      }
    },
  );

  test('sixty-four facts on each of ten alerts', () => {
    const names = Array.from({ length: 64 }, (_, place) => [`fact${place}`, '漢'.repeat(512)] as const);
    const many = noticeOf(sampleStory('digest', [sampleAlert('x')]), internal);
    const [first] = many.alerts;
    const listed = names.map(([name, text]) => ({ key: name, label: name, text, pseudonym: false }));
    const wide = {
      ...many,
      alerts: Array.from({ length: 10 }, () => ({ ...first, facts: listed })),
    } as unknown as typeof many;
    const { body, json } = of(wide, 'standard', 'full');
    expect(body.length).toBeLessThan(20_000);
    expect(json).toMatchObject({ data: { truncated: true } });
  });

  test('what fits is not shortened', () => {
    const alerts = Array.from({ length: 10 }, () => sampleAlert('x'.repeat(1_400)));
    const { body, json } = of(noticeOf(sampleStory('digest', alerts), internal), 'standard', 'full');
    expect(body.length).toBeGreaterThan(14_000);
    expect(json).toMatchObject({ data: { truncated: false } });
  });
});

test('the emptiest notice, and times that no calendar has', () => {
  const empty = noticeOf({ event: 'digest', at: -1, alerts: [] }, internal);
  expect(of(empty).json).toMatchObject({ timestamp: '1970-01-01T00:00:00.000Z', data: { alerts: [], total: 0 } });
  const far = noticeOf({ event: 'digest', at: 9e15, alerts: [] }, internal);
  expect(of(far).json).toMatchObject({ timestamp: '9999-12-31T00:00:00.000Z' });
});

test.each(hostileInputs.map(({ tries, text }) => [tries, text] as const))(
  'a text that tries %s is a string in JSON, and nothing else',
  (_, text) => {
    const hostile = sampleAlert(text, { component: text });
    const notice = noticeOf(sampleStory('opened', [hostile], { incident: sampleIncident({ title: text }) }), internal);
    const { json, body } = of(notice, 'standard', 'full');
    expect(payloads.standard.parse(json)).toEqual(json);
    expect(body.toString()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  },
);

test('the JSON Schema is closed about nothing: more fields may come', () => {
  for (const format of ['standard', 'cloudevents'] as const) {
    const schema = webhookJsonSchema(format);
    expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
    expect(JSON.stringify(schema)).not.toContain('additionalProperties');
    expect(JSON.stringify(schema)).toContain('"const":1');
  }
});

test('the runbook is told in each payload, and whose it is in a full one', () => {
  const handled = { owner: 'Data & co', runbook: 'https://wiki.clinic.test/r?a=1&b=2' };
  const notice = noticeOf(sampleStory('opened', [alert], handled), internal);
  expect((of(notice).json as { data: object }).data).toMatchObject({ runbook: handled.runbook });
  expect(JSON.stringify(of(notice).json)).not.toContain('Data');
  expect((of(notice, 'standard', 'full').json as { data: object }).data).toMatchObject(handled);
});
