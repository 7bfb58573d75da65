import { type AlertDraft, fieldError } from '@therapytrain/alerts-core';
import { alertFrom, type FormatFacts, type ImportFormat } from './format.ts';
import { instantFrom, type JsonObject, jsonObject, severityFrom } from './json.ts';

/** The wire's JSON names, as proto writes them and as the `.proto` files spell them. */
const fields: ReadonlyMap<string, keyof AlertDraft> = new Map([
  ['type', 'type'],
  ['severity', 'severity'],
  ['message', 'message'],
  ['metadata', 'metadata'],
  ['occurredAt', 'occurredAt'],
  ['occurred_at', 'occurredAt'],
  ['dedupKey', 'dedupKey'],
  ['dedup_key', 'dedupKey'],
  ['requestId', 'requestId'],
  ['request_id', 'requestId'],
  ['traceParent', 'traceParent'],
  ['trace_parent', 'traceParent'],
]);

const rename = (object: JsonObject): Readonly<Partial<Record<keyof AlertDraft, unknown>>> => {
  const said = new Map<keyof AlertDraft, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const field = fields.get(name);
    if (field === undefined) throw fieldError([{ field: 'alert', rule: 'has a key that is not known' }]);
    if (said.has(field)) throw fieldError([{ field, rule: 'is given twice' }]);
    // In proto's JSON, null is a field left out.
    if (value !== null) said.set(field, value);
  }
  return Object.fromEntries(said);
};

const draftOf = (line: string, { defaultSeverity }: FormatFacts): AlertDraft => {
  const said = rename(jsonObject(line));
  // Whatever is of a wrong kind, the check of the draft refuses.
  return {
    ...(said as Partial<AlertDraft>),
    severity: severityFrom(said.severity) ?? defaultSeverity,
    occurredAt: instantFrom(said.occurredAt, 'occurredAt'),
  } as AlertDraft;
};

/** One alert a line, as JSON in the wire's names; only `type` and `message` must be there. */
export const createJsonlFormat = (facts: FormatFacts): ImportFormat => ({
  name: 'jsonl',
  read: (line) => (line.trim() === '' ? { kind: 'skipped', reason: 'blank' } : alertFrom(() => draftOf(line, facts))),
});
