import { bare, folded, foldedViews, type View, viewsOf } from './views.ts';

/** A value that must not be seen, and what stands in its place. */
export interface Hidden {
  readonly value: string;
  readonly by: string;
}

/** Finds hidden values in texts, however they are written there. */
export interface Conceal {
  /** The text with what stands in their place. */
  hide(text: string): string;
  /** True if none is left, beside what stands in their place: a user called `user` may be `user:7F3A-09C1`. */
  isClear(text: string): boolean;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

/** Values shorter than this hide whole words only: a user id `7` must not tear every number apart. */
const leastInside = 4;
/** Letters and digits a value must have to be found with other characters between them. */
const leastBare = 6;

/** Looks values up by their first letters, so that the cost grows with the text, not with the number of values. */
interface Index {
  readonly width: number;
  readonly values: Map<string, { text: string; by: string }[]>;
}

const indexOf = (hidden: readonly Hidden[], form: (value: string) => string, least: number): Index => {
  const values: Index['values'] = new Map();
  for (const { value, by } of hidden) {
    const text = form(value);
    if (text.length < least) continue;
    const start = text.slice(0, least);
    const same = values.get(start);
    if (same) same.push({ text, by });
    else values.set(start, [{ text, by }]);
  }
  // The longest first: `anna.berg` is hidden before `anna` is looked for.
  for (const same of values.values()) same.sort((a, b) => b.text.length - a.text.length);
  return { width: least, values };
};

/** With more values than this it is cheaper to look up each place than to look for each value. */
const fewValues = 64;

/** Where one of the values may begin, in order; undefined where that is not known. */
const beginnings = (text: string, { values }: Index): readonly number[] | undefined => {
  if (values.size > fewValues) return undefined;
  const places: number[] = [];
  for (const start of values.keys()) {
    for (let at = text.indexOf(start); at >= 0; at = text.indexOf(start, at + 1)) places.push(at);
  }
  return places.length < 2 ? places : places.sort((a, b) => a - b);
};

const found = (view: View, index: Index): readonly Span[] => {
  const { text } = view;
  const { width, values } = index;
  const spans: Span[] = [];
  // The first place behind what was found last.
  let next = 0;
  const lookAt = (at: number): void => {
    const match = values.get(text.slice(at, at + width))?.find((each) => text.startsWith(each.text, at));
    if (!match) return;
    next = at + match.text.length;
    const { from, to } = view.places();
    spans.push({ from: from[at] ?? 0, to: to[next - 1] ?? 0, by: match.by });
  };
  const places = beginnings(text, index);
  if (places) {
    for (const at of places) if (at >= next) lookAt(at);
  } else {
    for (let at = 0; at + width <= text.length; at = Math.max(at + 1, next)) lookAt(at);
  }
  return spans;
};

const words = /[\p{L}\p{N}_]+/gu;

const foundWords = (view: View, short: ReadonlyMap<string, string>): Span[] => {
  if (short.size === 0) return [];
  return [...view.text.matchAll(words)].flatMap(({ 0: word, index }) => {
    const by = short.get(word);
    if (by === undefined) return [];
    const { from, to } = view.places();
    return [{ from: from[index] ?? 0, to: to[index + word.length - 1] ?? 0, by }];
  });
};

const withSpans = (text: string, spans: readonly Span[]): string => {
  const inOrder = [...spans].sort((a, b) => a.from - b.from || b.to - a.to);
  let out = '';
  let at = 0;
  for (let next = 0; next < inOrder.length; next++) {
    const span = inOrder[next];
    if (!span || span.from < at) {
      // It overlaps one that is already hidden: what sticks out goes too.
      if (span && span.to > at) at = span.to;
      continue;
    }
    out += text.slice(at, span.from) + span.by;
    at = span.to;
  }
  return out + text.slice(at);
};

/** What to look for, for one value: the value, and the part of an e-mail address that is a name. */
const formsOf = ({ value, by }: Hidden): readonly Hidden[] => {
  const local = /^([^\s@]{4,64})@[^\s@]+$/.exec(value)?.[1];
  return local === undefined
    ? [{ value, by }]
    : [
        { value, by },
        { value: local, by },
      ];
};

/**
 * Makes a function that replaces the hidden values in any text: whatever their case, width, accents or invisible
 * characters, with characters put between their letters, escaped (percent, HTML, backslashes, up to three layers deep),
 * and as base64 or hexadecimal digits. Values of fewer than four characters are found as whole words only.
 */
export const createConceal = (hidden: readonly Hidden[]): Conceal => {
  const all = hidden.flatMap(formsOf).filter(({ value }) => folded(value) !== '');
  const inside = indexOf(all, folded, leastInside);
  const spread = indexOf(all, bare, leastBare);
  const short = new Map(
    all.map(({ value, by }) => [folded(value), by] as const).filter(([value]) => value.length < leastInside),
  );
  const lookedUp = (text: string): readonly Span[] =>
    viewsOf(text).flatMap((view, place) => {
      const [whole, letters] = foldedViews(view);
      return [...found(whole, inside), ...found(letters, spread), ...(place === 0 ? foundWords(whole, short) : [])];
    });
  // Most texts hold nothing hidden, and are asked about twice: before and after they were made safe.
  let last: { readonly text: string; readonly spans: readonly Span[] } = { text: '', spans: [] };
  const spansIn = (text: string): readonly Span[] => {
    if (all.length === 0) return [];
    if (text !== last.text) last = { text, spans: lookedUp(text) };
    return last.spans;
  };
  const placeholders = [...new Set(hidden.map(({ by }) => by))];
  return {
    hide: (text) => {
      const spans = spansIn(text);
      return spans.length === 0 ? text : withSpans(text, spans);
    },
    isClear: (text) => spansIn(placeholders.reduce((rest, by) => rest.replaceAll(by, '\n\n'), text)).length === 0,
  };
};
