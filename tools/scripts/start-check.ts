import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './shell.ts';

// The README's first command, as its user runs it but for the port and the data: it must listen, and end in order.
const patience = 180_000;
const data = mkdtempSync(join(tmpdir(), 'alerts-start-'));
const child = spawn(
  process.execPath,
  [join(root, 'tools/scripts/run.mjs'), 'start', '--listen', '127.0.0.1:0', '--data', data],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);
const giveUp = setTimeout(() => child.kill('SIGKILL'), patience);
let listened = false;
createInterface({ input: child.stdout }).on('line', (line) => {
  console.log(line);
  if (!line.includes('"msg":"listening"')) return;
  listened = true;
  child.kill('SIGTERM');
});
child.on('close', (code) => {
  clearTimeout(giveUp);
  rmSync(data, { recursive: true, force: true });
  if (!listened) console.error('The gateway did not listen.');
  process.exit(listened && code === 0 ? 0 : 1);
});
