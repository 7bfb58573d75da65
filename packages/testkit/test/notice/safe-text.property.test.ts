import { describe, expect, test } from '@jest/globals';
import { cut, escapeHtml, escapeSlack, safeText } from '@therapytrain/alerts-core/channel';
import { hostileInputs } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';

const parts = fc.constantFrom(...hostileInputs.map(({ text }) => text.slice(0, 200)));
const anyText = fc
  .array(fc.oneof(parts, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), { maxLength: 6 })
  .map((each) => each.join(''));
const anyOptions = fc.record({
  lines: fc.constantFrom('one' as const, 'many' as const),
  max: fc.integer({ min: 1, max: 500 }),
});

describe('a safe text, for any text', () => {
  test('is bounded and well-formed, holds no control and nothing hidden', () => {
    fc.assert(
      fc.property(anyText, anyOptions, (text, options) => {
        const safe = safeText(text, options);
        expect(safe.length).toBeLessThanOrEqual(options.max);
        expect(safe.isWellFormed()).toBe(true);
        expect(safe).not.toMatch(
          options.lines === 'one' ? /[\u0000-\u001f\u007f-\u009f]/ : /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/,
        );
        expect(safe.replaceAll(/\p{Extended_Pictographic}\u200d/gu, '')).not.toMatch(
          /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('made safe twice is the same text, if nothing of it is cut', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('one' as const, 'many' as const), (text, lines) => {
        const once = safeText(text, { lines, max: 100_000 });
        expect(safeText(once, { lines, max: 100_000 })).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  test('holds no special sequence of Slack, escaped or not', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const safe = safeText(text, { lines: 'many', max: 5_000 });
        expect(safe).not.toMatch(/<[!@#]/);
        expect(escapeSlack(safe)).not.toMatch(/[<>]/);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is no markup once it is escaped', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = escapeHtml(safeText(text, { lines: 'many', max: 5_000 }));
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replaceAll(/&#\d+;/g, '')).not.toContain('&');
      }),
      { numRuns: 1_000 },
    );
  });
});

test('a cut text ends between graphemes, with a mark, and never grows', () => {
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, max) => {
        const short = cut(text, max);
        expect(short.length).toBeLessThanOrEqual(Math.max(max, 1));
        if (short === text) return;
        expect(short.endsWith('…')).toBe(true);
        const whole = [...graphemes.segment(text)].map(({ segment }) => segment);
        const starts = whole.map((_, place) => whole.slice(0, place).join('').trimEnd());
        expect(starts).toContain(short.slice(0, -1));
      },
    ),
    { numRuns: 2_000 },
  );
});
