import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.ts';

// The bill of materials of a release: what of others is in what ships, from the lockfile alone, so that it can be made
// where there is no network. Build tools are left out; what they are stands in the lockfile.
const folder = join(root, 'dist', 'release');
const file = join(folder, 'sbom.cdx.json');

interface Component {
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly unknown[];
}

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Installed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

const npm = <Answer>(...args: readonly string[]): Answer =>
  JSON.parse(
    execFileSync('npm', [...args, '--package-lock-only'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 28,
    }),
  ) as Answer;

const shipped = globSync('{packages,packages/channels,packages/stores,apps}/*/package.json', { cwd: root })
  .map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string; private?: boolean })
  .filter((manifest) => !manifest.private)
  .flatMap(({ name }) => ['--workspace', name]);

const refsOf = ({ dependencies = {} }: Installed): string[] =>
  Object.entries(dependencies).flatMap(([name, child]) => [`${name}@${child.version}`, ...refsOf(child)]);

// `npm sbom --omit dev` leaves out whatever any package has as a development dependency, though others ship with it
// (seen with npm 11.19); `npm ls` does not.
const ships = new Set(refsOf(npm<Installed>('ls', '--all', '--json', '--omit', 'dev', ...shipped)));
const all = npm<Bill>('sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application');
const components = all.components.filter(({ name, version }) => ships.has(`${name}@${version}`));
const bill: Bill = {
  ...all,
  components,
  dependencies: all.dependencies
    .filter(({ ref }) => ships.has(ref) || ref === all.metadata.component['bom-ref'])
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => ships.has(each)) })),
};

const named = (name: string) => components.some((each) => each.name === name);
if (bill.bomFormat !== 'CycloneDX' || !named('@grpc/grpc-js')) throw new Error('the bill does not name what ships');
if (named('jest') || named('nx')) throw new Error('the bill names build tools, which do not ship');
mkdirSync(folder, { recursive: true });
writeFileSync(file, `${JSON.stringify(bill, undefined, 2)}\n`);
const hashed = components.filter(({ hashes = [] }) => hashes.length > 0).length;
console.log(`${components.length} components, ${hashed} of them with a hash, in dist/release/sbom.cdx.json`);
