import {
  AlertSeverity,
  type AlertSeverityName,
  duration,
  incidentStates,
  type Instant,
  type Metadata,
  responseModes,
} from '@therapytrain/alerts-core';
import { z } from 'zod';
import { expression, name } from '../policy/fields.ts';

const severity = z.enum(Object.keys(AlertSeverity) as [AlertSeverityName, ...AlertSeverityName[]]);

/** A time: RFC 3339, or so long after the case's `now`. */
const time = () =>
  z
    .union(
      [
        z.iso.datetime({ offset: true }),
        z
          .string()
          .startsWith('+')
          .transform((text) => text.slice(1))
          .pipe(duration()),
      ],
      'is neither a time such as 2026-01-05T12:00:00Z nor a span after `now` such as +30s',
    )
    .transform(
      (value) =>
        (now: Instant): Instant =>
          typeof value === 'number' ? now + value : Date.parse(value),
    );

const list = (what: string) => z.array(z.string()).describe(`${what}, in any order, no others.`);

const expected = {
  receivers: list('Who is told').optional(),
  channels: list('The channels that a notice goes out through').optional(),
  routes: list('The routes that take it').optional(),
  suppressed_by: z
    .string()
    .nullable()
    .optional()
    .describe('The rule that holds it back: the name of a maintenance window, an inhibition or a silence; null: none.'),
  detections: list('The detections that are set off').optional(),
  responses: z
    .array(
      z.strictObject({
        playbook: z.string().describe('The playbook that matches.'),
        responder: z.string().describe('The responder of one of its steps.'),
        mode: z.enum(responseModes).describe('How much of it is done unasked.'),
      }),
    )
    .optional()
    .describe(
      'What playbooks do, or ask for, in any order, no others: each step once, but for those with nothing to act on and ' +
        'for protected targets. Budgets and approval are not simulated.',
    ),
  refused: z
    .string()
    .nullable()
    .optional()
    .describe('The code of docs/errors.md with which the alert is refused; null: it is kept.'),
  incident: z
    .strictObject({
      state: z.enum(incidentStates).optional().describe('Where it is.'),
      severity: severity.optional().describe('The highest of its alerts.'),
      alerts: z.int().min(1).optional().describe('How many alerts joined it.'),
    })
    .nullable()
    .optional()
    .describe('The incident after the alert, as far as it is said; null: there is none.'),
};

const alert = z
  .strictObject({
    type: z.string().describe('As it is reported.'),
    severity: severity.optional().describe("Default: the type's own."),
    message: z.string().default('a test').describe('As it is reported.'),
    metadata: z.record(z.string(), z.json()).default({}).describe('As it is reported.'),
    source: z.string().optional().describe('Who reports it. Default: that of the case.'),
    dedup_key: z.string().optional().describe('As it is reported.'),
    at: time().optional().describe('When the gateway gets it: +30s after `now`, or a time. Default: `now`.'),
    times: z.int().min(1).max(1_000).default(1).describe('How many of them there are, all at the same time.'),
    expect: z.strictObject(expected).optional().describe('What this alert does; the last one, where there are more.'),
  })
  .describe('One alert.');

const silence = z
  .strictObject({
    name: name().describe('What `suppressed_by` calls it.'),
    when: expression().describe('What it holds back, in CEL.'),
    up_to: severity.default('HIGH').describe('What is more severe breaks through.'),
    from: time().optional().describe('When it begins. Default: `now`.'),
    until: time().optional().describe('When it ends. Default: a day after `now`.'),
  })
  .describe('A silence that stands.');

const policyCase = z
  .strictObject({
    name: z.string().min(1, 'is empty').describe('What is promised, as a sentence.'),
    now: z.iso
      .datetime({ offset: true, error: 'is not a time such as 2026-01-05T12:00:00Z' })
      .default('2026-01-05T12:00:00Z')
      .describe('When it begins.'),
    source: z.string().default('test').describe('Who reports the alerts.'),
    silences: z.array(silence).default([]).describe('Silences that stand.'),
    alerts: z.array(alert).min(1, 'holds none').max(1_000).describe('What is reported, in any order of time.'),
    until: time().optional().describe('Until when incidents are looked at again: escalations, reminders, quiet.'),
    expect: z
      .strictObject({
        ...expected,
        incidents: z.int().min(0).optional().describe('How many incidents there are.'),
      })
      .default({})
      .describe('What all of its alerts do together, and what follows later. `incident` and `refused`: the last one.'),
  })
  .describe('One case.');

/** A file of cases for `alertctl policy test`. */
export const policyCasesSchema = z.strictObject({
  policy: z.string().min(1).describe('The policy, by a path beside this file.'),
  cases: z.array(policyCase).min(1, 'holds none').describe('What the policy promises.'),
});

/** One case as it is read. */
export type PolicyCase = z.output<typeof policyCasesSchema>['cases'][number];

/** What an alert or a case is expected to do. */
export type Expected = PolicyCase['expect'];

/** The metadata of an alert as it is read. JSON is what metadata is. */
export const metadataOf = ({ metadata }: PolicyCase['alerts'][number]): Metadata => metadata as Metadata;
