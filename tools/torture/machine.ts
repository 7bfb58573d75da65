import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

/** What this machine lets the harness do. Each is undefined if it does, else the reason why not. */
export interface Machine {
  readonly strace: string | undefined;
  readonly mounts: string | undefined;
  readonly ext4: string | undefined;
  readonly shutdown: string | undefined;
}

/** What a result was measured on. */
export interface MachineFacts {
  readonly node: string;
  readonly sqlite: string;
  readonly kernel: string;
  readonly cores: number;
  readonly load: number;
}

const works = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** True where a process may have mounts that nobody else sees. */
export const hasMountNamespaces = (): boolean => works('unshare', '--mount', '--propagation', 'private', 'true');

const hasProgram = (name: string): boolean => works('sh', '-c', `command -v ${name}`);

/** Asks the machine; `inNamespace` says whether this process has a mount namespace of its own. */
export const examine = (inNamespace: boolean): Machine => {
  const root = process.getuid?.() === 0;
  const mounts = (): string | undefined => {
    if (process.platform !== 'linux') return 'it needs Linux';
    if (!root) return 'it needs root, to mount';
    return inNamespace ? undefined : 'it needs a mount namespace of its own (unshare --mount)';
  };
  const traced = hasProgram('strace') && works('strace', '-f', '-qq', '-o', '/dev/null', 'true');
  return {
    strace: traced ? undefined : 'it needs strace, and leave to trace',
    mounts: mounts(),
    ext4: hasProgram('mkfs.ext4') ? undefined : 'it needs mkfs.ext4 (e2fsprogs)',
    shutdown: hasProgram('xfs_io') ? undefined : 'it needs xfs_io (xfsprogs), to shut a filesystem down',
  };
};

/** What stands beside every number. */
export const factsOf = (): MachineFacts => ({
  node: process.version,
  sqlite: process.versions.sqlite ?? 'unknown',
  kernel: release(),
  cores: cpus().length,
  load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
});
