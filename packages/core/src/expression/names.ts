import { type Expr, partsOf, readSource } from './source.ts';
import { NAMES } from './types.ts';

const isFact = (name: string): boolean => NAMES.has(name) && name !== name.toUpperCase();

/**
 * The facts of an alert that an expression speaks of: `type`, `metadata` and so on, without the constants. A variable of
 * a loop that bears the name of a fact counts as that fact. Throws an `ExpressionError` for what is no expression.
 */
export const namesIn = (source: string): ReadonlySet<string> => {
  const names = new Set<string>();
  const walk = (node: Expr): void => {
    const { exprKind: kind } = node;
    if (kind.case === 'identExpr') names.add(kind.value.name.replace(/^\./, ''));
    for (const part of partsOf(node)) walk(part);
  };
  walk(readSource(source).root);
  return new Set([...names].filter(isFact));
};
