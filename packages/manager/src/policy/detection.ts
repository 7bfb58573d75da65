import {
  AlertSeverity,
  type AlertTypeDefinition,
  type AlertTypes,
  compileExpression,
  type Expression,
  type Millis,
  Sensitivity,
  undeclaredSensitivity,
} from '@therapytrain/alerts-core';
import { digest } from '../hashes.ts';
import { mostEntriesOf, keptAtEnds, coolDownOf } from './detection-bounds.ts';
import type { DetectionSettings } from './detection-schema.ts';

/** One step of a sequence. */
export interface DetectionStep {
  readonly when: Expression;
  /** How many alerts it takes. */
  readonly count: number;
}

/** What must be seen within the window. */
export type DetectionCondition =
  | { readonly kind: 'count'; readonly atLeast: number }
  | { readonly kind: 'distinct_count'; readonly of: string; readonly atLeast: number }
  | { readonly kind: 'sequence'; readonly steps: readonly DetectionStep[] };

/** A rule over many alerts that raises an alert of its own. */
export interface Detection {
  readonly name: string;
  /** Undefined: it looks at every alert. */
  readonly when: Expression | undefined;
  /** Metadata keys. An alert without one of them is not counted. */
  readonly groupBy: readonly string[];
  readonly condition: DetectionCondition;
  readonly within: Millis;
  /** At least `within`. */
  readonly coolDown: Millis;
  /** How far behind the newest of its group an alert may be, by own time, to be counted where it belongs. */
  readonly lateWithin: Millis;
  readonly raise: {
    readonly type: string;
    readonly severity: AlertSeverity;
    /** Undefined: it says what was seen. */
    readonly message: string | undefined;
  };
  /** A digest of all that says which alerts count, and as what: what another one remembers is not for this one. */
  readonly print: string;
  /** The most alerts of one group that are remembered. */
  readonly mostEntries: number;
  /** How many alerts of one kind are kept at either end of a window; the kind is that of these steps, or of no step. */
  keptAtEnds(steps: readonly number[]): number;
}

const conditionOf = ({ count, distinct_count: distinct, sequence = [] }: DetectionSettings): DetectionCondition => {
  if (count !== undefined) return { kind: 'count', atLeast: count };
  if (distinct) return { kind: 'distinct_count', of: distinct.of, atLeast: distinct.at_least };
  const steps = sequence.map(({ when, count: each }) => ({ when: compileExpression(when), count: each }));
  return { kind: 'sequence', steps };
};

/** Makes a detection of what the policy says of it. */
export const createDetection = (settings: DetectionSettings): Detection => {
  const { name, when, group_by: groupBy, within, cool_down: coolDown, late_within: lateWithin, raise } = settings;
  const { distinct_count: distinct, sequence } = settings;
  return {
    name,
    when: when === undefined ? undefined : compileExpression(when),
    groupBy,
    condition: conditionOf(settings),
    within,
    coolDown: coolDownOf(coolDown, within),
    lateWithin,
    raise: { type: raise.type, severity: AlertSeverity[raise.severity], message: raise.message },
    print: digest(JSON.stringify([when ?? '', groupBy, distinct?.of ?? '', sequence?.map((each) => each.when) ?? []])),
    mostEntries: mostEntriesOf(settings),
    keptAtEnds: (steps) => keptAtEnds(settings, steps),
  };
};

/** The highest sensitivity that a type declares for the key: what one type calls personal is personal. */
export const sensitivityOf = (key: string, types: AlertTypes): Sensitivity => {
  const declared = [...types.declared.values()].flatMap(({ metadata }) =>
    Object.hasOwn(metadata, key) ? (metadata[key]?.sensitivity ?? []) : [],
  );
  return declared.length === 0 ? undeclaredSensitivity : (Math.max(...declared) as Sensitivity);
};

const ownMetadata: AlertTypeDefinition['metadata'] = {
  detection: { sensitivity: Sensitivity.INTERNAL, identifies: true, description: 'Which detection raised it.' },
  count: { sensitivity: Sensitivity.INTERNAL, identifies: false, description: 'How many alerts it stands on.' },
  alerts: {
    sensitivity: Sensitivity.INTERNAL,
    identifies: false,
    description: 'The ids of the newest alerts it stands on, at most 20.',
  },
};

/** The types that detections raise and nobody declares. Those of one type have the keys of all of them. */
export const raisedTypes = (
  detections: readonly Detection[],
  types: AlertTypes,
): Readonly<Record<string, AlertTypeDefinition>> => {
  const raised = Map.groupBy(
    detections.filter(({ raise }) => !types.declared.has(raise.type)),
    ({ raise }) => raise.type,
  );
  return Object.fromEntries(
    [...raised].map(([type, list]) => {
      const keys = [...new Set(list.flatMap(({ groupBy }) => groupBy))];
      const grouping = keys.map((key) => [
        key,
        { sensitivity: sensitivityOf(key, types), identifies: true, description: 'What its alerts have in common.' },
      ]);
      const title = list.map(({ name }) => name).join(', ');
      const metadata = { ...(Object.fromEntries(grouping) as object), ...ownMetadata };
      return [type, { title, defaultSeverity: list[0]?.raise.severity, metadata }];
    }),
  );
};
