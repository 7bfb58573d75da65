import type { Chance } from '../torture/chance.ts';

/** What one attack is told, in the process that makes it. */
export interface AttackerSettings {
  readonly attack: string;
  readonly address: string;
  /** The directory of what proves somebody, at a gateway that asks; see secured.ts. */
  readonly secured?: string | undefined;
  /** How many of whatever it sends. */
  readonly amount: number;
  readonly seed: number;
  /** When it gives up, in milliseconds from its beginning. */
  readonly within: number;
  /** The file to which messages are added that went wrong. */
  readonly findings?: string | undefined;
}

/** What it works with. */
export interface AttackerContext extends AttackerSettings {
  readonly chance: Chance;
  /** True when the time is up. */
  readonly late: () => boolean;
}

/** Counts under names, for the table: what was sent, and what became of it. */
export type Counts = Readonly<Record<string, number>>;

/** Makes one attack and counts. It must not judge: that is for the other side, which knows the server. */
export type Attacker = (context: AttackerContext) => Promise<Counts>;
