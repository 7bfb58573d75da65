import { describe, expect, test } from '@jest/globals';
import { type AlertSeverity, createAlertTypes } from '@therapytrain/alerts-core';
import { createProjection, createPseudonyms, Secret } from '@therapytrain/alerts-core/channel';
import { sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';

const types = createAlertTypes();
const projectWith = (key: string) =>
  createProjection({ types, pseudonyms: createPseudonyms(new Secret(key.repeat(32))) });
const project = projectWith('k');

const login = sampleAlert(
  'Failed login of anna.berg@clinic.test (anna.berg) from 10.1.2.3, account 7, try 77',
  { userId: 'anna.berg@clinic.test', ipAddress: '10.1.2.3', method: 'password', account: 7 },
  { type: 'AUTH_FAILURE' },
);

describe('a projection', () => {
  test('replaces what is PERSONAL, leaves out what is HEALTH, and finds both in the message', () => {
    const notice = project(sampleStory('alert', [login]), 2);
    const [alert] = notice.alerts;
    expect(
      alert?.facts.map(({ label, text, pseudonym }) => [
        label,
        text.replaceAll(/[0-9A-F]{4}-[0-9A-F]{4}/g, '#'),
        pseudonym,
      ]),
    ).toEqual([
      ['User', 'user:#', true],
      ['IP address', 'address:#', true],
      ['Method', 'password', false],
    ]);
    expect(alert?.withheld).toBe(1);
    expect(alert?.message.replaceAll(/[0-9A-F]{4}-[0-9A-F]{4}/g, '#')).toBe(
      'Failed login of user:# (user:#) from address:#, account [health data], try 77',
    );
    expect(notice.headline).toMatch(/^HIGH Authentication failure: Failed login of user:/);
  });

  test('shows to who is cleared, but not in the headline', () => {
    const notice = project(sampleStory('alert', [login]), 3);
    expect(notice.alerts[0]?.message).toContain('anna.berg@clinic.test');
    expect(notice.alerts[0]?.facts[0]).toMatchObject({ text: 'anna.berg@clinic.test', pseudonym: false });
    expect(notice.headline).not.toContain('anna');
  });

  test('at PUBLIC says what kind of thing it is, and no more', () => {
    const story = sampleStory('acknowledged', [login], {
      incident: sampleIncident({ comment: 'by phone', by: 'Robin' }),
    });
    const { alerts, incident, headline } = project(story, 1);
    expect(alerts[0]?.message).toBe('');
    expect(alerts[0]?.facts.map(({ key }) => key)).toEqual(['userId', 'ipAddress']);
    expect(incident).toMatchObject({ title: 'Authentication failure', by: undefined, comment: undefined });
    expect(headline).toBe('[ACKNOWLEDGED] HIGH Authentication failure');
  });

  test('gives pseudonyms that are stable under one key and strange under another', () => {
    const of = (key: string) => projectWith(key)(sampleStory('alert', [login]), 2).alerts[0]?.facts[0]?.text;
    expect(of('k')).toBe(of('k'));
    expect(of('k')).not.toBe(of('l'));
    expect(() => createPseudonyms(new Secret('short'))).toThrow(/shorter than 32 bytes/);
  });

  test('keeps the headline of an incident the same but for its mark, so that mail programs thread it', () => {
    const of = (event: 'opened' | 'updated' | 'resolved') => project(sampleStory(event, [login]), 2).headline;
    expect(of('updated')).toBe(of('opened'));
    expect(of('resolved')).toBe(`[RESOLVED] ${of('opened')}`);
  });

  test('tells of a user who is called as pseudonyms are', () => {
    const [alert] = project(
      sampleStory('alert', [sampleAlert('by user', { userId: 'user' }, { type: 'AUTH_FAILURE' })]),
      2,
    ).alerts;
    expect(alert?.message).toMatch(/^by user:[0-9A-F-]{9}$/);
  });

  test('says a digest in numbers', () => {
    const notice = project(sampleStory('digest', [login, { ...login, severity: 4 }], { total: 52 }), 2);
    expect(notice.headline).toBe('52 alerts, the most severe CRITICAL');
    expect(notice.total).toBe(52);
  });

  test('says how many incidents of which severity a digest tells of', () => {
    const headline = (incidents: AlertSeverity[], total: number) =>
      project({ ...sampleStory('digest', [login], { total }), incidents }, 2).headline;
    expect(headline([3, 2, 3, 4, 2, 2], 52)).toBe('52 alerts of 6 incidents: 1 CRITICAL, 2 HIGH, 3 MEDIUM');
    expect(headline([1], 1)).toBe('1 alert of 1 incident: 1 LOW');
    expect(project({ ...sampleStory('digest', [login]), incidents: [2, 4] }, 2).severity).toBe(4);
  });

  test('shows ten alerts, and counts the others', () => {
    const notice = project(
      sampleStory(
        'digest',
        Array.from({ length: 31 }, () => login),
      ),
      2,
    );
    expect([notice.alerts.length, notice.total]).toEqual([10, 31]);
  });

  test.each([
    ['javascript:alert(1)', undefined],
    ['https://a.test/x y', undefined],
    ['https://console.clinic.test/i/1', 'https://console.clinic.test/i/1'],
    ['ftp://a.test/', undefined],
  ])('of the link %s keeps %s', (link, kept) => {
    expect(project(sampleStory('alert', [login], { link }), 2).link).toBe(kept);
  });

  test.each([
    ['javascript:alert(1)', undefined],
    ['http://wiki.clinic.test/r', undefined],
    ['https://wiki.clinic.test/r', 'https://wiki.clinic.test/r'],
  ])('of the runbook %s keeps %s, whatever the clearance', (runbook, kept) => {
    for (const clearance of [1, 2] as const) {
      expect(project(sampleStory('opened', [login], { runbook }), clearance).runbook).toBe(kept);
    }
  });

  test('tells the owner on one safe line, and not to who may hear PUBLIC only', () => {
    const owner = 'Data team\nhttps://evil.test @here\u202e';
    const told = project(sampleStory('opened', [login], { owner }), 2).owner;
    expect(told).toMatch(/^Data team hxxps:\/\/evil\[\.\]test /);
    expect(told).not.toMatch(/[\n\u202e]/);
    expect('owner' in project(sampleStory('opened', [login], { owner }), 1)).toBe(false);
    // What an alert holds is not told there either.
    expect(project(sampleStory('opened', [login], { owner: 'team of anna.berg' }), 2).owner).not.toContain('anna.berg');
    expect('owner' in project(sampleStory('opened', [login]), 2)).toBe(false);
  });

  test('takes metadata of maps, lists and odd keys', () => {
    const odd = { ipAddress: ['10.0.0.1', { deep: ['10.0.0.2'] }], toString: 'x1y2z3w4', hasOwnProperty: 'k9k9k9k9' };
    const [alert] = project(
      sampleStory('alert', [sampleAlert('10.0.0.1 and 10.0.0.2, x1y2z3w4', odd, { type: 'AUTH_FAILURE' })]),
      2,
    ).alerts;
    expect(alert?.facts).toEqual([]);
    expect(alert?.withheld).toBe(3);
    expect(alert?.message).not.toMatch(/10\.0|x1y2/);
  });

  test('takes the most that ten alerts may hold, and ends', () => {
    const list = Array.from({ length: 1_000 }, (_, at) => `value-${at}-q`);
    const alerts = Array.from({ length: 10 }, () => sampleAlert('value-'.repeat(1_300), { list }));
    const notice = project(sampleStory('digest', alerts), 2);
    expect(JSON.stringify(notice)).not.toMatch(/value-\d+-q/);
  });
});
