import { z } from 'zod';
import { type NoticeEvent, noticeEvents } from '@therapytrain/alerts-core/channel';

/** The `type` of what is sent, by the event. */
export const payloadTypes = {
  alert: 'alert.reported',
  opened: 'incident.opened',
  updated: 'incident.updated',
  escalated: 'incident.escalated',
  acknowledged: 'incident.acknowledged',
  resolved: 'incident.resolved',
  digest: 'alert.digest',
  reminded: 'incident.reminded',
  silence_ended: 'silence.ended',
} as const satisfies Record<NoticeEvent, string>;

/** What the `type` of a CloudEvent begins with. */
export const cloudEventPrefix = 'therapytrain.alerts.';

const moment = (what: string) => z.iso.datetime().describe(`${what} (RFC 3339, UTC).`);
const severity = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
const count = () => z.int().min(0);

const fact = z.object({
  key: z.string().describe('The metadata key.'),
  label: z.string().describe('The key for people.'),
  text: z.string(),
  pseudonym: z.boolean().describe('True if `text` stands for a value that may not be shown.'),
});

const alert = z.object({
  id: z.string(),
  type: z.string(),
  severity,
  occurredAt: moment('When it happened'),
  title: z.string().optional().describe('The type for people. Full detail only, as all that follows.'),
  source: z.string().optional(),
  message: z.string().optional(),
  facts: z.array(fact).optional(),
  withheld: count().optional().describe('How many metadata values the clearance keeps in.'),
});

const incident = z.object({
  id: z.string(),
  state: z.enum(['OPEN', 'ACKNOWLEDGED', 'RESOLVED']),
  count: count().describe('How many alerts joined it.'),
  firstSeen: moment('When the first of them happened'),
  lastSeen: moment('When the last of them happened'),
  title: z.string().optional().describe('Full detail only, as all that follows.'),
  by: z.string().optional().describe('Who acknowledged, resolved or was called.'),
  comment: z.string().optional(),
  acknowledgeBy: moment('Until when somebody should acknowledge it').optional(),
});

const data = z.object({
  version: z.literal(1).describe('Grows by optional fields only; anything else is another version.'),
  event: z.enum(noticeEvents),
  severity,
  headline: z.string().describe('One line that says it.'),
  incident: incident.optional(),
  alerts: z.array(alert).max(10).describe('The newest first.'),
  total: count().describe('How many alerts it stands for, those that are not listed too.'),
  link: z.string().optional().describe('Where to read on.'),
  owner: z.string().optional().describe('Whose it is, for people. Full detail only.'),
  runbook: z.string().optional().describe('What to do about it: an https address.'),
  truncated: z.boolean().describe('True if texts or alerts were shortened to stay below 20 kB.'),
});

const standard = z.object({
  type: z.enum(Object.values(payloadTypes)),
  timestamp: moment('When it came to be told'),
  data,
});

const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).describe('The same from try to try: what tells doubles apart.'),
  source: z.string().min(1),
  type: z.enum(Object.values(payloadTypes).map((type) => `${cloudEventPrefix}${type}` as const)),
  time: moment('When it came to be told'),
  subject: z.string().min(1).optional().describe('The id of the incident, where there is one.'),
  datacontenttype: z.literal('application/json'),
  data,
});

/** The schemas of what is sent, by format. */
export const payloads = { standard, cloudevents: cloudEvent } as const;

/** One of the formats. */
export type PayloadFormat = keyof typeof payloads;

/** What happened: the same in all formats. */
export type WebhookData = z.output<typeof data>;

/** The payload of Standard Webhooks. */
export type WebhookPayload = z.output<typeof standard>;

/** The CloudEvent. */
export type WebhookCloudEvent = z.output<typeof cloudEvent>;

/** The JSON Schema (draft 2020-12) of what is sent, for receivers in other languages. More fields may come. */
export const webhookJsonSchema = (format: PayloadFormat = 'standard'): object =>
  z.toJSONSchema(payloads[format], { io: 'input' });
