import { parse } from '@bufbuild/cel';
import { ExpressionError, positionAt } from './error.ts';

const MAX_BYTES = 4096;
/** Brackets and conditionals open at once. The parser recurses on both; unbounded, it ends in a stack overflow. */
const MAX_NESTING = 32;
const MAX_NODES = 1024;
/** Checker, planner and evaluator recurse to this depth: a chain of operators or selections is as deep as it is long. */
const MAX_DEPTH = 96;

type Parsed = ReturnType<typeof parse>;
/** A node of the standard CEL syntax tree, in which macros are already expanded. */
export type Expr = NonNullable<Parsed['expr']>;

/** A source that has been read and is of bounded size, so that what walks it may recurse. */
export interface SyntaxTree {
  readonly root: Expr;
  /** Makes the error for a node: the caller throws it. */
  error(at: Expr, message: string): ExpressionError;
}

/** Reads a source into its tree. Throws an `ExpressionError` for one that is empty, too large, too deep or not CEL. */
export function readSource(source: string): SyntaxTree {
  refuseExcess(source);
  const parsed = parseSource(withoutComments(source));
  const offset = (at: Expr) => parsed.sourceInfo?.positions[at.id.toString()] ?? 0;
  const tree: SyntaxTree = {
    root: parsed.expr,
    error: (at, message) => new ExpressionError(message, positionAt(source, offset(at))),
  };
  measure(tree);
  return tree;
}

/** The parts of a node, in the order they stand in; a loop's body comes after its range. */
export function partsOf({ exprKind: kind }: Expr): readonly Expr[] {
  switch (kind.case) {
    case 'callExpr':
      return present([kind.value.target, ...kind.value.args]);
    case 'selectExpr':
      return present([kind.value.operand]);
    case 'listExpr':
      return kind.value.elements;
    case 'structExpr':
      return kind.value.entries.flatMap(({ keyKind, value }) =>
        present([keyKind.case === 'mapKey' ? keyKind.value : undefined, value]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = kind.value;
      return present([iterRange, accuInit, loopCondition, loopStep, result]);
    }
    default:
      return [];
  }
}

/** The size of a text in UTF-8. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;

const present = (parts: readonly (Expr | undefined)[]): Expr[] => parts.filter((part) => part !== undefined);

/** Strings and comments are passed over whole, so that what they hold opens and closes nothing. */
const TOKENS =
  /\/\/[^\n]*|[bB]?[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\n]*"|'[^'\n]*')|[bB]?(?:"""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')|\w+|[^]/g;

/** The tokens of a text that may be an expression, as far as brackets and operators go. A string is one token. */
export const tokensOf = (source: string): readonly { readonly token: string; readonly offset: number }[] =>
  [...source.matchAll(TOKENS)].map(({ 0: token, index }) => ({ token, offset: index }));

/** Looks at the text alone, before the parser does, and refuses what could exhaust it. */
function refuseExcess(source: string): void {
  const refuse = (message: string, offset = 0) => new ExpressionError(message, positionAt(source, offset));
  if (source.trim() === '') throw refuse('an expression must not be empty');
  if (byteLength(source) > MAX_BYTES) throw refuse(`an expression is at most ${MAX_BYTES} bytes`);
  const open: { readonly bracket: string; readonly offset: number }[] = [];
  let conditionals = 0;
  for (const { 0: token, index } of source.matchAll(TOKENS)) {
    if (token === '"' || token === "'") throw refuse('this string is never closed', index);
    if (token === '?') conditionals += 1;
    if ('([{'.includes(token)) open.push({ bracket: token, offset: index });
    if (')]}'.includes(token) && open.pop()?.bracket !== '([{'[')]}'.indexOf(token)]) {
      throw refuse(`"${token}" closes nothing`, index);
    }
    if (open.length + conditionals > MAX_NESTING) throw refuse(`nested deeper than ${MAX_NESTING} levels`, index);
  }
  const unclosed = open.at(-1);
  if (unclosed) throw refuse(`"${unclosed.bracket}" is never closed`, unclosed.offset);
}

/** The engine's parser stumbles over two comments in a row, and over one that ends the source. Offsets stay as they were. */
const withoutComments = (source: string): string =>
  source.replace(TOKENS, (token) => (token.startsWith('//') ? ' '.repeat(token.length) : token));

function parseSource(source: string): { readonly expr: Expr; readonly sourceInfo: Parsed['sourceInfo'] } {
  try {
    const { expr, sourceInfo } = parse(source);
    if (expr) return { expr, sourceInfo };
  } catch (error) {
    const { message, offset } = syntaxFault(error);
    throw new ExpressionError(message, positionAt(source, offset), { cause: error });
  }
  throw new ExpressionError('not an expression', positionAt(source, 0));
}

/** The parser's own message lists what it hoped for, mostly wrongly; only where it stopped is of use. */
function syntaxFault(error: unknown): { readonly message: string; readonly offset: number } {
  const { location, found, rawMessage } = error as {
    readonly location?: { readonly start: { readonly offset: number } };
    readonly found?: string | null;
    readonly rawMessage?: string;
  };
  const offset = location?.start.offset ?? 0;
  if (found === undefined) return { message: location && rawMessage ? rawMessage : 'not an expression', offset };
  return { message: found ? `cannot be read from "${found}" on` : 'ends too early', offset };
}

/** Bounds the tree, without recursion, because it is this that makes recursion safe for all who follow. */
function measure(tree: SyntaxTree): void {
  const todo: { readonly node: Expr; readonly depth: number }[] = [{ node: tree.root, depth: 1 }];
  let nodes = 0;
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth } = next;
    nodes += 1;
    if (nodes > MAX_NODES) throw tree.error(tree.root, `an expression has at most ${MAX_NODES} parts`);
    if (depth > MAX_DEPTH) throw tree.error(node, `a chain or nest is at most ${MAX_DEPTH} parts deep`);
    for (const part of partsOf(node)) todo.push({ node: part, depth: depth + 1 });
  }
}
