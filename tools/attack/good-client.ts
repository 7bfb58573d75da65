/** What the client that behaves is told. */
export interface GoodSettings {
  readonly address: string;
  /** The directory of what proves it, at a gateway that asks; see secured.ts. */
  readonly secured?: string | undefined;
  /** Reports a second. */
  readonly arrivals: number;
  /** How often a second somebody comes on a new connection. */
  readonly newcomers: number;
  /** The file to which the id of each alert goes that was acknowledged. */
  readonly acked: string;
}

/** What it saw for a while. Times are in milliseconds, from the moment at which each report was due. */
export interface GoodWindow {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly newcomers: number;
  readonly longestNewcomer: number;
  /** Reports that were not acknowledged, by their error, and newcomers who got no answer. */
  readonly failed: Readonly<Record<string, number>>;
}
