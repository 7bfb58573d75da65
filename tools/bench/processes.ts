import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const stopWithin = 10_000;
const remembered = 4_096;

/** A process that the bench started. */
export interface Child {
  readonly pid: number;
  /** Resolves with the next line of its standard output that has the text; rejects if it ends before. */
  line(text: string): Promise<string>;
  /** Resolves with the next message of this kind from one of our scripts; rejects if it ends before. */
  message<T>(kind: string): Promise<T>;
  tell(message: object): void;
  /** Resolves with all of its standard output when it has ended by itself; rejects if it failed. */
  output(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts processes, and knows each of them until it has ended. */
export interface Processes {
  start(command: string, args: readonly string[]): Child;
  pids(): readonly number[];
  /** Stops what still runs. */
  stopAll(): Promise<void>;
  /** Kills what still runs, at once. */
  killAll(): void;
}

/** Rejects if the promise is not settled in time. */
export const within = async <T>(seconds: number, what: string, promise: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: over.signal }).then((): never => {
    throw new Error(`${what} took longer than ${seconds} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
};

interface Message {
  readonly kind: string;
}

type Waiting<T> = { readonly accepts: (each: T) => boolean; readonly take: (each: T) => void };

/** Hands each thing to the first who waits for it, or keeps it for who comes. */
const createInbox = <T>() => {
  const things: T[] = [];
  const waiting: Waiting<T>[] = [];
  return {
    put: (thing: T): void => {
      const at = waiting.findIndex(({ accepts }) => accepts(thing));
      if (at < 0) things.push(thing);
      else waiting.splice(at, 1)[0]?.take(thing);
    },
    next: (accepts: (each: T) => boolean): Promise<T> => {
      const at = things.findIndex(accepts);
      const [thing] = at < 0 ? [] : things.splice(at, 1);
      return thing === undefined ? new Promise((take) => waiting.push({ accepts, take })) : Promise.resolve(thing);
    },
  };
};

const createChild = (child: ChildProcess, name: string): Child => {
  const lines = createInbox<string>();
  const messages = createInbox<Message>();
  let output = '';
  let complaints = '';
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
  });
  const failure = ended.then((how): never => {
    throw new Error(`${name} ended (${how}) ${complaints.trim()}`.trim());
  });
  // Who waits for something is told; that it ended while nobody waits is not a failure.
  failure.catch(() => {});
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  if (child.stdout) createInterface(child.stdout).on('line', lines.put);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-remembered);
  });
  child.on('message', (message) => messages.put(message as Message));
  return {
    pid: child.pid ?? 0,
    line: (text) => Promise.race([lines.next((line) => line.includes(text)), failure]),
    message: <T>(kind: string) =>
      Promise.race([messages.next((each) => each.kind === kind) as Promise<Message & T>, failure]),
    tell: (message) => void child.send(message),
    output: async () => {
      const how = await ended;
      return how === '0' ? output : failure;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const late = sleep(stopWithin, 'late', { ref: false });
      if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
      await ended;
    },
  };
};

/** Makes the register of processes. */
export const createProcesses = (): Processes => {
  const running = new Map<ChildProcess, Child>();
  return {
    start: (command, args) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
      const started = createChild(child, args.find((each) => /\.[jt]s$/.test(each)) ?? command);
      if (child.pid !== undefined) running.set(child, started);
      child.once('close', () => running.delete(child));
      return started;
    },
    pids: () => [...running.values()].map(({ pid }) => pid),
    stopAll: async () => void (await Promise.all([...running.values()].map((child) => child.stop()))),
    killAll: () => {
      for (const child of running.keys()) child.kill('SIGKILL');
    },
  };
};
