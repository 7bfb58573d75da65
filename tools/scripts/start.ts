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
  '--outputStyle=static-failures-only',
]);
if (built !== 0) process.exit(built);

const gateway = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    join(root, 'apps/alert-gateway/bin/alert-gateway.js'),
    ...[
      '--policy',
      join(root, 'apps/alert-gateway/policies/sample.yaml'),
      '--data',
      join(root, 'data'),
      '--reflection',
    ],
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, ALERTS_WELCOME: 'true' } },
);
// Ctrl-C reaches the gateway by itself, from the terminal: told of it twice, it would end at once instead of draining.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => gateway.kill('SIGTERM'));
gateway.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
