import { type AlertFacts, Sensitivity, type SensitivityName } from '@therapytrain/alerts-core';
import { detectionSource } from '../stages/detect.ts';
import { type Detection, sensitivityOf } from './detection.ts';
import { type Finding, lint } from './faults.ts';
import { matchedRoutes } from './matching.ts';
import type { Policy } from './policy.ts';
import { probe } from './probes.ts';

/** An alert that the detection raises, as far as it is known. */
export const raisedProbe = ({ name, raise }: Detection): AlertFacts => ({
  ...probe(raise.type, raise.severity),
  source: detectionSource,
  metadata: { detection: name },
});

const unrouted = (detection: Detection, index: number, policy: Policy): readonly Finding[] =>
  policy.routes.length === 0 || matchedRoutes(policy, raisedProbe(detection)).length > 0
    ? []
    : [
        lint(
          ['detections', index, 'raise', 'type'],
          'has no route at this severity, unless its metadata says more',
          'give it a route; `receivers: []` says that nobody is meant',
        ),
      ];

const nameOf = (sensitivity: Sensitivity): string =>
  (Object.keys(Sensitivity) as SensitivityName[]).find((name) => Sensitivity[name] === sensitivity) ?? '';

const ofKey = (type: string, key: string, path: Finding['path'], { types }: Policy): readonly Finding[] => {
  const elsewhere = sensitivityOf(key, types);
  const found: Finding[] = [];
  if (!types.identityKeys(type).includes(key)) {
    const rule = `is not a key that identifies ${type}: alerts of different groups are one incident`;
    found.push(lint(path, rule, `declare it for ${type} with \`identifies: true\``));
  }
  if (types.sensitivityOf(type, key) < elsewhere) {
    const rule = `is less sensitive for ${type} than for the alerts that are counted`;
    found.push(lint(path, rule, `declare it as ${nameOf(elsewhere)}`));
  }
  return found;
};

/** What is allowed of detections and probably not meant. */
export const lintsOfDetections = (policy: Policy): readonly Finding[] =>
  policy.detections.flatMap((detection, index) => [
    ...unrouted(detection, index, policy),
    ...detection.groupBy.flatMap((key, place) =>
      ofKey(detection.raise.type, key, ['detections', index, 'group_by', place], policy),
    ),
  ]);
