import { alertTypePattern, byteSize, duration } from '@therapytrain/alerts-core';
import { z } from 'zod';
import { detections } from './detection-schema.ts';
import { alertType, expression, metadataKeyName, name, severityRecord } from './fields.ts';
import { maintenance } from './maintenance-schema.ts';
import { guardrails, playbooks, responder } from './playbook-schema.ts';

const atLeast = (span: string) => {
  const least = duration().parse(span);
  return duration().refine((given) => given >= least, `is shorter than ${span}`);
};

const limit = z
  .strictObject({
    per_minute: z.int().min(1).max(6_000).default(30).describe('How many notices a minute, in the long run.'),
    burst: z.int().min(1).max(1_000).default(10).describe('How many at once after a rest.'),
    digest_every: atLeast('10s').prefault('5m').describe('What exceeds it is told together, this often.'),
  })
  .optional()
  .describe(
    'How much it is told. What exceeds it is told in a digest; CRITICAL incidents and escalations never are, and of ' +
      'what was told by itself the end neither. Default: no limit.',
  );

const canaryEvery = atLeast('1m')
  .optional()
  .describe(
    'How often a notice that nothing has happened goes through it. When none has arrived for twice this span, an ' +
      'alert of SYSTEM_HEALTH tells of it. Default: never.',
  );

const channel = z
  .looseObject({
    kind: z.string().describe('Which channel, such as email. Each kind has further options of its own.'),
    concurrency: z.int().min(1).max(64).default(4).describe('How many deliveries go through it at once.'),
    limit,
    canary_every: canaryEvery,
  })
  .describe('One way to tell people. The options of each kind are in the README of its package.');

const receiver = z
  .strictObject({
    channels: z.array(name()).min(1, 'names no channel').describe('The channels that are told, all of them.'),
    fallback: z
      .array(name())
      .default([])
      .describe('Channels that are told at once in place of one that is dead, or not to be reached now.'),
  })
  .describe('A named set of channels: a team, or a way to wake somebody.');

const route = z
  .strictObject({
    name: name().optional().describe('What it is called in the audit. Default: its place.'),
    when: expression().optional().describe('What it takes, in CEL. Default: all that reaches it.'),
    receivers: z
      .array(name())
      .optional()
      .describe('Who is told. Default: the receivers of the route above. An empty list: nobody, on purpose.'),
    continue: z.boolean().default(false).describe('True: routes after this one are tried too.'),
    first_notify_after: duration()
      .optional()
      .describe(
        'How long the first notice waits for more alerts; never for CRITICAL. Default: as the route above, or 0s.',
      ),
    batch_updates_every: duration()
      .optional()
      .describe('The shortest time between two notices of one incident. Default: as the route above, or 5m.'),
    remind_every: z
      .union([duration(), z.literal('never')], 'is neither a span such as 4h nor never')
      .optional()
      .describe('How often an incident that stays open is told again. Default: as the route above, or never.'),
    get routes(): z.ZodOptional<z.ZodArray<z.ZodType<RouteSettings, RouteSource>>> {
      return z.array(route).optional().describe('Tried before this one takes it itself, in the same way.');
    },
  })
  .describe('Where alerts go, and in which rhythm. Of several the first that matches takes an alert.');

/** A route as it is written. */
export interface RouteSource {
  name?: string | undefined;
  when?: string | undefined;
  receivers?: string[] | undefined;
  continue?: boolean | undefined;
  first_notify_after?: string | undefined;
  batch_updates_every?: string | undefined;
  remind_every?: string | undefined;
  routes?: RouteSource[] | undefined;
}

/** A route that keeps its schema. */
export interface RouteSettings extends Omit<
  RouteSource,
  'continue' | 'first_notify_after' | 'batch_updates_every' | 'remind_every' | 'routes'
> {
  continue: boolean;
  first_notify_after?: number | undefined;
  batch_updates_every?: number | undefined;
  remind_every?: number | 'never' | undefined;
  routes?: RouteSettings[] | undefined;
}

const escalation = (within?: string) =>
  z
    .strictObject({
      acknowledge_within: (within === undefined ? duration() : duration().prefault(within)).describe(
        'How long an incident may stay unacknowledged.',
      ),
      remind_before: z
        .union([duration(), z.literal('never')], 'is neither a span such as 10m nor never')
        .optional()
        .describe(
          'How long before that those who were told are told once more. Default: a fifth of acknowledge_within.',
        ),
      receivers: z
        .array(name())
        .min(1, 'names nobody')
        .describe('Who is told then: the first, then the next each time that it has run out once more.'),
      repeats: z.int().min(0).max(10).default(3).describe('How often the last of them is told again.'),
    })
    .optional()
    .describe('What happens when nobody acknowledges in time. Default: nothing.');

