import { fileURLToPath } from 'node:url';
import { formatFiles, generateFiles, names, type Tree } from '@nx/devkit';

/** What the generator is asked for. */
export interface ResponderSchema {
  /** Lower-case words with `-`: the kind that a policy names, and the folder. */
  readonly name: string;
  /** What it acts on. Default: `address`. */
  readonly target?: 'address' | 'user' | 'access';
}

const folder = 'packages/responders';
const entry = `${folder}/src/index.ts`;
const kinds = `${folder}/src/kinds.ts`;

/** Changes a file in one place. Throws where the place is not there any more, rather than write half of a responder. */
const changed = (tree: Tree, file: string, place: RegExp, to: string): void => {
  const source = tree.read(file, 'utf8') ?? '';
  if (!place.test(source)) throw new Error(`${file} has no place for another responder: ${place.source}`);
  tree.write(file, source.replace(place, to));
};

/**
 * Writes `packages/responders/src/<name>`: a responder that meets the contract, with its contract test, and a test of what
 * it sends that is red until the peer's own format is written; exports it, and registers it. It writes
 * through the tree only, so a dry run is dry. Throws if there is such a responder, or the name is not lower-case words.
 */
export default async function responderGenerator(
  tree: Tree,
  { name, target = 'address' }: ResponderSchema,
): Promise<() => void> {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    throw new Error('the name is not lower-case words of a-z and 0-9 with "-" between, at most 40 characters');
  }
  if (tree.exists(`${folder}/src/${name}`))
    throw new Error(`there is a responder ${name} already: ${folder}/src/${name}`);
  const { propertyName: variable, className } = names(name);
  const files = fileURLToPath(new URL('./files', import.meta.url));
  generateFiles(tree, files, folder, { name, variable, className, target, tmpl: '' });
  tree.write(entry, `${tree.read(entry, 'utf8')}export { ${variable} } from './${name}/index.ts';\n`);
  changed(tree, kinds, /\n\n\/\*\*/, `\nimport { ${variable} } from './${name}/index.ts';\n\n/**`);
  changed(tree, kinds, /(: readonly ResponderKind\[\] = \[[^\]]*?),?\s*\]/, `$1, ${variable}]`);
  await formatFiles(tree);
  return () => {
    process.stdout.write(
      [
        '',
        `Next: npx nx test @therapytrain/alerts-responders, and npm run docs for its options in the README.`,
        `The contract is green; test/${name}/request.test.ts is red until src/${name}/request.ts says what the peer expects.`,
        '',
      ].join('\n'),
    );
  };
}
