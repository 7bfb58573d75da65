import { accessSync, constants, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, runLoad } from '../bench.ts';
import type { Contender } from '../trial.ts';
import { type Counted, trialBy } from './contenders.ts';
import type { Server } from './servers.ts';

const binary = '/usr/bin/prometheus-alertmanager';

/** What is said where Alertmanager is not installed. */
export const alertmanagerIsMissing = `Alertmanager is left out: ${binary} is not there (Debian: prometheus-alertmanager)`;

/** True if Alertmanager is installed. */
export const hasAlertmanager = (): boolean => {
  try {
    accessSync(binary, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

// The least work that Alertmanager can be given: one group for each alert name, and nobody to tell.
const config = `
route:
  receiver: nobody
  group_by: [alertname]
receivers:
  - name: nobody
`;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const startTries = 100;
const startPause = 50;

const untilReady = async (address: string): Promise<void> => {
  for (let tries = 0; tries < startTries; tries++) {
    const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    if (ready?.ok) return;
    await sleep(startPause);
  }
  throw new Error('Alertmanager did not become ready');
};

/** Starts an Alertmanager that is alone and tells nobody. */
export const startAlertmanager = async ({ processes, scratch }: Bench): Promise<Omit<Server, 'collect'>> => {
  const directory = scratch.directory();
  const file = join(directory, 'alertmanager.yml');
  writeFileSync(file, config);
  const address = `127.0.0.1:${await freePort()}`;
  const child = processes.start(binary, [
    `--config.file=${file}`,
    `--storage.path=${directory}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ]);
  await untilReady(address);
  return { pid: child.pid, address, stop: () => child.stop() };
};

/**
 * Posts of so many alerts, each alert with labels of its own. Alertmanager keeps all in memory, so that a new one is
 * started for each round: what an earlier round left behind would slow it down.
 */
export const alertmanagerPosts = (bench: Bench, name: string, alerts: number, connections: number): Contender => ({
  name,
  trial: async () => {
    const server = await startAlertmanager(bench);
    try {
      const { seconds, warmUp } = bench.extent;
      const settings = { address: server.address, alerts, connections, seconds, warmUp };
      return trialBy(await runLoad<Counted>(bench, 'posts', settings, server.pid));
    } finally {
      await server.stop();
    }
  },
});
