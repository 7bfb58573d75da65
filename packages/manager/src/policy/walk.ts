import { isSecret } from '@therapytrain/alerts-core/channel';
import type { z } from 'zod';

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

const isTransform = (schema: Schema): boolean => (schema as z.core.$ZodTypes)._zod.def.type === 'transform';

/** What a schema is beneath its wrappers: one schema, or all that may be in its place. A secret is not looked into. */
export const alternatives = (schema: Schema): readonly Schema[] => {
  if (isSecret(schema)) return [schema];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return alternatives(def.innerType);
    case 'pipe':
      return alternatives(isTransform(def.in) ? def.out : def.in);
    case 'union':
      return def.options.flatMap(alternatives);
    case 'intersection':
      return [def.left, def.right].flatMap(alternatives);
    case 'lazy':
      return alternatives(def.getter());
    default:
      return [schema];
  }
};

const entry = (schema: Schema, key: PropertyKey): Schema | undefined => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? def.shape[String(key)] : def.catchall;
    case 'record':
      return def.valueType;
    case 'array':
      return def.element;
    default:
      return undefined;
  }
};

/** The schemas that what stands under a key may be of. */
export const below = (schemas: readonly Schema[], key: PropertyKey): readonly Schema[] =>
  schemas.flatMap(alternatives).flatMap((each) => entry(each, key) ?? []);

const at = (schema: Schema, path: Path): readonly Schema[] =>
  path.reduce<readonly Schema[]>((schemas, key) => below(schemas, key), [schema]);

/** The keys that a map at this place may have. */
export const keysAt = (schema: Schema, path: Path): readonly string[] =>
  at(schema, path)
    .flatMap(alternatives)
    .flatMap((each) => {
      const { def } = (each as z.core.$ZodTypes)._zod;
      return def.type === 'object' ? Object.keys(def.shape) : [];
    });

/** What the schema says, for people, of this place; empty where it says nothing. */
export const descriptionAt = (schema: Schema, path: Path): string =>
  at(schema, path)
    .flatMap((each) => [each, ...alternatives(each)])
    .map((each) => (each as z.ZodType).description)
    .find((each) => each !== undefined) ?? '';
