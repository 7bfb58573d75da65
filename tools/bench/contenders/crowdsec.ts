import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { freePort } from '../host.ts';
import { crowdSecAgent } from '../load/attackers.ts';

const binaries = { server: '/usr/bin/crowdsec', control: '/usr/bin/cscli' } as const;

/** What is said where CrowdSec is not installed. */
export const crowdSecIsMissing = `CrowdSec is left out: ${binaries.server} is not there (Debian: crowdsec)`;

/** True if CrowdSec is installed; it need not be configured. */
export const hasCrowdSec = (): boolean => Object.values(binaries).every((each) => existsSync(each));

// Known to nobody but a server on the loopback that lives for seconds.
const machine = { id: 'bench', password: 'bench' } as const;
const key = 'bench';

const configOf = (directory: string, port: number): string => `
common: { daemonize: false, log_media: stdout, log_level: error, log_dir: ${directory}, working_dir: ${directory} }
config_paths:
  config_dir: ${directory}
  data_dir: ${directory}
  simulation_path: ${join(directory, 'simulation.yaml')}
  hub_dir: ${directory}
  index_path: ${join(directory, '.index.json')}
  notification_dir: ${join(directory, 'notifications')}
  plugin_dir: ${join(directory, 'plugins')}
crowdsec_service: { acquisition_path: ${join(directory, 'acquis.yaml')}, parser_routines: 1 }
cscli: { output: json, color: no }
# It asks for use_wal itself, to be faster.
db_config:
  { log_level: error, type: sqlite, use_wal: true, db_path: ${join(directory, 'crowdsec.db')}, flush: { max_items: 50000, max_age: 7d } }
api:
  client: { insecure_skip_verify: true, credentials_path: ${join(directory, 'local.yaml')} }
  server: { log_level: error, listen_uri: 127.0.0.1:${port}, profiles_path: ${join(directory, 'profiles.yaml')} }
prometheus: { enabled: false }
`;

const profiles = `
name: ban
filters: ['Alert.Remediation == true && Alert.GetScope() == "Ip"']
decisions: [{ type: ban, duration: 1h }]
on_success: break
`;

const write = (directory: string, port: number): string => {
  for (const each of ['notifications', 'plugins']) mkdirSync(join(directory, each));
  const files = { 'profiles.yaml': profiles, 'simulation.yaml': 'simulation: false\n', '.index.json': '{}' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  for (const name of ['acquis.yaml', 'local.yaml']) writeFileSync(join(directory, name), '');
  const file = join(directory, 'config.yaml');
  writeFileSync(file, configOf(directory, port));
  return file;
};

const control = (config: string, words: readonly string[]): void => {
  const { status, stderr } = spawnSync(binaries.control, ['-c', config, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cscli ${words[0] ?? ''} failed: ${stderr.slice(-500)}`);
};

const startTries = 100;
const startPause = 50;

/** The token of the reporter, as soon as there is one. */
const logIn = async (address: string): Promise<string> => {
  const body = JSON.stringify({ machine_id: machine.id, password: machine.password, scenarios: ['bench/brute-force'] });
  const headers = { ...crowdSecAgent, 'content-type': 'application/json' };
  for (let tries = 0; tries < startTries; tries++) {
    const answer = await fetch(`http://${address}/v1/watchers/login`, { method: 'POST', headers, body }).catch(
      () => undefined,
    );
    if (answer?.ok) return ((await answer.json()) as { readonly token: string }).token;
    await sleep(startPause);
  }
  throw new Error('CrowdSec did not become ready');
};

/** A local API of CrowdSec. */
export interface CrowdSec {
  readonly address: string;
  /** What it knows a reporter by. */
  readonly token: string;
  /** What it knows an enforcer by. */
  readonly key: string;
  stop(): Promise<void>;
}

/** Starts a local API of CrowdSec that is alone: no agent, no central API, and nothing of the machine's own configuration. */
export const startCrowdSec = async ({ processes, scratch }: Bench): Promise<CrowdSec> => {
  const port = await freePort();
  const config = write(scratch.directory(), port);
  control(config, ['machines', 'add', machine.id, '--password', machine.password, '--file', '-']);
  control(config, ['bouncers', 'add', 'bench', '--key', key]);
  const child = processes.start(binaries.server, ['-c', config, '-no-cs', '-no-capi']);
  const address = `127.0.0.1:${port}`;
  return { address, token: await logIn(address), key, stop: () => child.stop() };
};
