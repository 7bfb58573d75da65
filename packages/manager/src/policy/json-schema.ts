import { type ChannelKind, isSecret } from '@therapytrain/alerts-core/channel';
import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import { z } from 'zod';
import { policySchema } from './schema.ts';
import { secretReference } from './secrets.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const replaceWith = (schema: Record<string, unknown>, other: object): void => {
  const { description } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, other, description === undefined ? {} : { description });
};

type Kind = Pick<ChannelKind | ResponderKind, 'kind' | 'options'>;

const optionsOf = ({ options }: Kind): Schema => {
  const { $schema: _, ...reference } = z.toJSONSchema(secretReference, { io: 'input' });
  const { $schema: __, ...schema } = z.toJSONSchema(options, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (isSecret(zodSchema)) replaceWith(jsonSchema, reference);
    },
  });
  return schema;
};

const partOf = (kind: Kind, common: Schema): Schema => {
  const { properties = {}, required = [] } = optionsOf(kind);
  return {
    type: 'object',
    properties: { ...common.properties, kind: { const: kind.kind }, ...properties },
    required: ['kind', ...required],
    additionalProperties: false,
  };
};

/** Puts the options of each kind where a schema has parts of one kind or another. */
const withOptions = (parts: Schema, kinds: readonly Kind[]): void => {
  const common = parts.additionalProperties as Schema;
  // Of no kind at all none is allowed: an empty `oneOf` is no schema.
  parts.additionalProperties = kinds.length === 0 ? false : { oneOf: kinds.map((each) => partOf(each, common)) };
};

/**
 * The JSON schema of a policy, for editors: with the options of these channels and responders, and secrets as references.
 * What it allows may still be refused, for it says nothing of expressions and of names that are used.
 */
export const policyJsonSchema = (kinds: Iterable<ChannelKind>, responders: Iterable<ResponderKind>): Schema => {
  const schema = z.toJSONSchema(policySchema, { io: 'input' });
  withOptions(schema.properties?.['channels'] as Schema, [...kinds]);
  withOptions(schema.properties?.['responders'] as Schema, [...responders]);
  return schema;
};
