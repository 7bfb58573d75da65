import {
  type AlertTypeDefinition,
  type AlertTypes,
  alertTypePattern,
  byteSize,
  createAlertTypes,
  duration,
  metadataFaults,
  Sensitivity,
  type SensitivityName,
  AlertSeverity,
  type AlertSeverityName,
} from '@therapytrain/alerts-core';
import { z } from 'zod';

const names = <T extends string>(of: Readonly<Record<T, number>>) => z.enum(Object.keys(of) as [T, ...T[]]);

const metadataKey = z.strictObject({
  sensitivity: names<SensitivityName>(Sensitivity).describe('How far the value may travel.'),
  identifies: z.boolean().default(false).describe('Alerts that differ here are about different things.'),
  description: z.string().default('').describe('What the value is, for people.'),
});

// One that no alert can have would be declared in vain.
const metadataKeyName = z.string().check((ctx) => {
  for (const { rule } of metadataFaults({ [ctx.value]: null })) {
    ctx.issues.push({ code: 'custom', message: rule, input: ctx.value });
  }
});

const alertType = z.strictObject({
  title: z.string().min(1).describe('What people call it.'),
  default_severity: names<AlertSeverityName>(AlertSeverity)
    .optional()
    .describe('For reports that do not say one; without it each report must.'),
  metadata: z
    .record(metadataKeyName, metadataKey)
    .default({})
    .describe('What is known of the metadata keys. A key that is not declared counts as HEALTH.'),
});

/** What a deployment says of itself. The schema is the type and the documentation; docs/config.md is printed from it. */
export const policySchema = z.strictObject({
  types: z
    .record(z.string().regex(alertTypePattern, 'is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter'), alertType)
    .default({})
    .describe('Alert types beside the built-in ones, or in their place.'),
  retention: z
    .strictObject({
      max_age: duration().optional().describe('Alerts older than this are let go.'),
      max_size: byteSize().optional().describe('The log is kept below this, oldest alerts first.'),
    })
    .default({})
    .describe('How long alerts are kept. Request ids stay known for ever.'),
});

/** A policy as it is written. */
export type PolicySource = z.input<typeof policySchema>;

/** A policy in force. */
export interface Policy {
  readonly types: AlertTypes;
  readonly retention: { readonly maxAge: number | undefined; readonly maxBytes: number | undefined };
}

const definition = (declared: z.output<typeof alertType>): AlertTypeDefinition => ({
  title: declared.title,
  defaultSeverity: declared.default_severity && AlertSeverity[declared.default_severity],
  metadata: Object.fromEntries(
    Object.entries(declared.metadata).map(([key, { sensitivity, ...rest }]) => [
      key,
      { ...rest, sensitivity: Sensitivity[sensitivity] },
    ]),
  ),
});

/** Builds what the stages ask from a policy that keeps its schema. Nothing is left to refuse here. */
export const createPolicy = ({ types, retention }: z.output<typeof policySchema>): Policy => ({
  types: createAlertTypes(Object.fromEntries(Object.entries(types).map(([name, each]) => [name, definition(each)]))),
  retention: { maxAge: retention.max_age, maxBytes: retention.max_size },
});

/** The policy of a deployment that has none: the built-in types, and every alert kept. */
export const defaultPolicy: Policy = createPolicy(policySchema.parse({}));
