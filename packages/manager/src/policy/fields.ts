import {
  AlertSeverity,
  type AlertSeverityName,
  compileExpression,
  duration,
  ExpressionError,
  metadataFaults,
  Sensitivity,
  type SensitivityName,
} from '@therapytrain/alerts-core';
import { z } from 'zod';

const names = <T extends string>(of: Readonly<Record<T, number>>) => z.enum(Object.keys(of) as [T, ...T[]]);

/** A name that a policy gives: of a channel, a receiver, a route. It becomes a label of metrics and a word of the audit. */
export const name = () =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'is not 1 to 64 of letters, digits, ".", "_" and "-", beginning with a letter or a digit',
    );

/** A condition in CEL. A fault says in its `params` where in the expression it is. */
export const expression = () =>
  z.string().check((ctx) => {
    try {
      compileExpression(ctx.value);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const { message, line, column } = error;
      ctx.issues.push({ code: 'custom', message, params: { line, column }, input: ctx.value });
    }
  });

// One that no alert can have would be declared in vain.
/** The name of a metadata key. */
export const metadataKeyName = z.string().check((ctx) => {
  for (const { rule } of metadataFaults({ [ctx.value]: null })) {
    ctx.issues.push({ code: 'custom', message: rule, input: ctx.value });
  }
});

const metadataKey = z
  .strictObject({
    sensitivity: names<SensitivityName>(Sensitivity).describe('How far the value may travel.'),
    identifies: z.boolean().default(false).describe('Alerts that differ here are about different things.'),
    description: z.string().default('').describe('What the value is, for people.'),
  })
  .describe('What is known of one metadata key.');

/** What a policy says of an alert type. */
export const alertType = z
  .strictObject({
    title: z.string().min(1).describe('What people call it.'),
    default_severity: names<AlertSeverityName>(AlertSeverity)
      .optional()
      .describe('For reports that do not say one; without it each report must.'),
    metadata: z
      .record(metadataKeyName, metadataKey)
      .default({})
      .describe('What is known of the metadata keys. A key that is not declared counts as HEALTH.'),
    owner: z.string().min(1).max(256).optional().describe('Whose it is, for people: a team, a person. Notices say it.'),
    runbook: z
      .url({ protocol: /^https$/, error: 'is not an address that begins with https://' })
      .max(1_000, 'is longer than 1,000 characters')
      .optional()
      .describe('What to do about it: an https address. Notices link to it.'),
    group_by: z
      .array(metadataKeyName)
      .min(1, 'names no key')
      .optional()
      .describe('Alerts with the same values here are one incident. Default: the keys that identify.'),
    quiet_after: duration()
      .optional()
      .describe('An incident without an alert for this long is resolved. Default: somebody resolves it.'),
  })
  .describe('One alert type.');

/** A map with an entry for each severity, and no other. */
export const severityRecord = <S extends z.ZodType>(entry: (severity: AlertSeverityName) => S) =>
  z.strictObject({ LOW: entry('LOW'), MEDIUM: entry('MEDIUM'), HIGH: entry('HIGH'), CRITICAL: entry('CRITICAL') });
