import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  AcknowledgeIncidentRequest,
  AlertServiceService,
  AssignIncidentRequest,
  CommentIncidentRequest,
  CreateSilenceRequest,
  DeliveryServiceService,
  ExpireSilenceRequest,
  IncidentServiceService,
  ListDeadLettersRequest,
  ListDeliveriesRequest,
  ListIncidentsRequest,
  ListSilencesRequest,
  PreviewSilenceRequest,
  ReplayDeadLettersRequest,
  ResolveIncidentRequest,
  SilenceServiceService,
} from '@therapytrain/alerts-api';
import { openGateway, rawCall, seenBy } from './support.ts';
import { bytesField, numberField } from './support/bytes.ts';
import { type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { deliveryOf, idOf, incidentOf, silenceOf } from './support/desk-samples.ts';

let at: DeskGateway;
beforeAll(async () => {
  const contents = { incidents: [incidentOf(1)], silences: [silenceOf(1)], deliveries: [deliveryOf(1)] };
  at = await openDeskGateway(contents, 'all');
});

const canary = 'zq7canary';
const incidentId = idOf('incident', 1);
const silence = { when: 'true', reason: 'test', end: { $case: 'length', value: { seconds: 60n, nanos: 0 } } } as const;
const endsAt = (text: string) => ({ ...silence, end: { $case: 'endsAt', value: new Date(text) } }) as const;
const length = (seconds: bigint, nanos = 0) =>
  ({ ...silence, end: { $case: 'length', value: { seconds, nanos } } }) as const;

interface Encoder {
  fromPartial(said: never): never;
  encode(message: never): { finish(): Uint8Array };
}

const encoded = (message: unknown, said: unknown): Uint8Array => {
  const encoder = message as Encoder;
  return encoder.encode(encoder.fromPartial(said as never)).finish();
};

/** A method, its request, what the request says, and the field at fault. */
const faults: readonly (readonly [method: string, message: unknown, said: object, field: string])[] = [
  ...(
    [
      ['AcknowledgeIncident', AcknowledgeIncidentRequest],
      ['ResolveIncident', ResolveIncidentRequest],
      ['AssignIncident', AssignIncidentRequest],
      ['CommentIncident', CommentIncidentRequest],
    ] as const
  ).flatMap(([name, message]) => {
    const method = `IncidentService/${name}`;
    const good = { incidentId, comment: 'c' };
    return [
      [method, message, { ...good, incidentId: '' }, 'incident_id'],
      [method, message, { ...good, incidentId: canary }, 'incident_id'],
      [method, message, { ...good, requestId: canary }, 'request_id'],
      ...['0', '01', '-1', '1.5', canary, '9'.repeat(16)].map(
        (etag) => [method, message, { ...good, etag }, 'etag'] as const,
      ),
    ] as const;
  }),
  ...(
    [
      ['AcknowledgeIncident', AcknowledgeIncidentRequest],
      ['ResolveIncident', ResolveIncidentRequest],
      ['CommentIncident', CommentIncidentRequest],
    ] as const
  ).flatMap(([name, message]) =>
    [`${canary}\u0000`, `${canary}\u009b`, 'ä'.repeat(1_001)].map(
      (comment) => [`IncidentService/${name}`, message, { incidentId, comment }, 'comment'] as const,
    ),
  ),
  ['IncidentService/CommentIncident', CommentIncidentRequest, { incidentId, comment: ' \n' }, 'comment'],
  ['IncidentService/AssignIncident', AssignIncidentRequest, { incidentId, assignee: 'two\nlines' }, 'assignee'],
  ['IncidentService/AssignIncident', AssignIncidentRequest, { incidentId, assignee: 'n'.repeat(129) }, 'assignee'],
  ['IncidentService/ListIncidents', ListIncidentsRequest, { pageSize: -1 }, 'page_size'],
  ['IncidentService/ListIncidents', ListIncidentsRequest, { states: [0] }, 'states'],
  ['IncidentService/ListIncidents', ListIncidentsRequest, { states: [1, 4] }, 'states'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, when: '' }, 'when'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, when: 't'.repeat(4_097) }, 'when'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, reason: '' }, 'reason'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, reason: `${canary}\u0007` }, 'reason'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, reason: 'r'.repeat(2_001) }, 'reason'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, requestId: canary }, 'request_id'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, upTo: 5 }, 'up_to'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, end: undefined }, 'ends_at'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, endsAt('+010000-01-01T00:00:00Z'), 'ends_at'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(0n), 'length'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(0n, 999_999), 'length'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(-1n), 'length'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(1n, -1), 'length'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(1n, 1_000_000_000), 'length'],
  ['SilenceService/CreateSilence', CreateSilenceRequest, length(366n * 86_400n + 1n), 'length'],
  [
    'SilenceService/CreateSilence',
    CreateSilenceRequest,
    { ...silence, startsAt: new Date('+010000-01-01T00:00:00Z') },
    'starts_at',
  ],
  ['SilenceService/PreviewSilence', PreviewSilenceRequest, { when: ' ' }, 'when'],
  ['SilenceService/PreviewSilence', PreviewSilenceRequest, { when: 'true', upTo: 9 }, 'up_to'],
  ['SilenceService/ListSilences', ListSilencesRequest, { pageSize: -5 }, 'page_size'],
  ['SilenceService/ExpireSilence', ExpireSilenceRequest, { silenceId: canary }, 'silence_id'],
  ['SilenceService/ExpireSilence', ExpireSilenceRequest, { silenceId: incidentId, requestId: 'x' }, 'request_id'],
  ['DeliveryService/ListDeliveries', ListDeliveriesRequest, { pageSize: -1 }, 'page_size'],
  ['DeliveryService/ListDeliveries', ListDeliveriesRequest, { incidentId: canary }, 'incident_id'],
  ['DeliveryService/ListDeliveries', ListDeliveriesRequest, { channel: `${canary}\n` }, 'channel'],
  ['DeliveryService/ListDeliveries', ListDeliveriesRequest, { channel: 'c'.repeat(129) }, 'channel'],
  ['DeliveryService/ListDeliveries', ListDeliveriesRequest, { states: [7] }, 'states'],
  ['DeliveryService/ListDeadLetters', ListDeadLettersRequest, { incidentId: canary }, 'incident_id'],
  ['DeliveryService/ListDeadLetters', ListDeadLettersRequest, { pageSize: -1 }, 'page_size'],
  ['DeliveryService/ReplayDeadLetters', ReplayDeadLettersRequest, {}, 'delivery_ids'],
  ['DeliveryService/ReplayDeadLetters', ReplayDeadLettersRequest, { dryRun: true }, 'delivery_ids'],
  [
    'DeliveryService/ReplayDeadLetters',
    ReplayDeadLettersRequest,
    { deliveryIds: [idOf('delivery', 1), canary] },
    'delivery_ids[1]',
  ],
  [
    'DeliveryService/ReplayDeadLetters',
    ReplayDeadLettersRequest,
    { deliveryIds: [idOf('delivery', 1)], channel: 'mail' },
    'delivery_ids',
  ],
  [
    'DeliveryService/ReplayDeadLetters',
    ReplayDeadLettersRequest,
    { deliveryIds: Array.from({ length: 101 }, (_, n) => idOf('delivery', n)) },
    'delivery_ids',
  ],
  ['DeliveryService/ReplayDeadLetters', ReplayDeadLettersRequest, { channel: 'mail', requestId: 'x' }, 'request_id'],
];

