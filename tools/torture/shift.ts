import { readFileSync } from 'node:fs';

// Loaded into a gateway, and into each of its threads, before anything else: its wall clock is then as far off as a file
// says, from one moment to the next. Its other clock, and timers, go on as they do when a real wall clock is set.
const file = process.env['TORTURE_SHIFT'] ?? '';
const lookAgain = 20;
const real = Date.now;
let [shift, looked] = [0, -Infinity];

const read = (): number => {
  if (performance.now() - looked < lookAgain) return shift;
  looked = performance.now();
  try {
    shift = Number(readFileSync(file, 'utf8'));
  } catch {
    // It is being written.
  }
  return shift;
};
const now = (): number => real() + read();

globalThis.Date = new Proxy(Date, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as) as Date,
  get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
});
