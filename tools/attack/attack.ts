import type { Counts } from './attacker.ts';
import type { AttackName } from './attacks/index.ts';
import type { GoodWindow } from './good-client.ts';

/** Which form of the suite. */
export type Form = 'short' | 'long';

/** What one attack did to one server. */
export interface Outcome {
  readonly counts: Counts;
  /** What the client that behaves saw meanwhile. */
  readonly good: GoodWindow;
  /** Resident memory in MiB: before, at most while it ran, and when it was over. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
  /** Connections that were open before it, at most while it ran, and when it was over. */
  readonly connections: { readonly before: number; readonly most: number; readonly after: number };
  /** Whether the process is there, and says that it serves (the bare server says nothing; it answers). */
  readonly alive: boolean;
  readonly ready: boolean;
  readonly seconds: number;
  /** CPU seconds of the server meanwhile. */
  readonly cpu: number;
  /** How many cores were busy with what is no part of this. */
  readonly others: number;
}

/** One attack, and what is expected of it. */
export interface Attack {
  readonly name: AttackName;
  /** What is done, in a few words. */
  readonly what: string;
  /** True where the server speaks TLS and, if it is the gateway, asks who calls; see secured.ts. */
  readonly secured?: true;
  /** How many of it. */
  readonly amount: Readonly<Record<Form, number>>;
  /** How long it may take, in seconds; what is not sent by then is not sent. */
  readonly within: Readonly<Record<Form, number>>;
  /** In which form the bare server gets it too. */
  readonly control: Form;
  /**
   * The forms in which most of it is work like any other, which leaves garbage like any other: then what counts of the
   * memory is what is held when that is collected, before and after.
   */
  readonly isWork?: readonly Form[];
  /** What is wrong with how the gateway took it, beyond what holds for every attack. */
  readonly wrong?: (outcome: Outcome) => readonly string[];
  /** What must be seen at the bare server, so that it counts as an attack at all. Without one the figures just stand there. */
  readonly works?: { readonly must: string; readonly shown: (outcome: Outcome) => boolean };
}

/** How much the memory grew, in MiB: at most, or for good where the attack is work. */
export const growthOf = ({ memory }: Outcome, { isWork }: Pick<Attack, 'isWork'> = {}, form: Form = 'short'): number =>
  (isWork?.includes(form) ? memory.after : memory.most) - memory.before;

/** The longest that anybody who behaves had to wait, in milliseconds. */
export const stallOf = ({ good }: Outcome): number => Math.max(good.longest, good.longestNewcomer);
