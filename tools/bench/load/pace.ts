import { parentPort, workerData } from 'node:worker_threads';

/** When each request is due: `first` and then one every `every` ms, by the clock of the process, `count` of them. */
export interface Pace {
  /** On `performance.timeOrigin + performance.now()`. */
  readonly first: number;
  readonly every: number;
  readonly count: number;
}

// A thread of its own can sleep to a fraction of a millisecond without keeping a core busy, which timers cannot.
const { first, every, count } = workerData as Pace;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = (): number => performance.timeOrigin + performance.now();

for (let number = 0; number < count; number++) {
  const wait = first + number * every - now();
  if (wait > 0) Atomics.wait(never, 0, 0, wait);
  parentPort?.postMessage(number);
}
