/** How the process ends. */
export const ExitCode = {
  OK: 0,
  /** The gateway refused, or some lines failed. */
  REFUSED: 1,
  /** The command line is wrong, or names a file that cannot be read. */
  USAGE: 2,
  /** The gateway did not answer. */
  UNREACHABLE: 3,
  /** Ended by Ctrl-C or SIGTERM. */
  INTERRUPTED: 130,
} as const;

/** One of them. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The codes as every help shows them. */
export const exitCodesHelp = `
Exit codes:
  0    done                            3    the gateway cannot be reached
  1    refused, or some lines failed   130  interrupted (Ctrl-C, SIGTERM)
  2    wrong usage
`;
