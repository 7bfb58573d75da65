import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { read, root } from './shell.ts';

// What no other tool holds: the rules that a newcomer would break without noticing.

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly exports?: unknown;
  readonly bin?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

const faults: string[] = [];
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

const lock = JSON.parse(text('package-lock.json')) as {
  packages: Record<string, { resolved?: string; integrity?: string; hasInstallScript?: boolean; link?: boolean }>;
};
for (const [path, { resolved, integrity, link }] of Object.entries(lock.packages)) {
  if (/^https?:/.test(resolved ?? '')) faults.push(`package-lock.json: ${path} names the address it came from`);
  if (path.includes('node_modules/') && !link && !integrity) faults.push(`package-lock.json: ${path} has no integrity`);
}
if (!/^ignore-scripts=true$/m.test(text('.npmrc'))) faults.push('.npmrc: install scripts are not off');

const manifests = globSync(
  [
    'packages/*/package.json',
    'packages/channels/*/package.json',
    'packages/stores/*/package.json',
    'apps/*/package.json',
  ],
  {
    cwd: root,
  },
);
for (const file of manifests) {
  const manifest = JSON.parse(text(file)) as Manifest;
  const folder = file.slice(0, -'/package.json'.length);
  if ((manifest.nx?.tags ?? []).length !== 1) faults.push(`${file}: it has no layer tag, or more than one`);
  if (manifest.private) continue;
  if (!manifest.license) faults.push(`${file}: it names no licence`);
  if (!manifest.exports && !manifest.bin) faults.push(`${file}: it exports nothing`);
  const readme = globSync('README.md', { cwd: join(root, folder) });
  if (readme.length === 0) faults.push(`${folder}: it has no README.md`);
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (/^[\^~>*]/.test(version)) faults.push(`${file}: ${name} is not pinned to one version`);
  }
}

// A path or host of somebody's machine does not belong in what others clone.
const tracked = (read('git', ['ls-files', '-z']) ?? '')
  .split('\0')
  .filter((file) => file && file !== 'package-lock.json');
const foreign = /(?:^|[\s"'`(=])\/(?:work|home|Users|root)\/[a-z]/;
for (const file of tracked.filter((each) => /\.(?:ts|mjs|js|json|md|ya?ml|proto)$|^\.ci\//.test(each))) {
  const content = text(file);
  if (file !== 'tools/scripts/workspace-rules.ts' && foreign.test(content))
    faults.push(`${file}: it names a path of one machine`);
  if (/\b(?:test|describe|it)\.(?:only|skip)\(/.test(content) && file.endsWith('.test.ts')) {
    faults.push(`${file}: a test is skipped or alone, without a condition`);
  }
}

for (const fault of faults) console.error(`✗ ${fault}`);
console.log(faults.length === 0 ? 'The workspace keeps its rules.' : `${faults.length} rules broken.`);
process.exit(faults.length === 0 ? 0 : 1);
