/** What one contender did in one round, in numbers with a name; {@link units} says what each is. */
export type Trial = Readonly<Partial<Record<Quantity, number>>>;

/** What is measured. */
export type Quantity = keyof typeof units;

/** Every quantity with its unit and how many digits of it mean anything. */
export const units = {
  /** How many were counted. */
  count: { unit: '', digits: 0 },
  /** How many were refused, because the contender had too much to do. */
  refused: { unit: 'refused', digits: 0 },
  /** How many were taken, and then nothing came of them. */
  lost: { unit: 'lost', digits: 0 },
  /** How many a second. */
  rate: { unit: '/s', digits: 0 },
  /** CPU of the contender's process, all its threads, for each one counted. */
  cpu: { unit: 'µs CPU', digits: 1 },
  /** CPU of the load that was directed at it, for each one counted. */
  load: { unit: 'µs CPU of the load', digits: 1 },
  /** Resident memory. */
  memory: { unit: 'MiB', digits: 1 },
  /** The same for each one counted. */
  each: { unit: 'KiB each', digits: 1 },
  /** How long it took until everything was there. */
  ready: { unit: 'ms until ready', digits: 0 },
  /** Latency, from the moment at which the request should have been sent. */
  p50: { unit: 'ms p50', digits: 2 },
  p99: { unit: 'ms p99', digits: 2 },
  p999: { unit: 'ms p99.9', digits: 2 },
  /** How late the load generator itself was. */
  late: { unit: 'ms late (p99)', digits: 2 },
} as const;

/** One of those that are measured in turn. */
export interface Contender {
  readonly name: string;
  /** Runs once. Rejects if what was counted is not what happened. */
  trial(): Promise<Trial>;
}

/**
 * Two contenders compared in each round, and what the ratio of the first to the second should be; or one alone, and what
 * its quantity should be.
 */
export interface Figure {
  readonly text: string;
  readonly of: string;
  /** Absent where the quantity itself is told, in its unit. */
  readonly to?: string;
  readonly quantity: Quantity;
  /** Absent where a figure is only told. */
  readonly aim?: Aim;
}

/** What a ratio is held to. */
export interface Aim {
  readonly better: 'more' | 'less';
  readonly aim: number;
  readonly reach?: number;
}

/** Contenders that run in turn, with what they need. */
export interface Cell {
  readonly title: string;
  /** Starts what is needed; whoever opened the cell stops all processes when it is done. */
  open(): Promise<OpenCell>;
  readonly figures: readonly Figure[];
}

/** A cell that is ready to run. */
export interface OpenCell {
  readonly contenders: readonly Contender[];
  /** What is left out, and why. */
  readonly skipped?: readonly string[];
}
