import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns of a terminal the text takes. The text must be safe (see `safeLine`). */
export const widthOf = (text: string): number => stringWidth(text);

/** The text in at most so many columns; what is cut off is marked by `…`. No character is cut in half. */
export const cut = (text: string, columns: number): string => {
  // A character takes two columns at most, so what is this short need not be measured.
  if (text.length * 2 <= columns || widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
};

/** The text filled up with spaces to so many columns. */
export const padTo = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));
