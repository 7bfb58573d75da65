import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChannelKind } from '@therapytrain/alerts-core/channel';
import { root } from '../shell.ts';
import { optionsTable, withOptions } from './options-table.ts';

const isKind = (value: unknown): value is ChannelKind =>
  typeof value === 'object' && value !== null && 'kind' in value && 'options' in value && 'create' in value;

/** The README of every channel package, with the table of its options as its schema says them. */
export const channelReadmes = async (): Promise<Readonly<Record<string, string>>> => {
  const pages: Record<string, string> = {};
  for (const file of globSync('packages/channels/*/src/index.ts', { cwd: root })) {
    const exported: unknown[] = Object.values((await import(pathToFileURL(join(root, file)).href)) as object);
    const kind = exported.find(isKind);
    if (!kind) throw new Error(`${file} exports no channel`);
    const readme = file.replace('src/index.ts', 'README.md');
    pages[readme] = withOptions(readme, readFileSync(join(root, readme), 'utf8'), optionsTable(kind.options) ?? '');
  }
  return pages;
};
