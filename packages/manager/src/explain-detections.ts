import type { Alert, ExplanationStep, Store } from '@therapytrain/alerts-core';
import type { Detection } from './policy/detection.ts';
import { spanText } from './policy/difference-parts.ts';
import type { Policy } from './policy/policy.ts';
import { filledAt } from './stages/condition.ts';
import { takenOf, type Taken } from './stages/detect.ts';
import { coveredBy, fill } from './stages/fill.ts';
import { noState, readState, type WindowState } from './stages/window-state.ts';

const filledText = (rule: Detection, { entries }: WindowState, at: number): string => {
  const { of, needed } = filledAt(rule, entries, at);
  const parts = of.map((count, step) => `${count} of ${needed[step] ?? 0}`);
  const what = rule.condition.kind === 'distinct_count' ? ` different ${rule.condition.of}` : '';
  return `${parts.join(', then ')}${what} within ${spanText(rule.within)}`;
};

const groupText = ({ groupBy }: Detection): string =>
  groupBy.length === 0 ? 'of all alerts' : `of the same ${groupBy.join(', ')}`;

const iso = (at: number): string => new Date(at).toISOString();

const stepOf = ({ rule, entry }: Taken, state: WindowState, isKept: boolean): ExplanationStep => {
  const covering = coveredBy(rule, state, entry.at);
  const name = `detection ${rule.name}`;
  if (covering) {
    const until = iso(covering.at + rule.coolDown);
    const detail = `${groupText(rule)}: ${rule.raise.type} was raised, and the group cools down until ${until}`;
    return { name, verdict: 'no', detail, steps: [] };
  }
  const { after, stood } = isKept ? { after: state, stood: undefined } : fill(rule, state, entry);
  if (stood) {
    const detail = `${groupText(rule)}: would raise ${rule.raise.type} on ${stood.length} alerts`;
    return { name, verdict: 'yes', detail, steps: [] };
  }
  return { name, verdict: 'info', detail: `${groupText(rule)}: ${filledText(rule, after, entry.at)}`, steps: [] };
};

/**
 * What the detections that take an alert make of it: how far its window is filled, with it if it is kept or as it would
 * be if it came now, or until when the group cools down.
 */
export const explainDetections = async (
  alert: Alert,
  isKept: boolean,
  policy: Policy,
  store: Pick<Store, 'windows'>,
): Promise<readonly ExplanationStep[]> => {
  const taken = takenOf([alert], policy);
  if (taken.length === 0) return [];
  const windows = await store.windows(taken.map(({ detection, group }) => ({ detection, group })));
  return taken.map((each) => {
    const window = windows.find(({ detection }) => detection === each.detection);
    return stepOf(each, window ? readState(window.state) : noState, isKept);
  });
};
