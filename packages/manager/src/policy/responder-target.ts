import type { ResponderKind, TargetKind } from '@therapytrain/alerts-core/responder';
import { z } from 'zod';

/** What of options can be read by itself: not a secret that is a reference, nor what is wrong. With its defaults. */
const soundPart = (schema: z.ZodType, options: Readonly<Record<string, unknown>>): unknown => {
  if (!(schema instanceof z.ZodObject)) return options;
  const fields = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).map(
    ([name, field]) => [name, field.safeParse(options[name])] as const,
  );
  return Object.fromEntries(fields.flatMap(([name, { success, data }]) => (success ? [[name, data]] : [])));
};

/**
 * What a responder acts on, which its options may say. They are read as they are written, so that it is the same where
 * secrets are known and where they are not. The kind's own target where they do not say it, or wrongly.
 */
export const targetKindOf = (
  { target, targetOf, options: schema }: Pick<ResponderKind, 'target' | 'targetOf' | 'options'>,
  options: Readonly<Record<string, unknown>>,
): TargetKind => targetOf?.(soundPart(schema, options)) ?? target;
