import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChannelKind } from '@therapytrain/alerts-core/channel';
import { z } from 'zod';
import { root } from '../shell.ts';
import { table } from './page.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const begin = '<!-- options: printed by "npm run docs" -->';
const end = '<!-- /options -->';

const isKind = (value: unknown): value is ChannelKind =>
  typeof value === 'object' && value !== null && 'kind' in value && 'options' in value && 'create' in value;

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

const optionsTable = ({ options }: ChannelKind): string =>
  table(
    ['option', 'default', 'what it is'],
    rowsOf(z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }), ''),
  );

/** The README of every channel package, with the table of its options as its schema says them. */
export const channelReadmes = async (): Promise<Readonly<Record<string, string>>> => {
  const pages: Record<string, string> = {};
  for (const file of globSync('packages/channels/*/src/index.ts', { cwd: root })) {
    const exported: unknown[] = Object.values((await import(pathToFileURL(join(root, file)).href)) as object);
    const kind = exported.find(isKind);
    if (!kind) throw new Error(`${file} exports no channel`);
    const readme = file.replace('src/index.ts', 'README.md');
    const text = readFileSync(join(root, readme), 'utf8');
    const [from, to] = [text.indexOf('<!-- options'), text.indexOf(end)];
    if (from < 0 || to < 0) throw new Error(`${readme} has no place for the options: ${begin} … ${end}`);
    pages[readme] = `${text.slice(0, from)}${begin}\n\n${optionsTable(kind)}\n\n${text.slice(to)}`;
  }
  return pages;
};
