import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';

const binary = '/usr/bin/fail2ban-server';

/** What is said where fail2ban is not installed. */
export const fail2banIsMissing = `fail2ban is left out: ${binary} is not there (Debian: fail2ban)`;

/** True if fail2ban is installed. */
export const hasFail2ban = (): boolean => existsSync(binary);

/** A fail2ban with one jail. */
export interface Fail2ban {
  /** The log that it reads. */
  readonly log: string;
  /** Where its action puts an empty file for each address. */
  readonly banned: string;
  stop(): Promise<void>;
}

const filesOf = (directory: string, log: string, banned: string): Readonly<Record<string, string>> => ({
  'fail2ban.conf': `
[Definition]
loglevel = ERROR
logtarget = ${join(directory, 'fail2ban.log')}
syslogsocket = auto
allowipv6 = no
socket = ${join(directory, 's')}
pidfile = ${join(directory, 'pid')}
dbfile = None
dbpurgeage = 1d
`,
  'jail.conf': `
[bench]
enabled = true
filter = bench
backend = auto
logpath = ${log}
maxretry = 1
findtime = 600
bantime = 600
usedns = no
action = touch
`,
  'filter.d/bench.conf': `
[Definition]
failregex = ^ sshd\\[\\d+\\]: Failed password for \\S+ from <HOST> port \\d+ ssh2$
datepattern = ^%%Y-%%m-%%dT%%H:%%M:%%S%%z
`,
  'action.d/touch.conf': `
[Definition]
actionstart =
actionban = touch ${join(banned, '<ip>')}
actionunban =
actionstop =
`,
});

// After this, in ms, the server says that it is ready, but its jail is not yet.
const jailPause = 1_000;

/** Starts a fail2ban that is alone: a jail that acts on the first failure, and none of the machine's own. */
export const startFail2ban = async ({ processes, scratch }: Bench): Promise<Fail2ban> => {
  const directory = scratch.directory();
  const [log, banned] = [join(directory, 'auth.txt'), join(directory, 'banned')];
  for (const each of ['action.d', 'filter.d', 'jail.d', 'banned']) mkdirSync(join(directory, each));
  writeFileSync(log, '');
  for (const [name, text] of Object.entries(filesOf(directory, log, banned)))
    writeFileSync(join(directory, name), text);
  const files = ['-c', directory, '-s', join(directory, 's'), '-p', join(directory, 'pid')];
  const child = processes.start(binary, [...files, '-f', 'start']);
  await child.line('Server ready');
  await sleep(jailPause);
  return { log, banned, stop: () => child.stop() };
};
