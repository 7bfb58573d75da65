import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, runLoad } from '../bench.ts';
import { freePort } from '../host.ts';
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
const tellsNobody = `
route:
  receiver: nobody
  group_by: [alertname]
receivers:
  - name: nobody
`;

/** Tells a webhook at this port of each user's alerts at once: one group for each. */
export const tellsAtOnce = (port: number): string => `
route:
  receiver: sink
  group_by: [userId]
  group_wait: 0s
  group_interval: 5m
receivers:
  - name: sink
    webhook_configs:
      - url: http://127.0.0.1:${port}/
        send_resolved: false
`;

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

/** Starts an Alertmanager that is alone. Default: it tells nobody. */
export const startAlertmanager = async (
  { processes, scratch }: Bench,
  config = tellsNobody,
): Promise<Omit<Server, 'collect'>> => {
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
