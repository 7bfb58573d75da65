import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResponderKind, TargetKind } from '@therapytrain/alerts-core/responder';
import { root } from '../shell.ts';
import { optionsTable, withOptions } from './options-table.ts';
import { table } from './page.ts';

const folder = 'packages/responders';

const isKind = (value: unknown): value is ResponderKind =>
  typeof value === 'object' && value !== null && 'kind' in value && 'args' in value && 'create' in value;

const targets: Readonly<Record<TargetKind, string>> = {
  address: 'address or range',
  user: 'user',
  access: 'user and resource',
};

const argsText = ({ args }: ResponderKind): string => args.description ?? optionsTable(args, 'arg') ?? '';

const optionsOf = (kind: ResponderKind): string => optionsTable(kind.options) ?? 'None.';

/** Kinds with the same options, under one table. */
const byOptions = (kinds: readonly ResponderKind[]): readonly string[] => {
  const groups = new Map<string, string[]>();
  for (const kind of kinds) groups.set(optionsOf(kind), [...(groups.get(optionsOf(kind)) ?? []), `\`${kind.kind}\``]);
  return [...groups].map(([options, names]) => `Options of ${names.join(', ')}:\n\n${options}`);
};

const printed = (kinds: readonly ResponderKind[]): string =>
  [
    table(
      ['kind', 'acts on', 'is taken back'],
      kinds.map((kind) => [
        `\`${kind.kind}\``,
        kind.targetOf ? `what its options say; \`${kind.target}\` unless they do` : targets[kind.target],
        kind.reversible ? 'yes' : 'no',
      ]),
    ),
    ...byOptions(kinds),
    ...kinds.flatMap((kind) => (argsText(kind) === '' ? [] : [`Args of \`${kind.kind}\`:\n\n${argsText(kind)}`])),
  ].join('\n\n');

/** The README of the responders, with what each kind says of itself. */
export const responderReadme = async (): Promise<Readonly<Record<string, string>>> => {
  const exported = Object.values((await import(pathToFileURL(join(root, folder, 'src/index.ts')).href)) as object);
  const readme = `${folder}/README.md`;
  return { [readme]: withOptions(readme, readFileSync(join(root, readme), 'utf8'), printed(exported.filter(isKind))) };
};
