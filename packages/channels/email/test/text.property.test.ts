import { expect, test } from '@jest/globals';
import { escapeHtml } from '@therapytrain/alerts-core/channel';
import { noticeOf, sampleAlert, sampleIncident, sampleStory } from '@therapytrain/alerts-testkit';
import fc from 'fast-check';
import { render } from '../src/render.ts';

const text = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('Bcc: x', '-- ', 'From x', '.', '> ', '1. A (LOW)')))
  .map((lines) => lines.join('\n'));

const partsOf = (written: string) => {
  const incident = sampleIncident({ comment: written, title: 'A title' });
  const alert = sampleAlert(written, {}, { id: 'a' });
  const notice = noticeOf(sampleStory('updated', [alert], { incident }), 2);
  return { notice, ...render(notice) };
};

const ours = new Set(partsOf('').text.split('\n'));

test('no line that somebody else wrote can pass for one of ours', () => {
  fc.assert(
    fc.property(text, (written) => {
      for (const line of partsOf(written).text.split('\n')) {
        expect(ours.has(line) || line === 'Comment:' || line.startsWith('   |')).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test('all of it is there, in both parts', () => {
  fc.assert(
    fc.property(text, (written) => {
      const { notice, text: plain, html } = partsOf(written);
      const squeezed = (part: string): string => part.replaceAll(/[\s|]+/g, '');
      const message = notice.alerts[0]?.message ?? '';
      expect(squeezed(plain)).toContain(squeezed(message));
      expect(html).toContain(escapeHtml(message).replaceAll('\n', '<br>'));
    }),
    { numRuns: 300 },
  );
});
