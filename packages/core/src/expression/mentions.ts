import { type Expr, partsOf, readSource } from './source.ts';

const comparing: ReadonlySet<string> = new Set(['_<_', '_<=_', '_>_', '_>=_']);

/** What an expression speaks of. */
export interface Mentions {
  /** The names in it: of facts, of constants, of what it calls parts of a list. */
  readonly names: ReadonlySet<string>;
  /** True where it asks whether something is more or less than something else. */
  readonly compares: boolean;
}

const allOf = (node: Expr): readonly Expr[] => [node, ...partsOf(node).flatMap(allOf)];

/** Looks at the text of an expression that compiles. */
export const mentionsOf = (source: string): Mentions => {
  const kinds = allOf(readSource(source).root).map(({ exprKind }) => exprKind);
  return {
    names: new Set(kinds.flatMap((kind) => (kind.case === 'identExpr' ? [kind.value.name] : []))),
    compares: kinds.some((kind) => kind.case === 'callExpr' && comparing.has(kind.value.function)),
  };
};
