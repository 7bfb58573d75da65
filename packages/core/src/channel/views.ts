/** A text as something else may read it, with the place in the original that each of its UTF-16 units came from. */
export interface View {
  readonly text: string;
  /** Where each unit begins in the original. */
  readonly from: readonly number[];
  /** Where each unit ends in the original. */
  readonly to: readonly number[];
}

/** The text itself. */
export const plainView = (text: string): View => ({
  text,
  from: Array.from({ length: text.length }, (_, at) => at),
  to: Array.from({ length: text.length }, (_, at) => at + 1),
});

/** The view with every match of the pattern replaced; undefined where nothing matched. */
const replaced = (view: View, pattern: RegExp, by: (match: RegExpExecArray) => string): View | undefined => {
  const from: number[] = [];
  const to: number[] = [];
  let text = '';
  let at = 0;
  const copy = (until: number): void => {
    text += view.text.slice(at, until);
    for (; at < until; at++) {
      from.push(view.from[at] ?? 0);
      to.push(view.to[at] ?? 0);
    }
  };
  pattern.lastIndex = 0;
  for (let match = pattern.exec(view.text); match; match = pattern.exec(view.text)) {
    copy(match.index);
    const written = by(match);
    const last = match.index + match[0].length - 1;
    for (let unit = 0; unit < written.length; unit++) {
      from.push(view.from[match.index] ?? 0);
      to.push(view.to[last] ?? 0);
    }
    text += written;
    at = last + 1;
  }
  if (from.length === 0 && at === 0) return undefined;
  copy(view.text.length);
  return text === view.text ? undefined : { text, from, to };
};

const utf8 = new TextDecoder();
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const backslashed: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '', f: '' };
const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '');

// Percent and quoted-printable bytes, HTML references, and the escapes of JSON, JavaScript and shells, read in one go.
const escapes =
  /(?<bytes>(?:%[0-9a-f]{2}|=[0-9A-F]{2})+)|&(?<name>amp|lt|gt|quot|apos|nbsp);?|&#(?<decimal>\d{1,7});?|(?:&#x(?<html>[0-9a-f]{1,6});?|\\u(?<unicode>[0-9a-f]{4})|\\u\{(?<braced>[0-9a-f]{1,6})\}|\\x(?<byte>[0-9a-f]{2}))|\\(?<simple>[^ux])/gi;

const readEscape = ({ 0: whole, groups = {} }: RegExpExecArray): string => {
  const { bytes, name, decimal, html, unicode, braced, byte, simple } = groups;
  if (bytes) return utf8.decode(Buffer.from(bytes.replaceAll(/[%=]/g, ''), 'hex'));
  if (name) return named[name.toLowerCase()] ?? whole;
  if (decimal) return character(Number(decimal));
  const digits = html ?? unicode ?? braced ?? byte;
  if (digits) return character(Number.parseInt(digits, 16));
  return simple === undefined ? whole : (backslashed[simple] ?? simple);
};

const unescaped = (view: View): View | undefined => replaced(view, escapes, readEscape);

const withoutTags = (view: View): View | undefined => replaced(view, /<[^<>]{0,256}>/g, () => '');

const shortestToken = 4;

// Where a run of base64 or of hexadecimal digits begins is not known, so all shifts are read, one after another.
const shifts = (run: string, encoding: 'base64' | 'hex', width: number): string =>
  Array.from({ length: width }, (_, shift) => utf8.decode(Buffer.from(run.slice(shift), encoding))).join(' ');

const base64 = (view: View): View | undefined =>
  replaced(view, /[A-Za-z0-9+/_-]{6,}(?:\s[A-Za-z0-9+/_-]{6,})*/g, ([run]) => {
    const bare = run.replaceAll(/\s/g, '');
    return bare.length < shortestToken ? run : ` ${shifts(bare, 'base64', 4)} `;
  });

const hexadecimal = (view: View): View | undefined =>
  replaced(view, /(?:[0-9a-f]{2}[\s:-]?){4,}/gi, ([run]) => ` ${shifts(run.replaceAll(/[\s:-]/g, ''), 'hex', 2)} `);

/** How many layers of escapes are taken off. */
const layers = 3;

/**
 * Every way in which the text is read: as it is, with up to three layers of escapes taken off (percent, quoted-printable,
 * HTML references, backslashes), without tags, and with runs of base64 and hexadecimal digits decoded.
 */
export const viewsOf = (text: string): readonly View[] => {
  const readings = [plainView(text)];
  for (let layer = 0; layer < layers; layer++) {
    const next = unescaped(readings.at(-1) as View);
    if (!next) break;
    readings.push(next);
  }
  return readings.flatMap((view) => [
    view,
    ...[withoutTags(view), base64(view), hexadecimal(view)].filter((each) => each !== undefined),
  ]);
};

const folding = (char: string): string => char.normalize('NFKD').toLowerCase();
const dropped = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{M}]/gu;
const separating = /[^\p{L}\p{N}]/gu;

/** A text as it is compared: without case, width, accents, and what nobody sees. Spaces of all sorts are one space. */
export const folded = (text: string): string => folding(text).replace(dropped, '').replace(/\s+/g, ' ').trim();

/** The letters and digits of a folded text, which are left when something is put between each two of them. */
export const bare = (text: string): string => folded(text).replace(separating, '');

const mapped = (view: View, map: (char: string) => string): View => {
  const from: number[] = [];
  const to: number[] = [];
  let text = '';
  for (let at = 0; at < view.text.length;) {
    const char = String.fromCodePoint(view.text.codePointAt(at) ?? 0);
    const written = map(char);
    for (let unit = 0; unit < written.length; unit++) {
      from.push(view.from[at] ?? 0);
      to.push(view.to[at + char.length - 1] ?? 0);
    }
    text += written;
    at += char.length;
  }
  return { text, from, to };
};

/** The view, folded as {@link folded} does, and the same with letters and digits only. */
export const foldedViews = (view: View): readonly [folded: View, bare: View] => {
  const single = mapped(view, (char) => folding(/\s/.test(char) ? ' ' : char).replace(dropped, ''));
  const whole = replaced(single, / {2,}/g, () => ' ') ?? single;
  return [whole, mapped(whole, (char) => char.replace(separating, ''))];
};
