import { z } from 'zod';
import { table } from './page.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const begin = '<!-- options: printed by "npm run docs" -->';
const end = '<!-- /options -->';

const fallbackOf = ({ default: fallback }: Schema, required: boolean): string => {
  if (required) return 'required';
  return fallback === undefined || JSON.stringify(fallback) === '{}' ? '' : `\`${String(fallback)}\``;
};

const rowsOf = (schema: Schema, path: string): readonly (readonly string[])[] =>
  Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(([name, each]) => {
    const at = path ? `${path}.${name}` : name;
    const own = [`\`${at}\``, fallbackOf(each, (schema.required ?? []).includes(name)), each.description ?? ''];
    return [own, ...rowsOf(each, at)];
  });

/** The options of a schema, each with its default and what it is; undefined where there are none. */
export const optionsTable = (schema: z.ZodType, head = 'option'): string | undefined => {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  return rows.length === 0 ? undefined : table([head, 'default', 'what it is'], rows);
};

/** A README with something else between its marks. */
export const withOptions = (readme: string, text: string, printed: string): string => {
  const [from, to] = [text.indexOf('<!-- options'), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`${readme} has no place for the options: ${begin} … ${end}`);
  return `${text.slice(0, from)}${begin}\n\n${printed}\n\n${text.slice(to)}`;
};
