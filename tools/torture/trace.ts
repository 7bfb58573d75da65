import type { Instant } from '@therapytrain/alerts-core';

/** One call that forces data to the disk, as strace saw it. */
export interface SyncCall {
  readonly thread: number;
  readonly wall: Instant;
  readonly syscall: 'fsync' | 'fdatasync';
  readonly path: string;
}

// SQLite makes the one, Node the other for what it writes.
const syscalls = 'fsync,fdatasync';

/** How to run a command so that its calls stand in a file. */
const strace = (trace: string, ...more: readonly string[]): string[] => [
  ...['strace', '-f', '-qq', '-y', '-ttt', '-e', `trace=${syscalls}`, '-o', trace],
  ...more,
];

// With a filter in the kernel tracing costs little, but strace 6.1 then forgets to send the signal of an injection.
const cheaply = '--seccomp-bpf';

/** Traces only. */
export const straceCalls = (trace: string): string[] => strace(trace, cheaply);

/** Kills the process before one thread makes the call for the `when`th time. */
export const straceKill = (when: number, trace: string, ...more: readonly string[]): string[] =>
  strace(trace, ...more, '-e', `inject=${syscalls}:signal=SIGKILL:when=${when}`);

/** Lets the `when`th call of one thread fail, without making it. */
export const straceFail = (when: number, trace: string, ...more: readonly string[]): string[] =>
  strace(trace, cheaply, ...more, '-e', `inject=${syscalls}:error=EIO:when=${when}`);

const pattern = /^(\d+) +(\d+\.\d+) (fsync|fdatasync)\(\d+<([^>]*)>/;

/** The calls in the output of `strace -f -y -ttt`, in their order. */
export const syncCalls = (trace: string): SyncCall[] =>
  trace.split('\n').flatMap((line) => {
    const [, thread, seconds, syscall, path] = pattern.exec(line) ?? [];
    if (path === undefined) return [];
    return [
      {
        thread: Number(thread),
        wall: Math.ceil(Number(seconds) * 1_000),
        syscall: syscall as SyncCall['syscall'],
        path,
      },
    ];
  });

/** The call that a fault was put into: marked by strace, or the last of the thread that did not come back from it. */
export const injectedCall = (trace: string): SyncCall | undefined => {
  const lines = trace.split('\n');
  const marked = lines.find((line) => line.includes('(INJECTED)'));
  if (marked !== undefined) return syncCalls(marked)[0] ?? syncCalls(trace).at(-1);
  // `= ?` is the call of a process that was killed before it returned.
  return lines.some((line) => /(fsync|fdatasync).*= \?/.test(line)) ? syncCalls(trace).at(-1) : undefined;
};

/** What lies behind a path, in a word: each kind is another moment in the life of the database. */
export const kindOf = (path: string): string => {
  if (path.endsWith('.db-wal')) return 'write-ahead log';
  if (path.endsWith('.db-journal')) return 'rollback journal';
  if (path.endsWith('.db')) return 'database';
  if (path.includes('.key')) return 'key';
  return /\/audit(\/|$)/.test(path) ? 'audit log' : 'directory';
};
