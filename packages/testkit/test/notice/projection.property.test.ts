import { describe, expect, test } from '@jest/globals';
import { type Alert, createAlertTypes, Sensitivity } from '@therapytrain/alerts-core';
import {
  type Clearance,
  createProjection,
  createPseudonyms,
  noticeEvents,
  Secret,
  type Story,
} from '@therapytrain/alerts-core/channel';
import { sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';

const levels = { open: 1, inner: 2, person: 3, health: 4, secret: 5 } as const;
const types = createAlertTypes({
  ANY: {
    title: 'Any',
    defaultSeverity: 2,
    metadata: Object.fromEntries(
      Object.entries(levels).map(([key, sensitivity]) => [key, { sensitivity, identifies: false, description: key }]),
    ),
  },
});
const project = createProjection({ types, pseudonyms: createPseudonyms(new Secret('p'.repeat(32))) });

// Values that cannot be mistaken for a word of ours, in letters of many sorts.
const letters = fc.string({
  unit: fc.constantFrom(...'qxzjwkvQXZJWKVßøÅéñЖщ漢字0123456789.@-_ /+'),
  minLength: 7,
  maxLength: 24,
});
const value = letters.map((text) => `q7${text.trim()}z9`);

const hex = (text: string): string => Buffer.from(text).toString('hex');
const percent = (text: string): string => hex(text).replaceAll(/../g, '%$&');
const writing = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.normalize('NFD'),
  encodeURIComponent,
  percent,
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(`user=${text};`).toString('base64url'),
  hex,
  (text) => [...text].join('\u200b'),
  (text) => [...text].join('-'),
  (text) => [...text].join(' '),
  (text) => [...text].map((char) => `&#${char.codePointAt(0)};`).join(''),
  (text) => [...text].map((char) => `&#x${char.codePointAt(0)?.toString(16)};`).join(''),
  (text) =>
    JSON.stringify(text).replaceAll(/[a-z]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (text) => [...text].join('<b></b>'),
);

interface Planted {
  readonly metadata: Record<string, string>;
  readonly message: string;
}

const keys = [...Object.keys(levels), 'undeclared'];

const planted: fc.Arbitrary<Planted> = fc
  .record({
    metadata: fc
      .tuple(value, value, value, value, value, value)
      .map((values) => Object.fromEntries(values.map((each, at) => [keys[at] ?? '', `${each}${at}${at}x`]))),
    writings: fc.array(writing, { minLength: 6, maxLength: 6 }),
    glue: fc.constantFrom(' ', '\n', ', ', ' "', '<br>', '|'),
  })
  .map(({ metadata, writings, glue }) => ({
    metadata,
    message: Object.values(metadata)
      .map((each, place) => writings[place]?.(each) ?? each)
      .join(glue),
  }));

const bare = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

const decode = (text: string): readonly string[] => {
  const percents = (each: string): string =>
    each.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
  const runs = text.match(/[A-Za-z0-9+/_-]{8,}/g) ?? [];
  return [
    text,
    percents(percents(text)),
    text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    text.replaceAll(/&#x([0-9a-f]+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))),
    text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16))),
    text.replaceAll(/<[^>]*>/g, ''),
    ...runs.flatMap((run) => [Buffer.from(run, 'base64').toString(), Buffer.from(run, 'hex').toString()]),
  ];
};

/** Looks for the value with means of its own, not with those of the projection. */
const shows = (notice: unknown, hidden: string): boolean => {
  const text = JSON.stringify(notice, (_, each: unknown) => (typeof each === 'string' ? `${each}\n` : each));
  return decode(JSON.parse(`"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`) as string)
    .concat(decode(textsOf(notice).join('\n')))
    .some((each) => bare(each).includes(bare(hidden)));
};

const textsOf = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsOf)
      : [];

const storyOf = (event: (typeof noticeEvents)[number], alerts: readonly Alert[], said: string): Story =>
  sampleStory(
    event,
    alerts,
    event === 'alert' || event === 'digest' ? {} : { incident: sampleIncident({ title: said, comment: said }) },
  );

const clearances = [1, 2, 3, 4] as const satisfies readonly Clearance[];

describe('a notice, for any alert, event and clearance', () => {
  test('holds no value above the clearance, however it is written', () => {
    fc.assert(
      fc.property(
        planted,
        fc.constantFrom(...noticeEvents),
        fc.constantFrom(...clearances),
        ({ metadata, message }, event, clearance) => {
          const notice = project(storyOf(event, [sampleAlert(message, metadata, { type: 'ANY' })], message), clearance);
          for (const [key, hidden] of Object.entries(metadata)) {
            const level = key === 'undeclared' ? Sensitivity.HEALTH : levels[key as keyof typeof levels];
            if (level > clearance) expect([key, shows(notice, hidden)]).toEqual([key, false]);
          }
        },
      ),
      { numRuns: 800 },
    );
  });

  test('shows what the clearance allows: without that, the test above could not fail', () => {
    fc.assert(
      fc.property(planted, ({ metadata }) => {
        // A host in other letters is shown in its ASCII form, so what may be read as one is not looked for here.
        const shown = [metadata['person'] ?? '', metadata['inner'] ?? ''];
        fc.pre(shown.every((text) => /^[\x20-\x7e]*$/.test(text) || !/[./]/.test(text)));
        const notice = project(sampleStory('alert', [sampleAlert('x', metadata, { type: 'ANY' })]), 3);
        expect(shows(notice, metadata['person'] ?? '')).toBe(true);
        expect(shows(notice, metadata['inner'] ?? '')).toBe(true);
        expect(shows(notice, metadata['health'] ?? '')).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("tells of a neighbour's values no more than of its own", () => {
    fc.assert(
      fc.property(planted, ({ metadata, message }) => {
        const alerts = [sampleAlert(message, {}, { type: 'ANY' }), sampleAlert('x', metadata, { type: 'ANY' })];
        const notice = project(sampleStory('digest', alerts), 2);
        expect(shows(notice, metadata['person'] ?? '')).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('gives one value one pseudonym, in facts and in the message', () => {
    fc.assert(
      fc.property(value, (person) => {
        const [alert] = project(
          sampleStory('alert', [sampleAlert(`by ${person}.`, { person }, { type: 'ANY' })]),
          2,
        ).alerts;
        const [fact] = alert?.facts ?? [];
        expect(fact?.text).toMatch(/^person:[0-9A-F]{4}-[0-9A-F]{4}$/);
        expect(alert?.message).toContain(fact?.text);
      }),
      { numRuns: 200 },
    );
  });
});
