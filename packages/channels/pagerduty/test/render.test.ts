import { expect, test } from '@jest/globals';
import { AlertSeverity, severities } from '@therapytrain/alerts-core';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import { render, renderCheck } from '../src/render.ts';

test('renders what PagerDuty expects', () => {
  const alert = sampleAlert('Failed login attempt', { component: 'sign-in', userId: 'anna.berg' }, { id: 'a-1' });
  const event = render(noticeOf(sampleStory('opened', [alert]), 2), 'dlv-1');
  expect(event).toEqual({
    event_action: 'trigger',
    dedup_key: 'inc-0199a000',
    payload: {
      summary: 'HIGH Failed logins at the sign-in service',
      source: 'sign-in',
      severity: 'error',
      timestamp: '2026-11-24T09:30:00.000Z',
      class: 'EVERY_SENSITIVITY',
      custom_details: {
        delivery_id: 'dlv-1',
        event: 'opened',
        severity: 'HIGH',
        total: 1,
        state: 'OPEN',
        title: 'Failed logins at the sign-in service',
        count: 3,
        by: undefined,
        comment: undefined,
        alerts: [
          {
            id: 'a-1',
            type: 'EVERY_SENSITIVITY',
            title: 'Something of every sensitivity',
            source: 'sign-in',
            message: 'Failed login attempt',
            facts: { Component: 'sign-in', User: expect.stringMatching(/^user:[0-9A-F]{4}-[0-9A-F]{4}$/) },
            withheld: 0,
          },
        ],
      },
    },
    client: 'TherapyTrain alerts',
    client_url: 'https://alerts.clinic.test/incidents/inc-0199a000',
    links: [{ href: 'https://alerts.clinic.test/incidents/inc-0199a000', text: 'Open' }],
  });
});

test('says every severity in the words of PagerDuty', () => {
  const said = severities.map(
    (severity) => render(noticeOf(sampleStory('alert', [sampleAlert('x', {}, { severity })]), 2), 'k').payload.severity,
  );
  expect(said).toEqual(['info', 'warning', 'error', 'critical']);
  expect(AlertSeverity.CRITICAL).toBe(4);
});

test('names an incident whose id is too long by its hash, and an alert by its delivery', () => {
  const incident = sampleIncident({ id: 'i'.repeat(300) });
  expect(render(noticeOf(sampleStory('opened', [], { incident }), 2), 'k').dedup_key).toMatch(/^[0-9a-f]{64}$/);
  expect(render(noticeOf(sampleStory('alert', [sampleAlert('x')]), 2), 'dlv-7').dedup_key).toBe('dlv-7');
  expect(renderCheck('n-1')).toEqual({ event_action: 'resolve', dedup_key: 'check-n-1' });
});

test('says whose it is, and links to the runbook', () => {
  const handled = { owner: 'Data & co', runbook: 'https://wiki.clinic.test/r?a=1&b=2' };
  const event = render(noticeOf(sampleStory('opened', [sampleAlert('x')], handled), 2), 'k');
  expect(event.payload.custom_details.owner).toBe('Data & co');
  expect(event.links).toEqual([
    { href: 'https://alerts.clinic.test/incidents/inc-0199a000', text: 'Open' },
    { href: 'https://wiki.clinic.test/r?a=1&b=2', text: 'Runbook' },
  ]);
  const { link: _, ...unlinked } = sampleStory('alert', [sampleAlert('x')]);
  expect('links' in render(noticeOf(unlinked, 2), 'k')).toBe(false);
});
