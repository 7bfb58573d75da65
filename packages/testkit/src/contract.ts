/** What a contract opens to try a promise on. */
export interface Subject {
  /** Lets go of everything that the subject opened. */
  readonly dispose: () => Promise<void>;
}

/** What a subject must be able to do beyond what its port says. */
export type Need = 'reopen' | 'crash';

/** One promise of a contract, and how to see whether it is kept. */
export interface Check<S extends Subject> {
  readonly name: string;
  /** What the subject must be able to do beyond what its port says. */
  readonly needs?: Need;
  /** Rejects if a subject that this opens breaks the promise. */
  check(open: () => Promise<S>): Promise<void>;
}

/** A check on one subject, which is disposed of afterwards. */
export const promise = <S extends Subject>(
  name: string,
  check: (subject: S) => Promise<void>,
  needs?: Need,
): Check<S> => ({
  name,
  ...(needs && { needs }),
  check: async (open) => {
    const subject = await open();
    try {
      await check(subject);
    } finally {
      await subject.dispose();
    }
  },
});

/** The part of a test runner that a contract needs. Jest has it, and it is found among its globals. */
export interface TestRunner {
  describe(name: string, define: () => void): void;
  test(name: string, run: () => Promise<void>, timeout?: number): void;
}

/** How a contract is run. */
export interface ContractOptions {
  /**
   * True for what outlives its process: its subjects have `reopen` and `crash`, and are held to what must survive them.
   * Default: true.
   */
  readonly durable?: boolean;
  /** Default: the globals of Jest. */
  readonly runner?: TestRunner;
}

// A check opens some subjects and pages through them; a loaded machine may be slow at that.
const timeout = 60_000;

/** Defines one test for each promise, each on a subject of its own. */
export const defineContract = <S extends Subject>(
  title: string,
  checks: readonly Check<S>[],
  open: () => Promise<S>,
  { durable = true, runner = globalThis as unknown as TestRunner }: ContractOptions = {},
): void =>
  runner.describe(title, () => {
    for (const { name, needs, check } of checks) {
      if (durable || needs === undefined) runner.test(name, () => check(open), timeout);
    }
  });
