import { type Attack, growthOf, type Outcome, stallOf } from './attack.ts';

/** What holds for the gateway whatever the attack is (reliability.md §5, row 14). */
export const aims = {
  /**
   * Of the reports of the client that behaves, in milliseconds. Attacker, client and server share the machine, so that
   * the short form, which tells good from bad on any of them, only looks whether somebody was held up.
   */
  p99: { short: 5_000, long: 500 },
  /** MiB. */
  growth: 100,
} as const;

/** Where others keep so many cores busy, waits say nothing about the server. */
const busyCores = 0.5;

/** True where the machine was too busy with something else to judge waits. */
export const isTooBusy = ({ others }: Outcome): boolean => others > busyCores;

// Somebody new, who behaves, may be there at any moment.
const newcomers = 2;

/** What is wrong with how the gateway took an attack; nothing if it is well. */
export const judge = (attack: Attack, outcome: Outcome, form: 'short' | 'long'): readonly string[] => {
  const { good, alive, ready, connections } = outcome;
  const failed = Object.entries(good.failed).map(([why, times]) => `${times} × ${why}`);
  return [
    ...(alive ? [] : ['the process has ended']),
    ...(ready ? [] : ['it does not say that it serves']),
    ...(good.count > 0 ? [] : ['the client that behaves made no report']),
    ...(good.p99 < aims.p99[form] || isTooBusy(outcome)
      ? []
      : [`the 99th percentile of the client that behaves was ${good.p99.toFixed(0)} ms`]),
    ...(failed.length === 0 ? [] : [`the client that behaves was refused: ${failed.join(', ')}`]),
    ...(growthOf(outcome, attack, form) < aims.growth
      ? []
      : [`memory grew by ${growthOf(outcome, attack, form).toFixed(0)} MiB`]),
    ...(connections.after <= connections.before + newcomers
      ? []
      : [`${connections.after - connections.before} connections of the attacker are still there`]),
    ...(attack.wrong?.(outcome) ?? []),
  ];
};

/** Whether the bare server shows that the attack is one; undefined where nothing is claimed of it. */
export const shows = ({ works }: Attack, control: Outcome): boolean | undefined => works?.shown(control);

/** What has been acknowledged and is not there. */
export const lostOf = (acked: readonly string[], stored: ReadonlySet<string>): readonly string[] =>
  acked.filter((id) => !stored.has(id));

/** A few words about the client that behaves. */
export const waits = (outcome: Outcome): string =>
  `${outcome.good.p50.toFixed(0)} / ${outcome.good.p99.toFixed(0)} / ${stallOf(outcome).toFixed(0)}`;
