import { breakLinks } from './links.ts';

/** How a text is made safe. */
export interface SafeTextOptions {
  /** `one`: line ends become spaces. `many`: they stay, at most two in a row. */
  readonly lines: 'one' | 'many';
  /** The longest result, in UTF-16 code units, the mark of the cut included. */
  readonly max: number;
}

const lineEnds = /\r\n?|[\u0085\u2028\u2029\v\f]/g;
const controls = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g;
// Shown by nothing, or by everything in another order: zero-width, direction, tags, fillers, private and unassigned.
const hidden = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}]/gu;
// A picture made of pictures is joined by U+200D and shaped by U+FE0F: these stay, between pictures only.
const joined = /(\p{Extended_Pictographic})[\ufe0f]?\u200d(?=\p{Extended_Pictographic})/gu;
const joint = '\u0001';
const spaces = /[\t\p{Zs}]/gu;
// Four marks over one letter are more than any language needs, and enough to paint over the lines around it.
const piledMarks = /(\p{M}{4})\p{M}+/gu;
const mention = /(^|[^\p{L}\p{N}._%+-])@(?=(?:here|channel|everyone|all|group|room)\b)/giu;
const marker = /<(?=[!@#])/g;

const withoutHidden = (text: string): string =>
  text.replace(controls, '').replace(joined, `$1${joint}`).replace(hidden, '').replaceAll(joint, '\u200d');

// Line by line: one pattern over all would look again at the same spaces from each of them.
const withoutEmptyLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const cutMark = '…';

/** At most `max` UTF-16 code units, cut between graphemes (UAX #29) and ended with `…` where something was cut off. */
export const cut = (text: string, max: number): string => {
  if (text.length <= max) return text;
  if (max < 1) return '';
  let end = 0;
  // One more unit than fits, so that the last grapheme is seen to go on or not.
  for (const { index, segment } of graphemes.segment(text.slice(0, max + 64))) {
    if (index + segment.length > max - cutMark.length) break;
    end = index + segment.length;
  }
  return text.slice(0, end).trimEnd() + cutMark;
};

// What is written in place of a link may, with what stands beside it, look like one again.
const mostPasses = 4;

const withoutLinks = (text: string): string => {
  let before = text;
  for (let pass = 0; pass < mostPasses; pass++) {
    const after = breakLinks(before);
    if (after === before) break;
    before = after;
  }
  return before;
};

/**
 * What an attacker may have written, made harmless for people's eyes and for programs that look for something to act
 * on, the same for every channel: no controls, nothing hidden, nothing that changes the direction, no piled-up marks, no
 * live links, no mentions of many people, cut between graphemes. Escaping for HTML or Slack still comes after. The same
 * text made safe twice is the same text.
 */
export const safeText = (text: string, { lines, max }: SafeTextOptions): string => {
  // No need to read much more than can be shown.
  const plain = withoutHidden(
    text
      .slice(0, max * 4 + 256)
      .toWellFormed()
      .normalize('NFC')
      .replace(lineEnds, '\n'),
  )
    .replace(spaces, ' ')
    .replace(piledMarks, '$1')
    .replace(marker, '‹')
    .replace(mention, '$1＠');
  const shaped = lines === 'one' ? plain.replace(/\s+/g, ' ') : withoutEmptyLines(plain);
  return cut(withoutLinks(shaped.trim()), max);
};
