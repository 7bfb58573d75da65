import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  AcknowledgeIncidentRequest,
  AssignIncidentRequest,
  CommentIncidentRequest,
  CreateSilenceRequest,
  ExpireSilenceRequest,
  GetIncidentResponse,
  Incident,
  ListIncidentsRequest,
  ListIncidentsResponse,
  ReplayDeadLettersRequest,
  ResolveIncidentRequest,
  Silence,
} from '@therapytrain/alerts-api';
import { AlertError } from '@therapytrain/alerts-core';
import { type AlertClient, createAlertClient } from '../src/index.ts';
import { type ScriptServer, startScriptServer } from './support/script-server.ts';

jest.setTimeout(30_000);

const at = new Date('2026-11-24T07:00:00Z');
const wire = Incident.fromPartial({
  id: 'i-1',
  etag: '3',
  state: 1,
  severity: 4,
  firstSeenAt: at,
  lastSeenAt: at,
  openedAt: at,
  updatedAt: at,
});
// A response of one incident, and of one silence, is the same for every change.
const incidentAnswer = GetIncidentResponse.encode({ incident: wire, alerts: [] }).finish();
const silenceWire = Silence.encode(
  Silence.fromPartial({ id: 's-1', when: 'true', upTo: 3, startsAt: at, endsAt: at, createdAt: at }),
).finish();
const silenceAnswer = Buffer.concat([Buffer.of(10, silenceWire.length), silenceWire]);

let server: ScriptServer;
let client: AlertClient;
let answer: (method: string) => Uint8Array | AlertError;

beforeEach(async () => {
  answer = (method) => {
    if (/Silence$/.test(method)) return silenceAnswer;
    return /Incident$/.test(method) ? incidentAnswer : Buffer.alloc(0);
  };
  server = await startScriptServer((method) => answer(method));
  client = createAlertClient({
    address: server.address,
    deadline: 2_000,
    retry: { attempts: 3, initialDelay: 5, maxDelay: 10 },
  });
});

afterEach(async () => {
  await client.close();
  server.stop();
});

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Each change, and how its request is read. */
const changes: readonly (readonly [
  name: string,
  change: () => Promise<unknown>,
  read: (bytes: Buffer) => object,
  said: object,
])[] = [
  [
    'acknowledge',
    () => client.incidents.acknowledge('i-1', { comment: 'on it', etag: '2' }),
    AcknowledgeIncidentRequest.decode,
    { incidentId: 'i-1', etag: '2', comment: 'on it' },
  ],
  [
    'resolve',
    () => client.incidents.resolve('i-1'),
    ResolveIncidentRequest.decode,
    { incidentId: 'i-1', etag: '', comment: '' },
  ],
  [
    'assign',
    () => client.incidents.assign('i-1', 'carol'),
    AssignIncidentRequest.decode,
    { incidentId: 'i-1', assignee: 'carol' },
  ],
  [
    'comment',
    () => client.incidents.comment('i-1', 'seen'),
    CommentIncidentRequest.decode,
    { incidentId: 'i-1', comment: 'seen' },
  ],
  [
    'create a silence',
    () => client.silences.create({ when: 'true', reason: 'test', length: 90_500 }),
    CreateSilenceRequest.decode,
    { when: 'true', reason: 'test', upTo: 0, end: { $case: 'length', value: { seconds: 90n, nanos: 500_000_000 } } },
  ],
  ['expire a silence', () => client.silences.expire('s-1'), ExpireSilenceRequest.decode, { silenceId: 's-1' }],
  [
    'replay',
    () => client.deliveries.replay({ ids: ['d-1'], dryRun: true }),
    ReplayDeadLettersRequest.decode,
    { deliveryIds: ['d-1'], dryRun: true, channel: '' },
  ],
];

describe.each(changes)('%s', (_, change, read, said) => {
  test('says what it is asked to say, under an id of its own', async () => {
    await change();
    const request = read(server.arrived[0]?.request ?? Buffer.alloc(0));
    expect(request).toMatchObject({ ...said, requestId: expect.stringMatching(uuid) });
  });

  test('is asked for again under the same id where that may help', async () => {
    const usual = answer;
    answer = (method) => (server.arrived.length < 3 ? new AlertError('STORE_UNAVAILABLE', 'later') : usual(method));
    await change();
    expect(server.arrived).toHaveLength(3);
    expect(new Set(server.arrived.map(({ request }) => request.toString('hex'))).size).toBe(1);
  });

  test('is not asked for again where somebody was faster', async () => {
    answer = () => new AlertError('CONFLICT', 'no');
    await expect(change()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(server.arrived).toHaveLength(1);
  });
});

test('an id that is given is taken', async () => {
  await client.incidents.acknowledge('i-1', { requestId: 'r-1' });
  const { request } = server.arrived[0] ?? {};
  expect(AcknowledgeIncidentRequest.decode(request ?? Buffer.alloc(0)).requestId).toBe('r-1');
});

test('a list says which page of what', async () => {
  answer = () => ListIncidentsResponse.encode({ incidents: [wire], nextPageToken: 'next' }).finish();
  const page = await client.incidents.list({
    states: ['OPEN', 'RESOLVED'],
    filter: 'true',
    pageSize: 7,
    pageToken: 't',
  });
  expect(page).toMatchObject({ incidents: [{ id: 'i-1', state: 'OPEN', severity: 4 }], nextPageToken: 'next' });
  expect(ListIncidentsRequest.decode(server.arrived[0]?.request ?? Buffer.alloc(0))).toEqual({
    states: [1, 3],
    filter: 'true',
    overdue: false,
    pageSize: 7,
    pageToken: 't',
  });
});

describe('an answer that', () => {
  test.each([
    ['does not decode', Buffer.of(10, 9), 'MESSAGE_MALFORMED'],
    ['has nothing in it', Buffer.alloc(0), 'DEFECT'],
    [
      'has a state that is not known',
      GetIncidentResponse.encode({ incident: { ...wire, state: 9 as never }, alerts: [] }).finish(),
      'DEFECT',
    ],
    [
      'has no time',
      GetIncidentResponse.encode({ incident: { ...wire, openedAt: undefined }, alerts: [] }).finish(),
      'DEFECT',
    ],
  ])('%s rejects with an error of ours', async (_, bytes, code) => {
    answer = () => bytes;
    await expect(client.incidents.get('i-1')).rejects.toMatchObject({ name: 'AlertError', code });
  });
});

test.each([{}, { until: 1, length: 1 }, { length: 1.5 }])('a silence that ends %j is refused at once', async (end) => {
  const made = client.silences.create({ when: 'true', reason: 'r', ...end });
  await expect(made).rejects.toMatchObject({ code: 'FIELD_INVALID' });
  expect(server.arrived).toEqual([]);
});

test('a closed client asks nothing', async () => {
  await client.close();
  await expect(client.accounting()).rejects.toMatchObject({ code: 'CLOSED' });
});