// The generated messages cannot be printed as a part of a test's name.
const cases = faults.map(([method, message, said, field]) => [method, field, encoded(message, said)] as const);

test.each(cases)('%s refuses a bad %s, %#', async (method, field, bytes) => {
  const before = JSON.stringify([at.has.incidents, at.has.silences, at.has.deliveries]);
  const { refusal } = await rawCall(at.client, method, bytes);
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID', domain: 'alerts.therapytrain' });
  expect(Object.keys(refusal?.fields ?? {})).toEqual([field]);
  if (refusal) expect(seenBy(refusal)).not.toContain(canary);
  expect(JSON.stringify([at.has.incidents, at.has.silences, at.has.deliveries])).toBe(before);
});

test('all fields at fault are told at once', async () => {
  const said = { requestId: 'x', incidentId: 'y', etag: 'z', comment: '\u0000' };
  const { refusal } = await rawCall(
    at.client,
    'IncidentService/AcknowledgeIncident',
    encoded(AcknowledgeIncidentRequest, said),
  );
  expect(Object.keys(refusal?.fields ?? {})).toEqual(['request_id', 'incident_id', 'etag', 'comment']);
});

test.each([
  ['IncidentService/ListIncidents', ListIncidentsRequest, { filter: 'severity >' }],
  ['IncidentService/ListIncidents', ListIncidentsRequest, { filter: 'message' }],
  ['SilenceService/CreateSilence', CreateSilenceRequest, { ...silence, when: 'severity >' }],
  ['SilenceService/PreviewSilence', PreviewSilenceRequest, { when: 'nobody == 1' }],
] as const)('%s refuses what is no condition, %#', async (method, message, said) => {
  const { refusal } = await rawCall(at.client, method, encoded(message, said));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FILTER_INVALID' });
});

