import { type AlertDraft, AlertError, fieldError, type FieldViolation, type Metadata } from '@therapytrain/alerts-core';
import { alertFrom, type FormatFacts, type ImportedLine, type ImportFormat } from './format.ts';
import { instantFrom, isJsonObject, type JsonObject, jsonObject, severityFrom } from './json.ts';

const required = ['id', 'source', 'type'] as const;

/** What every event has. */
type Context = Readonly<Record<(typeof required)[number], string>>;

const contextOf = (event: JsonObject): Context => {
  const violations: FieldViolation[] = [];
  if (event['specversion'] !== '1.0') violations.push({ field: 'specversion', rule: 'is not 1.0' });
  for (const field of required) {
    const value = event[field];
    if (typeof value !== 'string' || value === '')
      violations.push({ field, rule: 'is not a text of at least 1 character' });
  }
  if (violations.length > 0) throw fieldError(violations);
  return event as Context;
};

/** The alert type of an event type: `com.example.auth.failed` becomes `COM_EXAMPLE_AUTH_FAILED`. */
export const alertTypeOf = (eventType: string): string =>
  eventType
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();

const metadataOf = (event: JsonObject, { id, source }: Context, data: JsonObject): Metadata => ({
  ...((isJsonObject(data['metadata']) ? data['metadata'] : {}) as Metadata),
  eventId: id,
  eventSource: source,
  ...(typeof event['subject'] === 'string' ? { eventSubject: event['subject'] } : {}),
});

const draftOf = (event: JsonObject, context: Context, { defaultSeverity }: FormatFacts): AlertDraft => {
  const data = isJsonObject(event['data']) ? event['data'] : {};
  const traceParent = event['traceparent'];
  return {
    type: alertTypeOf(context.type),
    severity: severityFrom(data['severity']) ?? defaultSeverity,
    message: typeof data['message'] === 'string' ? data['message'] : 'Event received',
    metadata: metadataOf(event, context, data),
    occurredAt: instantFrom(event['time'], 'time'),
    ...(typeof traceParent === 'string' ? { traceParent } : {}),
  };
};

const read = (line: string, facts: FormatFacts): ImportedLine => {
  if (line.trim() === '') return { kind: 'skipped', reason: 'blank' };
  try {
    const event = jsonObject(line);
    const context = contextOf(event);
    // (source, id) is what the standard calls unique.
    return alertFrom(() => draftOf(event, context, facts), JSON.stringify([context.source, context.id]));
  } catch (error) {
    if (error instanceof AlertError) return { kind: 'bad', reason: error.message };
    throw error;
  }
};

/** One CloudEvent 1.0 a line, in structured mode. Message, severity and metadata come from `data`, where it has them. */
export const createCloudEventsFormat = (facts: FormatFacts): ImportFormat => ({
  name: 'cloudevents',
  read: (line) => read(line, facts),
});
