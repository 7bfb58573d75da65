import { readFileSync } from 'node:fs';
import { AlertError } from '@therapytrain/alerts-core';
import { createPolicy, defaultPolicy, type Policy, policySchema } from '@therapytrain/alerts-manager';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';

const invalid = (file: string, faults: readonly string[]): AlertError =>
  new AlertError(
    'POLICY_INVALID',
    [`the policy ${file} is not valid:`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
  );

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AlertError('POLICY_INVALID', `the policy ${file} cannot be read (${code})`, { cause });
  }
};

type Path = readonly PropertyKey[];

/** One fault of a document: what it is about, and whether it is the key that is wrong or what stands under it. */
interface Fault {
  readonly path: Path;
  readonly about: 'key' | 'value';
  readonly rule: string;
}

const faultsOf = (issue: z.core.$ZodIssue): readonly Fault[] => {
  const { path, message } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], about: 'key', rule: 'is not a key that is known here' }));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, about: 'key', rule: inner.message }));
    default:
      return [{ path, about: 'value', rule: message }];
  }
};

// A fault at what is missing is told where the map stands that should have it.
const offsetOf = (document: Document, { path, about }: Fault): number => {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  if (about === 'key' && isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
};

// An alias of nothing, and aliases of aliases without end, are found only now, and have no place.
const valueOf = (document: Document, file: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw error instanceof ReferenceError ? invalid(file, [`1:1 ${error.message}`]) : error;
  }
};

/** Loads a policy. Throws `POLICY_INVALID` with every fault, each with its line and column. */
export const loadPolicy = (file: string | undefined): Policy => {
  if (file === undefined) return defaultPolicy;
  const lineCounter = new LineCounter();
  const document = parseDocument(read(file), { lineCounter, uniqueKeys: true, merge: false, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map(({ pos, message }) => `${at(pos[0])} ${message}`),
    );
  }
  const parsed = policySchema.safeParse(valueOf(document, file));
  if (parsed.success) return createPolicy(parsed.data);
  const faults = parsed.error.issues.flatMap(faultsOf);
  throw invalid(
    file,
    faults.map((fault) => `${at(offsetOf(document, fault))} ${fault.path.join('.') || 'policy'}: ${fault.rule}`),
  );
};
