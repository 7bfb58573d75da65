import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root, run } from './shell.ts';

// The README's first command and its first report, as its user runs them but for port and data: the gateway must listen,
// take the report, and end in order. By npm it must end too, though npm tells nobody but its shell of a signal.
const patience = 180_000;
const ways = {
  'the start script': [process.execPath, join(root, 'tools/scripts/run.mjs'), 'start'],
  npm: ['npm', 'start', '--'],
} as const;

/** Starts a gateway, reports, and ends what was started. Gives what went wrong. */
const check = (way: keyof typeof ways): Promise<string | undefined> => {
  const [command, ...words] = ways[way];
  const data = mkdtempSync(join(tmpdir(), 'alerts-start-'));
  const child = spawn(command, [...words, '--listen', '127.0.0.1:0', '--data', data], {
    ...{ cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    // What it starts is of its group: none of it may be left behind where it does not end by itself.
    detached: true,
  });
  const giveUp = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), patience);
  let [kept, drained] = [false, false];
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.log(line);
    drained ||= line.includes('"msg":"draining"');
    if (!line.includes('"msg":"listening"')) return;
    const { address } = JSON.parse(line) as { readonly address: string };
    const report = ['report', 'AUTH_FAILURE', 'Failed login', '--metadata', 'userId=user123'];
    kept = run('alertctl', ['--address', address, ...report]) === 0;
    child.kill('SIGTERM');
  });
  return new Promise((resolve) => {
    // Once nobody writes to its output any more, which the gateway does for as long as it lives.
    child.on('close', (code, signal) => {
      clearTimeout(giveUp);
      rmSync(data, { recursive: true, force: true });
      if (!kept) resolve('the gateway did not listen, or did not keep the report');
      else if (!drained || signal === 'SIGKILL') resolve('the gateway was not told to end');
      // npm itself ends by the signal, and not by what it ran.
      else resolve(code === 0 || way === 'npm' ? undefined : `it ended with ${code ?? signal}`);
    });
  });
};

for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
  const wrong = await check(way);
  if (wrong === undefined) continue;
  console.error(`Started by ${way}: ${wrong}.`);
  process.exit(1);
}
