import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startHttpPeer, startPagerdutyPeer, startSlackPeer, startSmtpPeer } from '@therapytrain/alerts-testkit';
import { root } from './shell.ts';

// What a stranger does: installs one package into a project of his own, and sends, acts, enforces or verifies. Each is
// packed as it would be published and installed with nothing of ours but what it depends on; peers are real, on loopback.

const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const folders = new Map(
  globSync('packages/{*,channels/*}/package.json', { cwd: root }).map((file) => {
    const folder = join(root, dirname(file));
    return [manifestOf(folder).name, folder] as const;
  }),
);

/** The package and all of ours that it depends on. */
const withDependencies = (name: string): readonly string[] => {
  const folder = folders.get(name);
  if (!folder) return [];
  const ours = Object.keys(manifestOf(folder).dependencies ?? {}).filter((each) => folders.has(each));
  return [...new Set([name, ...ours.flatMap(withDependencies)])];
};

const pack = async (name: string, into: string): Promise<string> => {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', into], { cwd: folders.get(name) });
  return join(into, stdout.trim().split('\n').at(-1) ?? '');
};

/** A peer, and the options with which a channel reaches it. */
interface Stage {
  readonly options: object;
  readonly arrived: () => number;
  readonly stop: () => Promise<void>;
}

const allowing = (url: string) => ({ cidrs: ['127.0.0.0/8'], ports: [Number(new URL(url).port)], plaintext: true });

const stages: Readonly<Record<string, () => Promise<Stage>>> = {
  email: async () => {
    const { host, port, user, pass, ca, arrivals, stop } = await startSmtpPeer();
    const tls = { ca, servername: 'localhost' };
    const options = { host, port, user, pass, tls, from: 'alerts@clinic.test', recipients: ['security@clinic.test'] };
    return { options, arrived: () => arrivals().length, stop };
  },
  slack: async () => {
    const { apiUrl, token, arrivals, stop } = await startSlackPeer();
    const options = { token, channel: 'C0SECURITY', apiUrl, allow: allowing(apiUrl) };
    return { options, arrived: () => arrivals().length, stop };
  },
  webhook: async () => {
    const { url, arrivals, stop } = await startHttpPeer();
    return { options: { url, unsigned: true, allow: allowing(url) }, arrived: () => arrivals().length, stop };
  },
  pagerduty: async () => {
    const routingKey = 'R0123456789ABCDEFGHIJKLMNOPQRSTU';
    const { url, arrivals, stop } = await startPagerdutyPeer(routingKey);
    return { options: { routingKey, url, allow: allowing(url) }, arrived: () => arrivals().length, stop };
  },
};

const programFor = (kind: string, name: string): string => `
import { open${kind[0]?.toUpperCase()}${kind.slice(1)} as open } from '${name}';
const channel = open(JSON.parse(process.env.OPTIONS));
const checked = await channel.check();
const outcome = await channel.send({
  type: 'AUTH_FAILURE',
  message: 'Failed login attempt of user123',
  metadata: { userId: 'user123', ipAddress: '192.168.1.1' },
});
await channel.close();
console.log(JSON.stringify([checked.kind, outcome.kind, outcome.detail ?? outcome.proof]));
`;

/** What a stranger does with a package that is no channel: a program that prints `ok`, and what it installs beside it. */
interface Use {
  readonly beside?: readonly string[];
  readonly program: (name: string) => string;
}

