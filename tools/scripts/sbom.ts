import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.ts';

// The bill of materials of a release: what of others is in what ships, from the lockfile alone, so that it can be made
// where there is no network. Build tools are left out; what they are stands in the lockfile.
const folder = join(root, 'dist', 'release');
const file = join(folder, 'sbom.cdx.json');

interface Bill {
  readonly bomFormat: string;
  readonly components: readonly { readonly purl: string; readonly hashes?: readonly unknown[] }[];
}

const args = [
  'sbom',
  '--sbom-format',
  'cyclonedx',
  '--sbom-type',
  'application',
  '--package-lock-only',
  '--omit',
  'dev',
];
const text = execFileSync('npm', args, {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 2 ** 28,
});
const bill = JSON.parse(text) as Bill;
const grpc = bill.components.some(({ purl }) => purl.startsWith('pkg:npm/%40grpc/grpc-js@'));
if (bill.bomFormat !== 'CycloneDX' || !grpc) throw new Error('the bill does not name what ships');
mkdirSync(folder, { recursive: true });
writeFileSync(file, text);
const hashed = bill.components.filter(({ hashes = [] }) => hashes.length > 0).length;
console.log(`${bill.components.length} components, ${hashed} of them with a hash, in dist/release/sbom.cdx.json`);
