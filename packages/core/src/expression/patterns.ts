import { RE2JS, RE2JSSyntaxException, RE2Set } from 're2js';
import { MAX_ELEMENTS, roundsOf } from './loops.ts';
import { byteLength, type Expr, partsOf, type SyntaxTree } from './source.ts';

const MAX_BYTES = 1024;
/**
 * Instructions in all patterns of an expression. The worst pattern of this size that we know takes some
 * 15 ms over a message of 8 KiB of the worst text; a sane one 0.1 ms over any.
 */
export const MAX_PATTERN_SIZE = 96;
/** Rounds of a loop over metadata or a list in the source that together read as much as one message: 8 of 1 KiB. */
const ROUNDS_A_MESSAGE = 8;
/**
 * Bytes that a pattern may spend on remembered states. Left at its default of 8 MiB, each pattern's memory
 * grows with what attackers send, and a hostile text costs eight times as long as without that memory.
 */
const STATE_BYTES = 64 * 1024;

/** A pattern that was compiled when its expression was, and takes time in proportion to the text. */
export interface Pattern {
  readonly size: number;
  matches(text: string): boolean;
}

/**
 * Compiles every pattern of an expression, by its text. Throws an `ExpressionError` at one that is not a
 * string in the source (compiling what an alert brings cannot be bounded), is too large, or is not RE2.
 */
export function compilePatterns(tree: SyntaxTree): ReadonlyMap<string, Pattern> {
  const patterns = new Map<string, Pattern>();
  let total = 0;
  for (const { pattern: node, weight } of patternsIn(tree.root, 1)) {
    const text = literal(node);
    if (text === undefined) throw tree.error(node, 'a pattern must be a string in the expression itself');
    const pattern = patterns.get(text) ?? compile(text, node, tree);
    patterns.set(text, pattern);
    total += pattern.size * weight;
    if (total <= MAX_PATTERN_SIZE) continue;
    throw tree.error(
      node,
      `its patterns compile to more than ${MAX_PATTERN_SIZE} steps; those in a loop count several times`,
    );
  }
  return patterns;
}

interface Use {
  readonly pattern: Expr;
  /** How many messages' worth of text it may read. */
  readonly weight: number;
}

function* patternsIn(node: Expr, weight: number): Generator<Use> {
  const kind = node.exprKind;
  const pattern = kind.case === 'callExpr' && kind.value.function === 'matches' ? kind.value.args[0] : undefined;
  if (pattern) yield { pattern, weight };
  const range = kind.case === 'comprehensionExpr' ? kind.value.iterRange : undefined;
  for (const part of partsOf(node)) {
    yield* patternsIn(part, range && part !== range ? weight * loopWeight(range) : weight);
  }
}

/** The elements of a list in metadata share one value's 1 KiB, so going through them reads no more than a message. */
function loopWeight(range: Expr): number {
  const rounds = roundsOf(range);
  return rounds === MAX_ELEMENTS ? 1 : Math.ceil(rounds / ROUNDS_A_MESSAGE);
}

function literal({ exprKind: kind }: Expr): string | undefined {
  if (kind.case !== 'constExpr' || kind.value.constantKind.case !== 'stringValue') return undefined;
  return kind.value.constantKind.value;
}

function compile(text: string, node: Expr, tree: SyntaxTree): Pattern {
  if (byteLength(text) > MAX_BYTES) throw tree.error(node, `a pattern is at most ${MAX_BYTES} bytes`);
  const size = sizeOf(text, node, tree);
  // A set of one, because only a set lets its memory be bounded.
  const set = new RE2Set(RE2Set.UNANCHORED, 0, STATE_BYTES);
  set.add(text);
  set.compile();
  return { size, matches: (input) => set.match(input).length > 0 };
}

function sizeOf(text: string, node: Expr, tree: SyntaxTree): number {
  try {
    return RE2JS.compile(text).programSize();
  } catch (error) {
    // Its message would quote the pattern, which may hold what must not be shown.
    const reason = error instanceof RE2JSSyntaxException ? error.getDescription() : 'it does not compile';
    throw tree.error(node, `this is not a pattern in RE2 syntax: ${reason}`);
  }
}
