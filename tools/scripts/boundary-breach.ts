import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.ts';

// A rule that never fails is no rule: an adapter that imports the manager must be refused by the lint.
const folder = join(root, 'packages/stores/sqlite');
const breach = join(folder, 'src/breach.ts');

const lint = () => spawnSync('eslint', ['src/breach.ts'], { cwd: folder, encoding: 'utf8' });

try {
  writeFileSync(breach, "export { createFlow } from '@therapytrain/alerts-manager';\n");
  const { status, stdout } = lint();
  const refused = status !== 0 && stdout.includes('@nx/enforce-module-boundaries');
  console.log(refused ? 'The breach was refused.' : `The breach was not refused:\n${stdout}`);
  process.exitCode = refused ? 0 : 1;
} finally {
  rmSync(breach, { force: true });
}
