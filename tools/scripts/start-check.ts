import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, run } from './shell.ts';

// The README's first command and its first report, as its user runs them but for port and data: the gateway must listen,
// take the report, and end in order.
const patience = 180_000;
const data = mkdtempSync(join(tmpdir(), 'alerts-start-'));
const child = spawn(
  process.execPath,
  [join(root, 'tools/scripts/run.mjs'), 'start', '--listen', '127.0.0.1:0', '--data', data],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);
const giveUp = setTimeout(() => child.kill('SIGKILL'), patience);
let kept = false;
createInterface({ input: child.stdout }).on('line', (line) => {
  console.log(line);
  if (!line.includes('"msg":"listening"')) return;
  const { address } = JSON.parse(line) as { readonly address: string };
  const report = ['report', 'AUTH_FAILURE', 'Failed login', '--metadata', 'userId=user123'];
  kept = run('alertctl', ['--address', address, ...report]) === 0;
  child.kill('SIGTERM');
});
child.on('close', (code) => {
  clearTimeout(giveUp);
  rmSync(data, { recursive: true, force: true });
  if (!kept) console.error('The gateway did not listen, or did not keep the report.');
  process.exit(kept && code === 0 ? 0 : 1);
});
