import type { z } from 'zod';
import { parseSource, type PolicyFault, valueOf } from './document.ts';
import { faultWords, findingsOf } from './faults.ts';
import { located, mostFaults } from './located.ts';

/** A document that was read; without faults its value is there. */
export interface DocumentReading<T> {
  readonly value: T | undefined;
  readonly faults: readonly PolicyFault[];
}

/** Reads YAML that keeps a schema. Says every fault at once, with its line and column and without the value. */
export const readDocument = <S extends z.ZodType>(text: string, schema: S): DocumentReading<z.output<S>> => {
  const source = parseSource(text);
  if (Array.isArray(source)) return { value: undefined, faults: source.slice(0, mostFaults) };
  const read = valueOf(source);
  if (Array.isArray(read)) return { value: undefined, faults: read };
  const result = schema.safeParse(read.value, { error: faultWords, reportInput: false });
  if (result.success) return { value: result.data, faults: [] };
  return {
    value: undefined,
    faults: located(
      source,
      result.error.issues.flatMap((issue) => findingsOf(issue, schema)),
    ),
  };
};
