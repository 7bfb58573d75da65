import type { Expr, SyntaxTree } from './source.ts';
import { partsOf } from './source.ts';

/** Keys in one alert's metadata, and elements in a list that fits into one value of 1 KiB: `[1,1,…]`. */
const MAX_KEYS = 64;
export const MAX_ELEMENTS = 512;
/** Parts visited in one evaluation, counting a part once for each round of its loops: some 10 ms at the most. */
const MAX_VISITS = 40_000;

/** Called once a round; the engine counts it, as it counts every call. Not a name that a source can hold. */
export const TICK = '@tick';

/**
 * Refuses loops in loops that a large alert could keep running, whatever they would find; and adds the
 * count to each loop's condition, so that one which is let through is still stopped.
 */
export function limitLoops(tree: SyntaxTree): Expr {
  const visits = visitsOf(tree.root);
  if (visits > MAX_VISITS) {
    throw tree.error(tree.root, `its loops may take ${visits} steps on a large alert, ${MAX_VISITS} are allowed`);
  }
  addTicks(tree.root);
  return tree.root;
}

/** How often the parts of a node are visited at worst. */
function visitsOf(node: Expr): number {
  const loop = node.exprKind.case === 'comprehensionExpr' ? node.exprKind.value : undefined;
  if (!loop?.iterRange) return total(partsOf(node)) + 1;
  const { iterRange, accuInit, loopCondition, loopStep, result } = loop;
  const rounds = roundsOf(iterRange);
  // A loop that makes a list copies it in each round, half of it on average; sixteen elements cost what a visit costs.
  const copying = accuInit?.exprKind.case === 'listExpr' ? rounds / 32 : 0;
  const round = Math.ceil(1 + copying) + total([loopCondition, loopStep]);
  return total([iterRange, accuInit, result]) + rounds * round;
}

const total = (parts: readonly (Expr | undefined)[]): number =>
  parts.reduce<number>((sum, part) => sum + (part ? visitsOf(part) : 0), 0);

/** How many rounds a loop over this range makes at most. */
export function roundsOf(range: Expr): number {
  const kind = range.exprKind;
  switch (kind.case) {
    case 'listExpr':
      return kind.value.elements.length;
    case 'structExpr':
      return kind.value.entries.length;
    case 'comprehensionExpr':
      return kind.value.iterRange ? roundsOf(kind.value.iterRange) : MAX_ELEMENTS;
    case 'identExpr':
      return kind.value.name === 'metadata' ? MAX_KEYS : MAX_ELEMENTS;
    case 'callExpr':
      return kind.value.function === '_+_'
        ? kind.value.args.reduce((sum, arg) => sum + roundsOf(arg), 0)
        : MAX_ELEMENTS;
    default:
      return MAX_ELEMENTS;
  }
}

function addTicks(node: Expr): void {
  for (const part of partsOf(node)) addTicks(part);
  if (node.exprKind.case !== 'comprehensionExpr') return;
  const loop = node.exprKind.value;
  if (loop.loopCondition) loop.loopCondition = calling('_&&_', node, [loop.loopCondition, calling(TICK, node, [])]);
}

/** A call that stands where the given node stands. */
const calling = (id: string, { id: at }: Expr, args: Expr[]): Expr => ({
  $typeName: 'cel.expr.Expr',
  id: at,
  exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: id, args } },
});
