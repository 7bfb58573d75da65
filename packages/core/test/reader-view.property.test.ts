import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Alert, AlertSeverity, createAlertTypes, Sensitivity } from '@therapytrain/alerts-core';
import { createPseudonyms, createReaderView, Secret } from '@therapytrain/alerts-core/channel';

const key = (sensitivity: Sensitivity) => ({ sensitivity, identifies: false, description: '' });
const types = createAlertTypes({
  T: {
    title: 'T',
    defaultSeverity: undefined,
    metadata: {
      open: key(Sensitivity.PUBLIC),
      inner: key(Sensitivity.INTERNAL),
      person: key(Sensitivity.PERSONAL),
      chart: key(Sensitivity.HEALTH),
      password: key(Sensitivity.SECRET),
    },
  },
});
const pseudonyms = createPseudonyms(new Secret('k'.repeat(32)));
const { INTERNAL, PERSONAL, HEALTH } = Sensitivity;

const alertOf = (said: Partial<Alert>): Alert => ({
  ...{ id: 'i', sequence: 1, type: 'T', severity: AlertSeverity.LOW, message: 'm', metadata: {}, source: 's' },
  ...{ occurredAt: 0, receivedAt: 0, fingerprint: 'a'.repeat(32), dedupKey: '', traceParent: '' },
  ...said,
});

// Values of eight letters that are found in no other: what is looked for afterwards is not there by chance.
const value = (prefix: string) =>
  fc.string({ minLength: 8, maxLength: 8, unit: fc.constantFrom(...'bcdfghjk') }).map((text) => `${prefix}${text}`);

const planted = fc.record({ person: value('pp'), chart: value('qq'), password: value('rr'), other: value('ss') });

const scattered = planted.chain((values) =>
  fc.record({
    values: fc.constant(values),
    texts: fc.array(
      fc.tuple(
        fc.constantFrom(...Object.values(values)),
        fc.constantFrom<(text: string) => string>(
          (text) => text,
          (text) => text.toUpperCase(),
          (text) => `before ${text} after`,
          (text) => `/users/${text}/charts`,
          (text) => encodeURIComponent(`<${text}>`),
          (text) => [...text].join('-'),
          (text) => Buffer.from(text).toString('base64'),
        ),
      ),
      { minLength: 1, maxLength: 5 },
    ),
  }),
);

const levels = { person: PERSONAL, chart: HEALTH, password: Sensitivity.SECRET, other: HEALTH } as const;

describe('what a reader is shown', () => {
  test.each([INTERNAL, PERSONAL, HEALTH] as const)('at clearance %d holds no value above it', (clearance) => {
    const view = createReaderView({ types, pseudonyms }, clearance);
    fc.assert(
      fc.property(scattered, ({ values, texts }) => {
        const said = texts.map(([text, write]) => write(text)).join(' | ');
        const alert = alertOf({
          message: said,
          dedupKey: clearance === HEALTH ? '' : said.slice(0, 64),
          metadata: {
            ...{ person: values.person, chart: values.chart, password: values.password, undeclared: values.other },
            ...{ open: said, inner: { list: [said], [said.slice(0, 60)]: said } },
          },
        });
        const shown = JSON.stringify(view.show(alert)).toLowerCase();
        for (const [name, text] of Object.entries(values)) {
          if (levels[name as keyof typeof levels] > clearance) expect(shown).not.toContain(text.toLowerCase());
        }
        expect(view.hide(alert, said).toLowerCase()).not.toContain(values.password.toLowerCase());
      }),
    );
  });

  test('is the alert itself where nothing is above the clearance', () => {
    const none = createReaderView({ types: createAlertTypes(), pseudonyms }, HEALTH);
    const alert = alertOf({ type: 'AUTH_FAILURE', metadata: { userId: 'u-1', x: 'y' } });
    expect(none.showsAll).toBe(true);
    expect(none.show(alert)).toBe(alert);
    expect(createReaderView({ types, pseudonyms }, HEALTH).showsAll).toBe(false);
  });

  test('is the same for the same, so that alerts can still be joined', () => {
    const view = createReaderView({ types, pseudonyms }, INTERNAL);
    const [one, other] = [1, 2].map((sequence) =>
      view.show(alertOf({ sequence, dedupKey: 'login-anna', metadata: { person: 'anna' } })),
    );
    expect(one?.metadata).toEqual({ person: pseudonyms.of('person', 'anna') });
    expect([one?.metadata, one?.fingerprint, one?.dedupKey]).toEqual([
      ...[other?.metadata, other?.fingerprint, other?.dedupKey],
    ]);
    expect(one?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });

  test('has a pseudonym for each of several values, and a word where there is none to make one of', () => {
    const view = createReaderView({ types, pseudonyms }, INTERNAL);
    const { metadata } = view.show(alertOf({ metadata: { person: ['anna', 7], chart: [1], password: 'x' } }));
    expect(metadata).toEqual({
      person: [pseudonyms.of('person', 'anna'), pseudonyms.of('person', '7')],
      chart: '[health data]',
      password: '[secret]',
    });
    expect(view.show(alertOf({ metadata: { person: true } })).metadata).toEqual({ person: '[withheld]' });
  });
});
