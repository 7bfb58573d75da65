// Loaded before the gateway where its wall clock is to jump: on SIGUSR2 it reads the file that WALL_CLOCK_SHIFT names,
// and all of JavaScript, in each thread, sees a time that is so many milliseconds away. What is monotonic goes on.
import { readFileSync } from 'node:fs';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const key = 'wall clock shift';
const shift = isMainThread ? new Float64Array(new SharedArrayBuffer(8)) : getEnvironmentData(key);
const Real = Date;

class Shifted extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + shift[0]);
    else super(...given);
  }

  static now() {
    return Real.now() + shift[0];
  }
}

globalThis.Date = Shifted;
if (isMainThread) {
  setEnvironmentData(key, shift);
  process.on('SIGUSR2', () => {
    shift[0] = Number(readFileSync(process.env.WALL_CLOCK_SHIFT, 'utf8'));
  });
}
