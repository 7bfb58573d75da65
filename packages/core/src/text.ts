// C0 but for tab and line feed, DEL, and C1.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const lineControls = /[\u0000-\u001f\u007f-\u009f]/;

/** What is wrong with a text, as the end of a sentence that begins with its name; undefined if nothing is. */
export const textFault = (text: string, maxBytes: number, lines: 'one' | 'many'): string | undefined => {
  // A character of a string is at most 3 bytes of UTF-8 (a pair of surrogates is 4 for 2).
  if (text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)) {
    return `is longer than ${maxBytes} bytes of UTF-8`;
  }
  if ((lines === 'many' ? controls : lineControls).test(text)) return 'has a control character';
  return text.isWellFormed() ? undefined : 'has half of a surrogate pair';
};
