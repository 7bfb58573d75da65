import { type ChannelKind, isSecret } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';
import { policySchema } from './schema.ts';
import { secretReference } from './secrets.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const replaceWith = (schema: Record<string, unknown>, other: object): void => {
  const { description } = schema;
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, other, description === undefined ? {} : { description });
};

const optionsOf = ({ options }: ChannelKind): Schema => {
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

const channelOf = (kind: ChannelKind, common: Schema): Schema => {
  const { properties = {}, required = [] } = optionsOf(kind);
  return {
    type: 'object',
    properties: { ...common.properties, kind: { const: kind.kind }, ...properties },
    required: ['kind', ...required],
    additionalProperties: false,
  };
};

/**
 * The JSON schema of a policy, for editors: with the options of these channels, and secrets as references. What it
 * allows may still be refused, for it says nothing of expressions and of names that are used.
 */
export const policyJsonSchema = (kinds: Iterable<ChannelKind>): Schema => {
  const schema = z.toJSONSchema(policySchema, { io: 'input' });
  const channels = schema.properties?.['channels'] as Schema;
  const common = channels.additionalProperties as Schema;
  channels.additionalProperties = { oneOf: [...kinds].map((each) => channelOf(each, common)) };
  return schema;
};
