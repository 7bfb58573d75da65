import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, run } from './shell.ts';

// Builds only what the gateway and the command line need; Nx takes it from its cache where nothing changed.
const built = run('nx', [
  'run-many',
  '-t',
  'build',
  '-p',
  '@therapytrain/alert-gateway,@therapytrain/alertctl',
  '--outputStyle=quiet',
]);
if (built !== 0) process.exit(built);

const gateway = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    join(root, 'apps/alert-gateway/dist/main.js'),
    ...['--policy', join(root, 'apps/alert-gateway/policy.yaml'), '--data', join(root, 'data'), '--reflection'],
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, ALERTS_WELCOME: 'true' } },
);
// The gateway drains by itself on what the terminal sends to both; this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => gateway.kill(signal));
gateway.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
