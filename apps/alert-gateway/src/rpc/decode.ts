import { AlertError, limits, type MessageShape, scanMessage, WireReader, wireType } from '@therapytrain/alerts-core';

const timestamp: MessageShape = { 1: 'number', 2: 'number' };
const span: MessageShape = { 1: 'number', 2: 'number' };
const incidentChange: MessageShape = { 1: 'text', 2: 'text', 3: 'text', 4: 'text' };

/** What may stand in the messages that the generated codec decodes. */
export const shapes = {
  GetAlertRequest: { 1: 'text' },
  ListAlertsRequest: { 1: 'number', 2: 'text', 3: 'text' },
  StreamAlertsRequest: { 1: 'text', 2: 'text', 3: timestamp, 4: 'number' },
  // What the draft holds is for the codec of reports to say.
  ExplainAlertRequest: { 1: 'text', 2: {} },
  GetIncidentRequest: { 1: 'text' },
  ListIncidentsRequest: { 1: 'number', 2: 'text', 3: 'text', 5: 'number' },
  IncidentChangeRequest: incidentChange,
  CreateSilenceRequest: { 1: 'text', 2: 'text', 3: 'text', 4: timestamp, 5: timestamp, 6: span, 7: 'number' },
  PreviewSilenceRequest: { 1: 'text', 2: 'number' },
  ListSilencesRequest: { 1: 'number', 2: 'text' },
  ExpireSilenceRequest: { 1: 'text', 2: 'text' },
  ListDeliveriesRequest: { 1: 'number', 2: 'text', 3: 'text', 4: 'text' },
  ListDeadLettersRequest: { 1: 'number', 2: 'text', 3: 'text', 4: 'text' },
  ReplayDeadLettersRequest: { 1: 'text', 3: 'text', 4: 'text', 5: 'number' },
  GetAccountingRequest: {},
  StreamIncidentsRequest: { 1: 'text' },
  GetResponseRequest: { 1: 'text' },
  ListResponsesRequest: { 1: 'number', 2: 'text', 4: 'text', 5: 'text' },
  ResponseChangeRequest: { 1: 'text', 2: 'text', 3: 'text' },
  GetKillSwitchRequest: {},
  SetKillSwitchRequest: { 1: 'text', 2: 'number', 3: 'text' },
  StreamDecisionsRequest: { 1: 'text' },
  AcknowledgeDecisionsRequest: { 1: 'text', 2: 'text' },
  ListEnforcersRequest: {},
  GetPolicyRequest: {},
  CheckPolicyRequest: { 1: 'text' },
  ReloadPolicyRequest: { 1: 'text', 2: 'text', 3: 'number', 4: 'number' },
  // Its alerts stand many times; what each holds is for the codec of reports to say.
  SimulatePolicyRequest: { 1: 'text', 3: timestamp },
  ScriptedAlert: { 1: {}, 2: timestamp },
  GetStatusRequest: {},
  CreateTokenRequest: { 1: 'text', 2: 'text', 4: 'text', 5: timestamp },
  ListTokensRequest: {},
  RevokeTokenRequest: { 1: 'text', 2: 'text' },
  WhoAmIRequest: {},
  ListAuditEntriesRequest: {
    ...{ 1: 'number', 2: 'text', 3: 'text', 4: 'text', 5: 'text', 6: timestamp, 7: 'number', 8: 'number' },
  },
  GetCheckpointRequest: {},
  ProveEntryRequest: { 1: 'number', 2: 'number' },
  ProveConsistencyRequest: { 1: 'number', 2: 'number' },
  ExportReceiptRequest: { 1: 'text' },
  SignAuditReviewRequest: { 1: 'text', 2: 'number', 3: 'number', 4: 'text' },
  EraseSubjectRequest: { 1: 'text', 2: 'text' },
} as const satisfies Record<string, MessageShape>;

/** The fields of a message that may stand many times, by number. */
export type RepeatedFields = Readonly<Record<number, 'number' | 'text'>>;

const malformed = (what: string, cause?: unknown): AlertError =>
  new AlertError('MESSAGE_MALFORMED', `malformed message: ${what}`, { cause });

const mostFields = 256;

// Numbers may stand one by one, or packed.
const scanRepeated = (bytes: Buffer, fields: RepeatedFields): void => {
  const reader = new WireReader(bytes, mostFields);
  while (reader.at < bytes.length) {
    const tag = reader.tag(bytes.length);
    const kind = fields[Math.floor(tag / 8)];
    const isBytes = tag % 8 === wireType.bytes;
    if (kind !== undefined && !isBytes && !(kind === 'number' && tag % 8 === wireType.varint)) {
      throw malformed('a field has the wrong wire type');
    }
    if (kind === 'text') reader.text(bytes.length);
    else reader.skip(tag, bytes.length);
  }
};

/**
 * Decodes with the generated codec after a strict look at the bytes, since the codec takes field number 0 for a field,
 * passes over a field of the wrong wire type and mends text that is not UTF-8. Throws `MESSAGE_MALFORMED`.
 */
export const decodeStrictly = <T>(
  bytes: Buffer,
  shape: MessageShape,
  decode: (bytes: Buffer) => T,
  repeated: RepeatedFields = {},
  longest: number = limits.alertBytes,
): T => {
  if (bytes.length > longest) throw malformed(`it is longer than ${longest} bytes`);
  scanMessage(bytes, shape);
  scanRepeated(bytes, repeated);
  try {
    return decode(bytes);
  } catch (cause) {
    throw malformed('it does not decode', cause);
  }
};

/** The bytes of a message within a message, which must have been scanned; undefined if it is not there. */
export const partOf = (bytes: Buffer, field: number): Buffer | undefined => {
  const reader = new WireReader(bytes, mostFields);
  while (reader.at < bytes.length) {
    const tag = reader.tag(bytes.length);
    if (tag === field * 8 + wireType.bytes) {
      const to = reader.span(bytes.length);
      return bytes.subarray(reader.at, to);
    }
    reader.skip(tag, bytes.length);
  }
  return undefined;
};