const inhibition = z
  .strictObject({
    name: name().describe('What it is called in the audit.'),
    source: expression().describe('While an incident of this is open, in CEL …'),
    target: expression().describe('… incidents of this are not told.'),
    equal: z.array(metadataKeyName).default([]).describe('Only where these metadata keys have the same values.'),
  })
  .describe('What need not be told while something worse is.');

/** What a deployment says of itself. The schema is the type and the documentation; docs/config.md is printed from it. */
export const policySchema = z.strictObject({
  types: z
    .record(z.string().regex(alertTypePattern, 'is not 1 to 64 of A-Z, 0-9 and _, beginning with a letter'), alertType)
    .prefault({})
    .describe('Alert types beside the built-in ones, or in their place.'),
  channels: z.record(name(), channel).prefault({}).describe('The ways to tell people, by names of your own.'),
  receivers: z.record(name(), receiver).prefault({}).describe('Who can be told, by names of your own.'),
  routes: z
    .array(route)
    .prefault([])
    .describe('Where alerts go: a tree. What no route takes is kept, and told to nobody.'),
  escalations: z
    .strictObject({
      CRITICAL: escalation('5m'),
      HIGH: escalation('1h'),
      MEDIUM: escalation('24h'),
      LOW: escalation(),
    })
    .prefault({})
    .describe('Response times by severity, and who is told when they have run out.'),
  inhibitions: z.array(inhibition).prefault([]).describe('What is not told while something else is open.'),
  maintenance: z
    .array(maintenance)
    .prefault([])
    .describe('Times in which something is not told, and no playbook acts on it unasked.'),
  reopen_within: duration()
    .prefault('1h')
    .describe('An alert within this span after its incident was resolved opens that one again.'),
  longest_silence: severityRecord((severity) =>
    duration()
      .prefault({ LOW: '30d', MEDIUM: '14d', HIGH: '3d', CRITICAL: '4h' }[severity])
      .describe(`The longest silence that holds back ${severity}.`),
  )
    .prefault({})
    .describe('How long a silence may last, by the severity that it holds back.'),
  incident_link: z
    .url({ protocol: /^https?$/, error: 'is not an address that begins with https:// or http://' })
    .optional()
    .describe('Where people see an incident: its id is put behind this address. Default: notices have no link.'),
  retention: z
    .strictObject({
      max_age: duration().optional().describe('Alerts older than this are let go.'),
      max_size: byteSize().optional().describe('The log is kept below this, oldest alerts first.'),
      incidents: duration()
        .prefault('90d')
        .describe(
          'So long after their end resolved incidents, deliveries (dead ones too), silences and the request ids of ' +
            'changes are let go; at least as long as reopen_within. Accounting and audit stay.',
        ),
      audit: duration()
        .prefault('2192d')
        .describe(
          'How long entries of the audit log are kept at the least: six years, as 45 CFR 164.316(b)(2)(i) has it for ' +
            'documentation of actions and activities. Nothing of the audit log is let go so far, whatever its age.',
        ),
      legal_hold: z
        .boolean('is not true or false')
        .default(false)
        .describe(
          'While true nothing is let go: no alert, whatever max_age and max_size say, no incident, no delivery. Watch ' +
            'the disk.',
        ),
    })
    .prefault({})
    .describe('How long alerts and what followed from them are kept. Request ids of reports stay known for ever.'),
  detections: detections.prefault([]).describe('What is seen only in many alerts together.'),
  responders: z.record(name(), responder).prefault({}).describe('The ways to act, by names of your own.'),
  playbooks: playbooks
    .prefault([])
    .describe(
      'What is done about what matches, and how much of it unasked: in a maintenance window that covers the alert, ' +
        'enforce is suggest; a silence holds nothing back.',
    ),
  guardrails: guardrails.prefault({}).describe('What holds for every playbook.'),
});

/** A policy as it is written. */
export type PolicySource = z.input<typeof policySchema>;

/** A policy that keeps its schema: defaults filled in, spans in milliseconds, secrets as references. */
export type PolicySettings = z.output<typeof policySchema>;
