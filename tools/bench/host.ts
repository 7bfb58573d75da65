import { createServer } from 'node:net';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const ticksPerSecond = 100;
const tmpfs = 0x0102_1994;

/** What a measurement depends on, beside the code. */
export interface HostFacts {
  readonly node: string;
  readonly sqlite: string;
  readonly cores: number;
  readonly cpu: string;
  readonly load: readonly number[];
}

/** How many cores there are. */
export const cpuCount = (): number => cpus().length;

/** What this machine is and how busy it is now. */
export const hostFacts = (): HostFacts => ({
  node: process.version,
  sqlite: process.versions['sqlite'] ?? 'unknown',
  cores: cpuCount(),
  cpu: cpus()[0]?.model ?? 'unknown',
  load: loadavg().map((each) => Math.round(each * 100) / 100),
});

// The fields after the name in brackets, which may hold blanks itself (proc(5)): the first of them is field 3.
const statFields = (pid: number | 'self'): readonly number[] => {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
};

const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>((total, each) => total + (each ?? 0), 0);

/** CPU seconds that a process has used, all its threads. */
export const cpuSeconds = (pid: number): number => sum(statFields(pid).slice(11, 13)) / ticksPerSecond;

/** CPU seconds of this process and of those it has waited for. */
export const ownCpuSeconds = (): number => sum(statFields('self').slice(11, 15)) / ticksPerSecond;

/** CPU seconds of the whole machine in use since it started. */
export const hostCpuSeconds = (): number => {
  const [user, nice, system, , , irq, softirq, steal] = (
    /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return sum([user, nice, system, irq, softirq, steal]) / ticksPerSecond;
};

/** Resident memory of a process, in MiB. */
export const residentMemory = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** True where the files of a directory are only in memory, so that an fsync costs nothing. */
export const isInMemory = (directory: string): boolean => statfsSync(directory).type === tmpfs;

/** A port of the loopback that nobody listens on at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
