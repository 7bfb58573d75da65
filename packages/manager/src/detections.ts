import {
  type Alert,
  AlertError,
  type Changes,
  type Instant,
  limits,
  type NewAuditEntry,
  type Store,
  type WindowCount,
} from '@therapytrain/alerts-core';
import type { Flow } from './flow.ts';
import type { Policy } from './policy/policy.ts';
import { detect, type Detected, detectionSource, draftOf, keysOf, reachOf, takenOf } from './stages/detect.ts';
import { entry } from './stages/route.ts';

/** How many groups of one detection are remembered, if nothing else is said. */
export const mostGroupsDefault = 100_000;

/** What detections work with. */
export interface DetectionParts {
  readonly store: Pick<Store, 'windows' | 'windowCounts'>;
  readonly reportAll: Flow['reportAll'];
  /** How many groups of one detection are remembered; beyond, the one that was touched longest ago goes. */
  readonly mostGroups: number;
  /** Told of a report of our own that was refused. */
  readonly onDefect: (error: unknown) => void;
  /** Told of each alert that a detection raises, by the detection's name; once, even if the process dies meanwhile. */
  readonly onRaised: (detection: string) => void;
}

/** The part of a plan that detections make: what they remember, for the commit that moves the cursor. */
export type Remembered = Required<Pick<Changes, 'windows' | 'letGo' | 'audit'>>;

type RunDetections = (
  alerts: readonly Alert[],
  facts: { readonly policy: Policy; readonly now: Instant },
) => Promise<Remembered | undefined>;

/** Of each detection, how many windows are more than may be kept, once those that are new are there. */
const tooMany = (counts: readonly WindowCount[], begun: readonly { readonly detection: string }[], most: number) => {
  const all = new Map(counts.map(({ detection, windows }) => [detection, windows]));
  for (const { detection } of begun) all.set(detection, (all.get(detection) ?? 0) + 1);
  return [...all]
    .filter(([, windows]) => windows > most)
    .map(([detection, windows]) => ({ detection, count: windows - most }));
};

/**
 * Runs the detections of the policy on a batch. What they raise is kept before this resolves, and what they remember is
 * for the commit of the batch: a crash in between raises the same again, and the log answers with the first. Undefined,
 * and nothing is read, where the policy has no detection.
 */
export const createDetections = (parts: DetectionParts): RunDetections => {
  const { store, reportAll, mostGroups, onDefect, onRaised } = parts;
  const raise = async (detected: readonly Detected[], now: Instant): Promise<readonly NewAuditEntry[]> => {
    if (detected.length === 0) return [];
    const results = await reportAll(
      detected.map((each) => draftOf(each, now + limits.futureMillis)),
      detectionSource,
    );
    return results.map((result, at) => {
      const { rule, alert, stood } = detected[at] as Detected;
      const facts = { detection: rule.name, alerts: stood.length };
      if (!(result instanceof AlertError)) {
        if (!result.duplicate) onRaised(rule.name);
        return entry('detection.raised', result.alertId, now, facts);
      }
      // It was raised before the process died, and the policy has said since that it be raised otherwise.
      if (result.code === 'REQUEST_ID_REUSED') return entry('detection.raised', alert.id, now, facts);
      // Planned again and again it would hold up everything behind it.
      onDefect(result);
      return entry('detection.refused', alert.id, now, { ...facts, code: result.code });
    });
  };
  return async (alerts, { policy, now }) => {
    if (policy.detections.length === 0) return undefined;
    const taken = takenOf(alerts, policy);
    const [before, counts] = await Promise.all([store.windows(keysOf(taken)), store.windowCounts()]);
    const { windows, detected } = detect(taken, before);
    const known = new Set(before.map(({ detection, group }) => `${detection} ${group}`));
    const begun = windows.filter(({ detection, group }) => !known.has(`${detection} ${group}`));
    const oldest = tooMany(counts, begun, mostGroups);
    const forgotten = oldest.map(({ detection, count }) =>
      entry('detection.forgot', detection, now, { detection, groups: count }),
    );
    return {
      windows,
      letGo: { expiredBefore: reachOf(alerts), oldest },
      audit: [...(await raise(detected, now)), ...forgotten],
    };
  };
};