const uses: Readonly<Record<string, Use>> = {
  responders: {
    program: (name) => `
import { createRequire } from 'node:module';
import { systemPorts } from '@therapytrain/alerts-core';
import { blockAddress, memoryFeed, responderKinds } from '${name}';
const ports = systemPorts();
const feed = memoryFeed(ports);
const block = blockAddress.create(blockAddress.options.parse({}), { ...ports, decisions: feed });
const from = ports.clock.now();
const step = {
  id: ports.ids.next(), target: { kind: 'address', value: '192.0.2.7', resource: '' }, args: {},
  from, until: from + 60_000, severity: 3, playbook: 'by-hand', incident: '',
};
const attempt = { key: step.id, number: 1, fence: 1, signal: new AbortController().signal };
const outcome = await block.respond(step, attempt);
const there = feed.decisions().length;
const undone = await block.revert(step, { ...attempt, key: step.id + '.revert', fence: 2 });
const ok = outcome.kind === 'done' && there === 1 && undone.kind === 'done' && feed.decisions().length === 0;
console.log(ok && responderKinds.length === 8 ? 'ok' : 'not what was expected');
`,
  },
  enforce: {
    beside: ['express@5'],
    program: (name) => `
import express from 'express';
import { systemClock } from '@therapytrain/alerts-core';
import { createDecisionCache } from '@therapytrain/alerts-client';
import { enforceExpress } from '${name}/express';
const from = systemClock.now();
const block = {
  id: 'd', kind: 'block_address', target: '127.0.0.1', resource: '', perMinute: 0,
  from, until: from + 60_000, playbook: '', incident: '',
};
const statusWith = async (inForce) => {
  const decisions = createDecisionCache(
    { decisions: () => inForce, listen: () => () => undefined },
    { clock: systemClock },
  );
  const app = express().use(enforceExpress({ decisions })).get('/', (_request, response) => void response.send('hello'));
  const server = await new Promise((resolve) => { const made = app.listen(0, '127.0.0.1', () => resolve(made)); });
  const { status } = await fetch('http://127.0.0.1:' + server.address().port);
  server.close();
  server.closeAllConnections();
  decisions.close();
  return status;
};
const seen = [await statusWith([]), await statusWith([block])].join(' ');
console.log(seen === '200 403' ? 'ok' : seen);
`,
  },
  'audit-verifier': {
    program: (name) => `
import { hashLeaf, NotGenuine, readKey, verifyReceipt } from '${name}';
const key = 'log.example/x+00000000+AQ==';
let refused = false;
try { readKey(key); } catch (error) { refused = error instanceof NotGenuine || error instanceof Error; }
try { verifyReceipt('nonsense', { log: undefined, witnesses: [] }); refused = false; } catch {}
console.log(refused && hashLeaf(Buffer.alloc(0)).length === 32 ? 'ok' : 'not what was expected');
`,
  },
};

/** Installs a package, and what it depends on of ours, into a project of its own, and runs a program there. */
const runIn = async (
  name: string,
  { program, beside = [], env = {} }: { program: string; beside?: readonly string[]; env?: NodeJS.ProcessEnv },
  tarballs: string,
): Promise<{ readonly stdout: string; readonly ours: number }> => {
  const project = mkdtempSync(join(tmpdir(), 'standalone-'));
  try {
    const needed = withDependencies(name);
    const files = await Promise.all(needed.map((each) => pack(each, tarballs)));
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
    writeFileSync(join(project, 'program.js'), program);
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
    await run('npm', ['install', ...quiet, ...files, ...beside], { cwd: project });
    const given = { cwd: project, env: { PATH: process.env.PATH, ...env } };
    const { stdout } = await run(process.execPath, ['program.js'], given);
    return { stdout, ours: needed.length - 1 };
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
};

const tryChannel = async (kind: string, tarballs: string): Promise<string | undefined> => {
  const name = `@therapytrain/alerts-channel-${kind}`;
  const stage = await stages[kind]?.();
  if (!stage) return `there is no peer for ${kind}: add one to tools/scripts/standalone.ts`;
  try {
    const env = { OPTIONS: JSON.stringify(stage.options) };
    const { stdout, ours } = await runIn(name, { program: programFor(kind, name), env }, tarballs);
    const [checked, outcome, more] = JSON.parse(stdout) as [string, string, string];
    const ok = checked === 'done' && outcome === 'done' && stage.arrived() === 1;
    console.log(`${ok ? '✓' : '✗'} ${name}: installed with ${ours} of ours; ${outcome} (${more})`);
    return ok ? undefined : `${name}: check ${checked}, outcome ${outcome}, ${stage.arrived()} arrived`;
  } finally {
    await stage.stop();
  }
};

const tryUse = async (kind: string, { program, beside = [] }: Use, tarballs: string): Promise<string | undefined> => {
  const name = `@therapytrain/alerts-${kind}`;
  const { stdout, ours } = await runIn(name, { program: program(name), beside }, tarballs);
  const said = stdout.trim();
  console.log(`${said === 'ok' ? '✓' : '✗'} ${name}: installed with ${ours} of ours; ${said}`);
  return said === 'ok' ? undefined : `${name}: ${said}`;
};

const tarballs = mkdtempSync(join(tmpdir(), 'tarballs-'));
const kinds = globSync('packages/channels/*/package.json', { cwd: root }).map((file) => file.split('/')[2] ?? '');
const faults: string[] = [];
for (const kind of kinds.sort()) {
  const fault = await tryChannel(kind, tarballs).catch((error: unknown) => `${kind}: ${String(error)}`);
  if (fault) faults.push(fault);
}
for (const [kind, use] of Object.entries(uses)) {
  const fault = await tryUse(kind, use, tarballs).catch((error: unknown) => `${kind}: ${String(error)}`);
  if (fault) faults.push(fault);
}
rmSync(tarballs, { recursive: true, force: true });
for (const fault of faults) console.error(`✗ ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
