import {
  AlertSeverity,
  type AlertSeverityName,
  alertTypePattern,
  duration,
  textFault,
} from '@therapytrain/alerts-core';
import { z } from 'zod';
import { expression, metadataKeyName, name } from './fields.ts';
import { mostEntriesOf, longestList, ownKeys, coolDownOf } from './detection-bounds.ts';

/** More alerts than this make no condition that a person could check. */
const mostAlerts = 1_000;

const stepOf = z.strictObject({
  when: expression().describe('What the step takes, in CEL.'),
  count: z.int().min(1).max(100).default(1).describe('How many of it.'),
});

const conditions = {
  count: z.int().min(2).max(mostAlerts).optional().describe('So many alerts.'),
  distinct_count: z
    .strictObject({
      of: metadataKeyName.describe('The metadata key.'),
      at_least: z.int().min(2).max(mostAlerts).describe('How many different values.'),
    })
    .optional()
    .describe('Alerts with so many different values of a metadata key. An alert without the key does not count.'),
  sequence: z
    .array(stepOf)
    .min(2, 'has fewer than two steps')
    .max(5)
    .optional()
    .describe('First so many of this, then so many of that, by the own time of the alerts.'),
} as const;

const raise = z
  .strictObject({
    type: z
      .string()
      .regex(alertTypePattern, 'is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter')
      .describe('Its type. One that is not declared is declared by this, with the keys of `group_by`.'),
    severity: z
      .enum(Object.keys(AlertSeverity) as [AlertSeverityName, ...AlertSeverityName[]])
      .describe('Its severity.'),
    message: z
      .string()
      .min(1, 'is empty')
      .check((ctx) => {
        const fault = textFault(ctx.value, 200, 'one');
        if (fault) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value });
      })
      .optional()
      .describe('What it says. Default: what was seen, such as `10 AUTH_FAILURE within 1m`.'),
  })
  .describe('The alert that is raised. It also has the values of `group_by`, `detection`, `count` and `alerts`.');

const shape = z.strictObject({
  name: name().describe('What it is called in the alerts that it raises and in the audit.'),
  when: expression().optional().describe('Which alerts it looks at, in CEL. Default: all.'),
  group_by: z
    .array(metadataKeyName)
    .max(8)
    .describe(
      'Alerts with the same values of these metadata keys are counted together; one without such a key is not counted. An empty list: all are counted together.',
    ),
  ...conditions,
  within: duration().describe('By their own time, all of them lie within this span.'),
  cool_down: duration()
    .optional()
    .describe(
      'When it has raised an alert, alerts of the group this long before and after, by their own time, do not count. Default: 15m, or `within` if that is longer.',
    ),
  late_within: duration()
    .prefault('5m')
    .describe('How far the own time of an alert may lie behind the newest of its group that came before it.'),
  raise,
});

/** A detection as it keeps its schema. */
export type DetectionSettings = z.output<typeof shape>;

type Report = (path: readonly PropertyKey[], message: string) => void;

const checkCondition = (settings: DetectionSettings, report: Report): void => {
  const said = (Object.keys(conditions) as (keyof typeof conditions)[]).filter((each) => settings[each] !== undefined);
  if (said.length === 0) report([], 'has no condition: it needs one of count, distinct_count and sequence');
  for (const more of said.slice(1)) report([more], `does not go with ${said[0]}: a detection has one condition`);
  const of = settings.distinct_count?.of;
  if (of !== undefined && settings.group_by.includes(of)) {
    report(['distinct_count', 'of'], 'is a key of group_by: a group has one value of it');
  }
};

const checkGroup = ({ group_by: keys }: DetectionSettings, report: Report): void => {
  for (const [index, key] of keys.entries()) {
    if (keys.indexOf(key) < index) report(['group_by', index], 'is named before');
    if (ownKeys.includes(key)) report(['group_by', index], 'is a key that the alert which is raised has of its own');
  }
};

const checkSpans = (settings: DetectionSettings, report: Report): void => {
  const { within, cool_down: coolDown } = settings;
  if (within === 0) return report(['within'], 'is no span');
  if (coolDownOf(coolDown, within) < within) {
    report(['cool_down'], 'is shorter than within: the same alerts would be told twice');
  }
  if (mostEntriesOf(settings) > longestList) {
    report(['late_within'], 'is too long: more alerts of a group would have to be remembered than there is room for');
  }
};

/** A rule over many alerts that raises an alert of its own. */
export const detection = shape
  .superRefine((settings, context) => {
    const report: Report = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
    checkCondition(settings, report);
    checkGroup(settings, report);
    checkSpans(settings, report);
  })
  .describe('A rule over many alerts that raises an alert of its own.');

/** The detections of a policy, each by a name of its own. */
export const detections = z.array(detection).superRefine((list, context) => {
  for (const [index, { name: own }] of list.entries()) {
    if (list.findIndex((each) => each.name === own) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is the name of a detection before it' });
  }
});
