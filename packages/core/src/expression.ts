import { expressionEngine } from './expression/engine.ts';
import { conditionsOf } from './expression/conditions.ts';
import { typeOf } from './expression/check.ts';
import { limitLoops } from './expression/loops.ts';
import { type Mentions, mentionsOf } from './expression/mentions.ts';
import { compilePatterns } from './expression/patterns.ts';
import { readSource } from './expression/source.ts';
import { factsView } from './expression/facts.ts';

import { ExpressionError } from './expression/error.ts';

export { ExpressionError };

/** What an expression may speak of: one alert's facts. Values in `metadata` are what JSON can hold. */
export interface AlertFacts {
  readonly type: string;
  /** 1 LOW, 2 MEDIUM, 3 HIGH, 4 CRITICAL. */
  readonly severity: number;
  readonly message: string;
  readonly source: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly fingerprint: string;
  readonly dedupKey: string;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** A condition that has been compiled, type-checked and bounded: it yields a bool and cannot run away. */
export interface Expression {
  /** The text that was compiled, unchanged. */
  readonly source: string;
  /**
   * True only when the expression yields true. One that errs on these facts (a missing key, a
   * value of another type, more text or rounds than allowed) does not match. Never throws and never waits.
   */
  matches(facts: AlertFacts): boolean;
}

/**
 * Compiles and type-checks CEL over the facts of one alert. The names are `type`, `severity`, `message`,
 * `source`, `metadata`, `fingerprint`, `dedup_key`, `occurred_at`, `received_at` and the constants
 * `LOW`, `MEDIUM`, `HIGH`, `CRITICAL`. Throws an `ExpressionError` that says where when the source is
 * empty, does not parse, does not yield a bool, holds a bad pattern or could take too long.
 */
export function compileExpression(source: string): Expression {
  const tree = readSource(source);
  const engine = expressionEngine();
  const type = typeOf(tree, engine.functions);
  if (type.name !== 'bool') {
    const hint = type.name === 'dyn' ? '; compare it, as in metadata.flag == true' : '';
    throw tree.error(tree.root, `an expression must yield a bool, this one yields ${type.name}${hint}`);
  }
  const patterns = compilePatterns(tree);
  const evaluate = engine.plan(limitLoops(tree), patterns);
  return { source, matches: (facts) => evaluate(factsView(facts)) === true };
}

/** One of the conditions that an expression demands, and what it speaks of. */
export interface Demand extends Mentions {
  readonly condition: Expression;
}

// `metadata.flag` yields what it yields: joined to others it need not be a bool, and by itself it is no expression.
const compiled = (condition: string): Expression | undefined => {
  try {
    return compileExpression(condition);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
};

/**
 * The conditions that an expression joins by `&&`, all of which it demands; all of it where no part can be told. One that
 * is no bool by itself is left out: where all that are here are met, the expression may still not match.
 */
export function demandsOf({ source }: Expression): readonly Demand[] {
  return conditionsOf(source).flatMap((part) => {
    const condition = compiled(part);
    return condition ? [{ condition, ...mentionsOf(part) }] : [];
  });
}

/**
 * The first condition that keeps an expression from matching, of those that it joins by `&&`: a part of its source. All
 * of it where no part can be told; undefined if it matches.
 */
export function firstUnmet(expression: Expression, facts: AlertFacts): string | undefined {
  if (expression.matches(facts)) return undefined;
  const unmet = conditionsOf(expression.source).find((condition) => compiled(condition)?.matches(facts) === false);
  return unmet ?? expression.source;
}
