// Loaded before the gateway where its wall clock is to jump: on SIGUSR2 it reads the file that WALL_CLOCK_SHIFT names,
// and all of JavaScript in this thread sees a time that is so many milliseconds away. What is monotonic goes on.
import { readFileSync } from 'node:fs';

const file = process.env.WALL_CLOCK_SHIFT;
const Real = Date;
let shift = 0;

class Shifted extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + shift);
    else super(...given);
  }

  static now() {
    return Real.now() + shift;
  }
}

globalThis.Date = Shifted;
process.on('SIGUSR2', () => {
  shift = Number(readFileSync(file, 'utf8'));
});
