import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './shell.ts';

// What is made of the contract: code for grpc-js, and the descriptors for reflection.
const generated = ['packages/api/src/gen', 'packages/api/proto'] as const;

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();

const differs = (one: string, other: string): boolean => {
  const files = filesOf(one);
  if (files.join() !== filesOf(other).join()) return true;
  return files.some((file) => !readFileSync(join(one, file)).equals(readFileSync(join(other, file))));
};

// Reflection must also know what errors are made of, which no message of the contract names.
const errorDetails = 'node_modules/google-proto-files/google/rpc/error_details.proto';

const generate = (): number =>
  run('buf', ['generate']) ||
  run('buf', [
    ...['build', '.', '--path', 'proto/therapytrain', '--path', errorDetails],
    ...['--exclude-source-info', '--as-file-descriptor-set', '-o', 'packages/api/proto/alerts.binpb'],
  ]);

const check = (): number => {
  const before = mkdtempSync(join(tmpdir(), 'generated-'));
  try {
    for (const folder of generated) cpSync(join(root, folder), join(before, folder), { recursive: true });
    const status = generate();
    const drifted = generated.filter((folder) => differs(join(before, folder), join(root, folder)));
    if (status === 0 && drifted.length === 0) return 0;
    console.error(
      `Generated code differs from the contract: ${drifted.join(', ')}. Commit what "npm run generate" makes.`,
    );
    return 1;
  } finally {
    rmSync(before, { recursive: true });
  }
};

process.exit(process.argv.includes('--check') ? check() : generate());
