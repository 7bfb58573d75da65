import { fileURLToPath } from 'node:url';
import { formatFiles, generateFiles, joinPathFragments, readJson, type Tree, updateJson } from '@nx/devkit';

/** What the generator is asked for. */
export interface ChannelSchema {
  /** Lower-case noun: the configuration key and the last word of the package's name. */
  readonly name: string;
}

interface Manifest {
  readonly version: string;
  dependencies?: Record<string, string>;
}

interface References {
  references: { path: string }[];
}

/** Who knows every channel: a package, and the file with the list in it. */
const registers = [
  ['apps/alert-gateway', 'src/kinds.ts'],
  ['apps/alertctl', 'src/policy/kinds.ts'],
] as const;

const sorted = (entries: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The version that the workspace has of a package: what is new takes no other. */
const versionsIn = (tree: Tree): Readonly<Record<string, string>> => {
  const of = (file: string): Readonly<Record<string, string>> => readJson<Manifest>(tree, file).dependencies ?? {};
  return { ...of('packages/http/package.json'), ...of('packages/testkit/package.json') };
};

const registerIn = (
  tree: Tree,
  name: string,
  packageName: string,
  [folder, file]: (typeof registers)[number],
): void => {
  const kinds = `${folder}/${file}`;
  const source = tree.read(kinds, 'utf8') ?? '';
  const withImport = source.replace(/^(?=import )/m, `import { ${name} } from '${packageName}';\n`);
  tree.write(kinds, withImport.replace(/(: readonly ChannelKind\[\] = \[[^\]]*?),?\s*\]/, `$1, ${name}]`));
  updateJson<Manifest>(tree, `${folder}/package.json`, (manifest) => ({
    ...manifest,
    dependencies: sorted({ ...manifest.dependencies, [packageName]: '0.1.0' }),
  }));
  const path = `../../packages/channels/${name}/tsconfig.lib.json`;
  updateJson<References>(tree, `${folder}/tsconfig.lib.json`, (config) => ({
    ...config,
    references: [...config.references, { path }],
  }));
};

/**
 * Writes `packages/channels/<name>`: a channel that meets the contract, with its contract test, a test of the rendering
 * that is red until the peer's own format is written, and a README; and registers it with the gateway and with alertctl. It writes through
 * the tree only, so a dry run is dry. Throws if there is such a channel, or the name is not a lower-case noun.
 */
export default async function channelGenerator(tree: Tree, { name }: ChannelSchema): Promise<() => void> {
  if (!/^[a-z][a-z0-9]{1,23}$/.test(name))
    throw new Error('the name is not 2 to 24 of a-z and 0-9, beginning with a letter');
  const folder = joinPathFragments('packages/channels', name);
  if (tree.exists(folder)) throw new Error(`there is a channel ${name} already: ${folder}`);
  const packageName = `@therapytrain/alerts-channel-${name}`;
  const title = name[0]?.toUpperCase() + name.slice(1);
  const files = fileURLToPath(new URL('./files', import.meta.url));
  generateFiles(tree, files, folder, { name, title, packageName, versions: versionsIn(tree), tmpl: '' });
  for (const each of registers) registerIn(tree, name, packageName, each);
  await formatFiles(tree);
  return () => {
    process.stdout.write(
      [
        '',
        `Next: npm install (links the package), then npx nx test ${packageName}.`,
        `The contract is green; test/render.test.ts is red until src/render.ts says what ${name} expects.`,
        '',
      ].join('\n'),
    );
  };
}
