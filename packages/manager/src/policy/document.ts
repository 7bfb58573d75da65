import { type Document, LineCounter, parseDocument, visit } from 'yaml';

/** Something in a policy that is wrong or doubtful. Never holds a secret, nor the value of an option. */
export interface PolicyFault {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** What it is about: `routes[0].when`. */
  readonly path: string;
  /** What is wrong with it. */
  readonly rule: string;
  /** What to write instead, or what belongs there; empty where there is nothing to say. */
  readonly hint: string;
}

const longest = 1024 * 1024;
const deepest = 32;

const refused = (rule: string, at = { line: 1, column: 1 }, hint = ''): PolicyFault[] => [
  { ...at, path: 'policy', rule, hint },
];

// What YAML quotes may be a secret: what stands behind a colon, a directive or an escape.
const withoutQuote = (message: string): string =>
  message.replace(/(?::\s.*|(?<=\b(?:directive|sequence|prefix|tag|handle)) \S.*)$/su, '');

// Without recursion: a policy may hold itself, by an alias.
const isTooDeep = (value: unknown): boolean => {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
};

/** A document, and how a place in it is told. */
export interface Source {
  readonly document: Document;
  readonly text: string;
  readonly at: (offset: number) => { readonly line: number; readonly column: number };
}

const aliasOfNothing = ({ document, at }: Source): PolicyFault[] => {
  let offset = 0;
  visit(document, {
    Alias: (_key, node) => {
      if (node.resolve(document)) return undefined;
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return refused('is an alias of nothing', at(offset), 'a text that begins with * needs quotes');
};

/** What the document says, or why it cannot be had. */
export const valueOf = (source: Source): { readonly value: unknown } | PolicyFault[] => {
  try {
    const value: unknown = source.document.toJS({ maxAliasCount: 100 }) ?? {};
    return isTooDeep(value) ? refused(`is nested deeper than ${deepest} levels`) : { value };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    // Found only now: an alias of nothing, or aliases of aliases without end.
    return /Unresolved/.test(error.message) ? aliasOfNothing(source) : refused('has too many aliases of aliases');
  }
};

/** Reads YAML, or says what is wrong with it. */
export const parseSource = (text: string): Source | PolicyFault[] => {
  if (text.length > longest) return refused(`is longer than ${longest} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
    prettyErrors: false,
    // Nothing is written anywhere; `silent` would also let two documents pass.
    logLevel: 'error',
  });
  const at: Source['at'] = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return refused('is nested too deep');
  if (faults.length === 0) return { document, text, at };
  return faults.map(({ pos, message }) => ({
    ...at(pos[0]),
    path: 'YAML',
    rule: withoutQuote(message),
    hint: '',
  }));
};
