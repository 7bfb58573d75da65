/** Where the UTF-16 units of a view came from. */
export interface Places {
  /** Where each unit begins in the original. */
  readonly from: readonly number[];
  /** Where each unit ends in the original. */
  readonly to: readonly number[];
}

/** A text as something else may read it. */
export interface View {
  readonly text: string;
  /** Worked out when it is asked for: nearly all views hold nothing that anybody looks for. */
  places(): Places;
}

const once = (work: () => Places): (() => Places) => {
  let done: Places | undefined;
  return () => (done ??= work());
};

/** The text itself. */
export const plainView = (text: string): View => ({
  text,
  places: once(() => {
    const from: number[] = [];
    const to: number[] = [];
    for (let at = 0; at < text.length; at++) {
      from.push(at);
      to.push(at + 1);
    }
    return { from, to };
  }),
});

/** So many units of a view at a place, and how many units were written instead. */
interface Cut {
  readonly at: number;
  readonly length: number;
  readonly written: number;
}

const placesAfter = (view: View, cuts: readonly Cut[]): Places => {
  const before = view.places();
  const from: number[] = [];
  const to: number[] = [];
  let at = 0;
  const copy = (until: number): void => {
    for (; at < until; at++) {
      from.push(before.from[at] ?? 0);
      to.push(before.to[at] ?? 0);
    }
  };
  for (const cut of cuts) {
    copy(cut.at);
    for (let unit = 0; unit < cut.written; unit++) {
      from.push(before.from[cut.at] ?? 0);
      to.push(before.to[cut.at + cut.length - 1] ?? 0);
    }
    at = cut.at + cut.length;
  }
  copy(view.text.length);
  return { from, to };
};

/** The view with every match of the pattern replaced; undefined where that changed nothing. */
const replaced = (view: View, pattern: RegExp, by: (match: RegExpExecArray) => string): View | undefined => {
  const cuts: Cut[] = [];
  let text = '';
  let at = 0;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(view.text); match; match = pattern.exec(view.text)) {
    const written = by(match);
    text += view.text.slice(at, match.index) + written;
    cuts.push({ at: match.index, length: match[0].length, written: written.length });
    at = match.index + match[0].length;
  }
  if (cuts.length === 0) return undefined;
  text += view.text.slice(at);
  return text === view.text ? undefined : { text, places: once(() => placesAfter(view, cuts)) };
};

const utf8 = (bytes: Buffer): string => bytes.toString('utf8');
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
const backslashed: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '', f: '' };
const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : '');

// Percent and quoted-printable bytes, HTML references, and the escapes of JSON, JavaScript and shells, read in one go.
const escapes =
  /(?<bytes>(?:%[0-9a-f]{2}|=[0-9A-F]{2})+)|&(?<name>amp|lt|gt|quot|apos|nbsp);?|&#(?<decimal>\d{1,7});?|(?:&#x(?<html>[0-9a-f]{1,6});?|\\u(?<unicode>[0-9a-f]{4})|\\u\{(?<braced>[0-9a-f]{1,6})\}|\\x(?<byte>[0-9a-f]{2}))|\\(?<simple>[^ux])/gi;

const readEscape = ({ 0: whole, groups = {} }: RegExpExecArray): string => {
  const { bytes, name, decimal, html, unicode, braced, byte, simple } = groups;
  if (bytes) return utf8(Buffer.from(bytes.replaceAll(/[%=]/g, ''), 'hex'));
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
  Array.from({ length: width }, (_, shift) => utf8(Buffer.from(run.slice(shift), encoding))).join(' ');

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

/** What one character becomes. */
type CharMap = (char: string) => string;

const mostRemembered = 10_000;

/** Remembers what a pure function made of the first texts, for as long as the process lives: of nothing personal. */
export const remembered = <T>(make: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(text);
    if (known.size < mostRemembered) known.set(text, made);
    return made;
  };
};

// A text has few characters, and most texts have the same.
const foldedChar: CharMap = remembered((char) => folding(/\s/.test(char) ? ' ' : char).replace(dropped, ''));
const bareChar: CharMap = remembered((char) => char.replace(separating, ''));

const placesMapped = (view: View, map: CharMap): Places => {
  const cuts: Cut[] = [];
  for (let at = 0; at < view.text.length;) {
    const char = String.fromCodePoint(view.text.codePointAt(at) ?? 0);
    const written = map(char);
    if (written.length !== char.length) cuts.push({ at, length: char.length, written: written.length });
    at += char.length;
  }
  return placesAfter(view, cuts);
};

const beyondAscii = /[^\0-\x7f]+/g;

/** The view with each character mapped; `ofAscii` does so for many at once that are ASCII. */
const mapped = (view: View, map: CharMap, ofAscii: CharMap): View => {
  let text = '';
  let at = 0;
  for (const { 0: run, index } of view.text.matchAll(beyondAscii)) {
    text += ofAscii(view.text.slice(at, index));
    for (const char of run) text += map(char);
    at = index + run.length;
  }
  text += ofAscii(view.text.slice(at));
  return { text, places: once(() => placesMapped(view, map)) };
};

/** The same for a text of ASCII only, where what becomes of a character is known without looking at each. */
const mappedAscii = (view: View, text: string, gone: RegExp): View => ({
  text: text.replace(gone, ''),
  places: once(() =>
    placesAfter(
      view,
      [...text.matchAll(gone)].map(({ index }) => ({ at: index, length: 1, written: 0 })),
    ),
  ),
});

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
const controls = /[\0-\x08\x0e-\x1f\x7f]/g;

const foldedAscii = (text: string): string => text.toLowerCase().replace(/[\t-\r]/g, ' ');

const single = (view: View): View =>
  isAscii(view.text)
    ? mappedAscii(view, foldedAscii(view.text), controls)
    : mapped(view, foldedChar, (text) => foldedAscii(text).replace(controls, ''));

const separatingAscii = /[^0-9a-z]/g;

/** The view, folded as {@link folded} does, and the same with letters and digits only. */
export const foldedViews = (view: View): readonly [folded: View, bare: View] => {
  const each = single(view);
  const whole = replaced(each, / {2,}/g, () => ' ') ?? each;
  return [
    whole,
    isAscii(whole.text)
      ? mappedAscii(whole, whole.text, separatingAscii)
      : mapped(whole, bareChar, (text) => text.replace(separatingAscii, '')),
  ];
};
