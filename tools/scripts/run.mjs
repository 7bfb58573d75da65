// The first thing that runs on a fresh clone, on whatever Node the machine has (20.19 or later): it installs what is
// missing, then goes on with the Node that came with the install. Plain JavaScript, and nothing but Node's own modules.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.installed');

const [task = 'help', ...args] = process.argv.slice(2);

const optionsOf = (env) => ({
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
  shell: process.platform === 'win32',
});

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing dependencies …');
  // Not `npm ci`: it refuses a lockfile without the packages of other platforms, which a registry may not have had.
  const flags = ['--no-save', '--no-fund', '--no-audit', '--loglevel=error'];
  const { status, error } = spawnSync('npm', ['install', ...flags], optionsOf({}));
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, lock);
}

const own = join(bin, 'node');
const node = existsSync(own) ? own : process.execPath;
const script = join(root, 'tools', 'scripts', `${task}.ts`);
if (!existsSync(script)) {
  console.error(`There is no task "${task}".`);
  process.exit(2);
}
const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
const child = spawn(node, [...flags, script, ...args], optionsOf({ NX_DAEMON: 'false' }));
// A terminal tells the task of Ctrl-C by itself. Whatever else ends this process ends the task, and waits for it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
// npm runs this by a shell, and whoever ends npm ends that shell alone: once it is gone, nobody is left to tell the task.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  const watching = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watching);
    child.kill('SIGTERM');
  }, 500);
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