const methods = [
  ...Object.values(IncidentServiceService),
  ...Object.values(SilenceServiceService),
  ...Object.values(DeliveryServiceService),
  AlertServiceService.explainAlert,
].map(({ path }) => path.split('.').at(-1) ?? '');

describe.each(methods)('%s', (method) => {
  test.each([
    ['a field number of 0', [2, 0]],
    ['a length past the end', [10, 5, 1]],
    ['a group', [11, 12]],
    ['a number that does not end', [8, 0x80]],
  ])('refuses %s', async (_, bytes) => {
    const { refusal } = await rawCall(at.client, method, Buffer.from(bytes));
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MESSAGE_MALFORMED' });
  });

  test('refuses a message that is too long', async () => {
    const { refusal } = await rawCall(at.client, method, Buffer.from(bytesField(30, Buffer.alloc(66_000))));
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MESSAGE_MALFORMED' });
  });

  test('knows who calls', async () => {
    const { refusal } = await rawCall(at.client, method, Buffer.alloc(0), 'Not A Name');
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'SOURCE_INVALID' });
  });

  test('is not there in a gateway that keeps alerts only', async () => {
    const { client } = await openGateway({ inMemory: true });
    expect((await rawCall(client, method, Buffer.alloc(0))).refusal).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'NOT_CONFIGURED',
      facts: { needs: 'planning' },
    });
  });
});

test.each([
  ['IncidentService/GetIncident', [...bytesField(1, incidentId), ...bytesField(1, incidentId)]],
  ['IncidentService/AcknowledgeIncident', numberField(2, 1)],
  ['IncidentService/AcknowledgeIncident', bytesField(4, [0xff])],
  ['IncidentService/ListIncidents', [(4 << 3) | 5, 0, 0, 0, 0]],
  ['SilenceService/CreateSilence', numberField(6, 3_600)],
  ['SilenceService/CreateSilence', [...bytesField(6, []), ...bytesField(6, [])]],
  ['DeliveryService/ReplayDeadLetters', numberField(2, 7)],
  ['DeliveryService/ReplayDeadLetters', bytesField(2, [0xff])],
  ['DeliveryService/ReplayDeadLetters', [...numberField(5, 1), ...numberField(5, 1)]],
])('%s refuses a field that is not as it must be, %#', async (method, bytes) => {
  const { refusal } = await rawCall(at.client, method, Buffer.from(bytes));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'MESSAGE_MALFORMED' });
});

test('states may stand one by one, or packed', async () => {
  for (const bytes of [bytesField(4, [1, 2]), [...numberField(4, 1), ...numberField(4, 2)]]) {
    expect((await rawCall(at.client, 'IncidentService/ListIncidents', Buffer.from(bytes))).refusal).toBeUndefined();
  }
});
