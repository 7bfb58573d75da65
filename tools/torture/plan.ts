/** How much of everything a run does. */
export interface Plan {
  readonly form: 'short' | 'long';
  readonly kills: number;
  /** Shortest and longest time under load before a kill or a cut, in milliseconds. */
  readonly underLoad: readonly [least: number, most: number];
  readonly fsyncKills: number;
  readonly fsyncFailures: number;
  /** The last call that a fault is put into; the calls are spread up to it. */
  readonly fsyncReach: number;
  /** Of seven cuts, five are under load. */
  readonly cuts: number;
  /** Cuts of a gateway in the unsafe mode, at least one of which must lose something. */
  readonly unsafeCuts: number;
  /** Cuts after a `sync`, none of which may lose anything, though the mode is unsafe. */
  readonly syncedCuts: number;
  readonly fullDisks: number;
  /** Each with 1,000 reconnects and 3 kills. */
  readonly resumeRounds: number;
  readonly drains: number;
  /** Kills while people are told. */
  readonly tellKills: number;
  /** Kills while responses are made and taken back. */
  readonly respondKills: number;
  /** Kills right when the target has done or taken back something, and has not said so. */
  readonly respondEdges: number;
  /** How often one thing fails at the target at most: each failure makes the next wait longer, up to the end of the run. */
  readonly respondFailures: number;
  /** Stops for longer than a claim lasts, and days that the wall clock jumps: each takes most of a minute. */
  readonly respondStops: number;
  /** Disks that are full while people are told. */
  readonly tellDisks: number;
  /** Each with a day forward and a day back. */
  readonly clockJumps: number;
  /** How long the latency of a channel is measured for, with another one well, and with it dead. */
  readonly measured: number;
}

/** What CI runs: at most 6 minutes on 2 cores. */
export const shortPlan: Plan = {
  form: 'short',
  kills: 50,
  underLoad: [200, 1_000],
  fsyncKills: 3,
  fsyncFailures: 3,
  fsyncReach: 40,
  cuts: 7,
  unsafeCuts: 2,
  syncedCuts: 1,
  fullDisks: 2,
  resumeRounds: 1,
  drains: 1,
  tellKills: 6,
  respondKills: 4,
  respondEdges: 2,
  respondFailures: 2,
  respondStops: 1,
  tellDisks: 2,
  clockJumps: 1,
  measured: 5_000,
};

/** What is run by night: hours. */
export const longPlan: Plan = {
  form: 'long',
  kills: 2_000,
  underLoad: [200, 2_000],
  fsyncKills: 200,
  fsyncFailures: 200,
  fsyncReach: 200,
  cuts: 280,
  unsafeCuts: 20,
  syncedCuts: 10,
  fullDisks: 20,
  resumeRounds: 100,
  drains: 20,
  tellKills: 300,
  respondKills: 400,
  respondEdges: 400,
  respondFailures: Infinity,
  respondStops: 20,
  tellDisks: 20,
  clockJumps: 20,
  measured: 60_000,
};

/**
 * `count` of the whole numbers from 1 to `last`, dense at the beginning, where each is another step of opening a database,
 * and wider apart later, where each is one commit of many.
 */
export const spread = (count: number, last: number): number[] => {
  if (count >= last) return Array.from({ length: last }, (_, at) => at + 1);
  const points: number[] = [];
  for (let at = 0; at < count; at++) {
    const share = count === 1 ? 0 : at / (count - 1);
    const point = Math.round(1 + (last - 1) * share ** 2);
    points.push(Math.max(point, (points.at(-1) ?? 0) + 1));
  }
  return points;
};
