import { type Document, isMap, isNode, isScalar, type Scalar } from 'yaml';

/** Where a fault is: what it is about, and whether it is the key that is wrong or what stands under it. */
export interface Place {
  readonly path: readonly PropertyKey[];
  readonly about: 'key' | 'value';
  /** Where within a text that is written on its own lines: in an expression. Both count from 1. */
  readonly within?: { readonly line: number; readonly column: number } | undefined;
}

const indexOf = (text: string, { line, column }: { readonly line: number; readonly column: number }): number =>
  text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, each) => sum + each.length + 1, column - 1);

// Where YAML folds or indents a text, only blanks differ; so what is not blank is counted.
const offsetWithin = (source: string, node: Scalar, within: NonNullable<Place['within']>): number | undefined => {
  const [from, to] = node.range ?? [0, 0];
  const raw = source.slice(from, to);
  if (typeof node.value !== 'string' || (node.type === 'QUOTE_DOUBLE' && raw.includes('\\'))) return undefined;
  const block = node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  let left = node.value.slice(0, indexOf(node.value, within)).replaceAll(/\s/g, '').length;
  const start = block ? raw.indexOf('\n') : node.type === 'PLAIN' ? 0 : 1;
  for (let at = start; at < raw.length; at++) {
    if (/\s/.test(raw[at] ?? '')) continue;
    if (left === 0) return from + at;
    left--;
    if (node.type === 'QUOTE_SINGLE' && raw[at] === "'") at++;
  }
  return undefined;
};

const nodeOffset = (document: Document, path: Place['path']): number => {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
};

/**
 * Where in the source a place is. What is missing is told where the map stands that should have it. `exact` is false
 * for a place within a text that cannot be found in the source: then it is where the text begins.
 */
export const offsetOf = (
  document: Document,
  source: string,
  { path, about, within }: Place,
): { readonly offset: number; readonly exact: boolean } => {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  if (about === 'key' && isNode(pair?.key) && pair.key.range) return { offset: pair.key.range[0], exact: true };
  const node: unknown = within && document.getIn(path, true);
  const offset = within && isScalar(node) ? offsetWithin(source, node, within) : undefined;
  return { offset: offset ?? nodeOffset(document, path), exact: offset !== undefined };
};
