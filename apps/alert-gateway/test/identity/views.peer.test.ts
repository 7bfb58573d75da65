import { beforeEach, describe, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import {
  AlertServiceService as alerts,
  type CreateSilenceRequest,
  IncidentServiceService as incidents,
  type ListAlertsResponse,
  type ListIncidentsResponse,
  SilenceServiceService as silences,
} from '@therapytrain/alerts-api';
import { AlertSeverity, encodeReport, joinFields, type Scope, systemPorts } from '@therapytrain/alerts-core';
import { stamp, waitFor } from '@therapytrain/alerts-testkit';
import { answerOf, type Answer } from '../support.ts';
import { openEngine, quietPolicy } from '../support/engine.ts';
import { bearing, type IdentityGateway, openIdentityGateway, testPseudonyms } from '../support/identity.ts';

const userId = 'u-planted-17';
const address = '203.0.113.77';
const resource = 'chart-planted-99';
const diagnosis = 'F32.1-planted';
const personal = [userId, address];
const health = [resource, diagnosis];

let gateway: IdentityGateway;
let ids: readonly string[];
let incidentIds: readonly string[];
let fingerprint: string;
let desk: ReturnType<typeof openEngine>['engine']['desk'];

const drafts = [
  {
    type: 'AUTH_FAILURE',
    message: `login of ${userId.toUpperCase()} from ${address} failed`,
    metadata: { userId, ipAddress: address, method: `password of ${userId}`, diagnosis },
    dedupKey: `login-${userId}`,
  },
  { type: 'DATA_VIOLATION', message: `${resource} was read`, metadata: { userId, resource, operation: 'read' } },
  { type: 'SYSTEM_HEALTH', message: 'the disk is full', metadata: { component: 'disk', status: 'degraded' } },
];

beforeEach(async () => {
  const { engine, log, store } = openEngine();
  ({ desk } = engine);
  gateway = await openIdentityGateway({ desk, wrap: () => log, policy: () => quietPolicy });
  const ports = systemPorts();
  const kept = await log.append(drafts.map((draft) => stamp(draft, ports)));
  ids = kept.map((each) => ('alertId' in each ? each.alertId : ''));
  await engine.planner.idle();
  const all = await waitFor(async () => {
    const found = await store.incidents({ limit: 10 });
    return found.length === drafts.length ? found : undefined;
  });
  const first = all.find(({ facts }) => facts.type === 'AUTH_FAILURE');
  fingerprint = first?.facts.fingerprint ?? '';
  incidentIds = all.map(({ id }) => id);
  await desk.comment({ by: 'nurse', request: 'c', incident: first?.id ?? '', comment: `it is ${userId} again` });
  await desk.assign({ by: 'nurse', request: 'a', incident: first?.id ?? '', assignee: `friend of ${userId}` });
  const silence = { when: `metadata.userId == "${userId}"`, reason: `${userId} is ill`, upTo: AlertSeverity.LOW };
  await desk.createSilence({ by: 'nurse', request: 's', ...silence, until: Date.now() + 3_600_000 });
});

interface Method<Q, R> {
  readonly path: string;
  readonly requestSerialize: (request: Q) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => R;
}

const ask = <Q, R>(method: Method<Q, R>, request: Q, token: string): Promise<Answer<R>> =>
  answerOf((done) =>
    gateway.client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      bearing(token),
      done,
    ),
  );

const raw = <Q>({ path, requestSerialize }: Method<Q, unknown>) => ({
  path,
  requestSerialize,
  responseDeserialize: (bytes: Buffer) => bytes,
});

/** The messages of a stream until nothing has come for a while. */
const streamed = <Q>({ path, requestSerialize }: Method<Q, unknown>, request: Q, token: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const call = gateway.client.makeServerStreamRequest(
      path,
      requestSerialize,
      (bytes: Buffer) => bytes,
      request,
      bearing(token),
    );
    const messages: Buffer[] = [];
    let quiet = setTimeout(() => call.cancel(), 1_000);
    call.on('data', (message: Buffer) => {
      messages.push(message);
      clearTimeout(quiet);
      quiet = setTimeout(() => call.cancel(), 300);
    });
    call.on('error', (error: { code: status }) =>
      error.code === status.CANCELLED ? resolve(Buffer.concat(messages)) : reject(error),
    );
  });

const page = { pageSize: 0, pageToken: '', filter: '' };
const silenceOf = (when: string): CreateSilenceRequest => ({
  ...{ requestId: '', when, reason: 'a test', startsAt: undefined, upTo: AlertSeverity.LOW },
  end: { $case: 'endsAt', value: new Date(Date.now() + 60_000) },
});

/** Everything that a reader can have, as bytes. */
const everything = async (token: string): Promise<Buffer> => {
  const unary = [
    ...ids.map((alertId) => ask(raw(alerts.getAlert), { alertId }, token)),
    ask(raw(alerts.listAlerts), page, token),
    ...ids.map((value) => ask(raw(alerts.explainAlert), { subject: { $case: 'alertId', value } }, token)),
    ...incidentIds.map((incidentId) => ask(raw(incidents.getIncident), { incidentId }, token)),
    ask(raw(incidents.listIncidents), { ...page, states: [], overdue: false }, token),
    ask(raw(silences.listSilences), { pageSize: 0, pageToken: '' }, token),
  ] as const;
  const answers = await Promise.all(unary);
  const bytes = answers.map(({ response, refusal }) => {
    if (!response) throw new Error(refusal?.message);
    return response;
  });
  return Buffer.concat([
    ...bytes,
    await streamed(alerts.streamAlerts, { filter: '', start: { $case: 'fromStart', value: true } }, token),
    await streamed(incidents.streamIncidents, { cursor: '' }, token),
  ]);
};

const found = (bytes: Buffer, values: readonly string[]): readonly string[] => {
  const text = bytes.toString('latin1').toLowerCase();
  return values.filter((value) => text.includes(value.toLowerCase()));
};

describe('what a reader may not see is in none of its answers', () => {
  test.each<[string, readonly Scope[], readonly string[]]>([
    ['alerts.read', ['alerts.read'], []],
    ['alerts.read.personal', ['alerts.read', 'alerts.read.personal'], personal],
    // The control: what is looked for is there.
    ['alerts.read.health', ['alerts.read', 'alerts.read.health'], [...personal, ...health]],
  ])('with %s', async (_, allowed, expected) => {
    const bytes = await everything(await gateway.token(allowed));
    expect(found(bytes, [...personal, ...health])).toEqual(expected);
    expect(found(bytes, ['the disk is full'])).toHaveLength(1);
    const isWhole = allowed.includes('alerts.read.health');
    expect(found(bytes, [fingerprint, `login-${userId}`, 'is ill', 'again', 'friend of'])).toHaveLength(
      isWhole ? 5 : 0,
    );
  });

  test('and pseudonyms stand there, the same as everywhere', async () => {
    const token = await gateway.token(['alerts.read']);
    const { response } = await ask(alerts.getAlert, { alertId: ids[0] ?? '' }, token);
    const user = testPseudonyms.of('user', userId);
    expect(response?.alert).toMatchObject({
      message: `login of ${user} from ${testPseudonyms.of('address', address)} failed`,
      metadata: { userId: user, ipAddress: testPseudonyms.of('address', address), method: `password of ${user}` },
      fingerprint: testPseudonyms.digest(fingerprint),
    });
    expect(response?.alert?.metadata).not.toHaveProperty('diagnosis');
    const other = await ask(alerts.getAlert, { alertId: ids[1] ?? '' }, token);
    expect(other.response?.alert?.metadata).toEqual({ userId: user, resource: '[health data]', operation: 'read' });
  });
});

describe('a filter sees no more than its author', () => {
  const asked = [
    ['the value', `metadata.userId == "${userId}"`],
    ['a part of it', 'metadata.userId.startsWith("u-pl")'],
    ['a part of the message', `message.contains("${address}")`],
    ['the fingerprint', 'fingerprint == "FINGERPRINT"'],
    ['the dedup key', `dedup_key == "login-${userId}"`],
    ['a key that is not declared', 'has(metadata.diagnosis)'],
    ['a value within another', `metadata.method == "password of ${userId}"`],
    ['a health value', `metadata.resource == "${resource}"`],
  ] as const;
  const matches = async (filter: string, token: string) => {
    const say = filter.replace('FINGERPRINT', fingerprint);
    const listed = await ask<unknown, ListAlertsResponse>(alerts.listAlerts as never, { ...page, filter: say }, token);
    const list = { ...page, filter: say, states: [], overdue: false };
    const known = await ask<unknown, ListIncidentsResponse>(incidents.listIncidents as never, list, token);
    const start = { $case: 'fromStart', value: true } as const;
    const stream = await streamed(alerts.streamAlerts, { filter: say, start }, token);
    return [listed.response?.alerts.length, known.response?.incidents.length, stream[0] === 10 ? 1 : 0];
  };

  test.each(asked)('%s', async (_, filter) => {
    expect(await matches(filter, await gateway.token(['alerts.read']))).toEqual([0, 0, 0]);
    // The control.
    expect(await matches(filter, await gateway.token(['alerts.read', 'alerts.read.health']))).toEqual(
      filter.includes('userId') && !filter.includes('method') && !filter.includes('dedup') ? [2, 2, 1] : [1, 1, 1],
    );
  });

  test('but pseudonyms can be asked for', async () => {
    const filter = `metadata.userId == "${testPseudonyms.of('user', userId)}"`;
    expect(await matches(filter, await gateway.token(['alerts.read']))).toEqual([2, 2, 1]);
  });

  test('and neither silences nor drafts are a way to ask', async () => {
    const token = await gateway.token(['alerts.read', 'silences.write', 'alerts.write']);
    const when = `metadata.userId == "${userId}"`;
    const preview = await ask(silences.previewSilence, { when, upTo: AlertSeverity.CRITICAL }, token);
    expect(preview.refusal).toMatchObject({ code: 'PERMISSION_DENIED', facts: { scope: 'alerts.read.health' } });
    const made = await ask(silences.createSilence, silenceOf(when), token);
    expect(made.refusal).toMatchObject({ code: 'PERMISSION_DENIED' });
    const draft = encodeReport({ type: 'AUTH_FAILURE', message: 'm', metadata: { userId } });
    const method = { ...raw(alerts.explainAlert), requestSerialize: (bytes: Buffer) => bytes };
    const explained = await ask(method, joinFields([[2, draft]]), token);
    expect(explained.refusal).toMatchObject({ code: 'PERMISSION_DENIED', facts: { scope: 'alerts.read.health' } });
    expect((await ask(silences.createSilence, silenceOf('type == "AUTH_FAILURE"'), token)).refusal).toBeUndefined();
  });
});

describe('a condition narrows a principal', () => {
  const when = 'type == "SYSTEM_HEALTH"';
  const all: readonly Scope[] = [
    'alerts.write',
    'alerts.read',
    'alerts.read.health',
    'incidents.write',
    'silences.write',
  ];
  const report = (type: string) => ({
    ...{ requestId: '', type, severity: AlertSeverity.HIGH, message: 'm', metadata: {} },
    ...{ occurredAt: undefined, dedupKey: '', traceParent: '' },
  });

  test('in what it reports, one by one and in batches', async () => {
    const token = await gateway.token(all, { when });
    expect((await ask(alerts.reportAlert, report('SYSTEM_HEALTH'), token)).refusal).toBeUndefined();
    const { refusal } = await ask(alerts.reportAlert, report('AUTH_FAILURE'), token);
    expect(refusal).toMatchObject({ code: 'PERMISSION_DENIED', facts: { rule: 'when' } });
    const call = gateway.client.reportAlerts(bearing(token));
    const answered = new Promise<{ results: readonly { result?: { $case: string } | undefined }[] }>(
      (resolve) => void call.once('data', resolve),
    );
    call.write({ alerts: [report('AUTH_FAILURE'), report('SYSTEM_HEALTH')] });
    call.end();
    const { results } = await answered;
    expect(results.map(({ result }) => result?.$case)).toEqual(['error', 'receipt']);
  });

  test('in what it reads: what it does not let through is not there', async () => {
    const token = await gateway.token(all, { when });
    expect((await ask(alerts.getAlert, { alertId: ids[0] ?? '' }, token)).refusal?.code).toBe('NOT_FOUND');
    expect((await ask(alerts.getAlert, { alertId: ids[2] ?? '' }, token)).refusal).toBeUndefined();
    const listed = await ask(alerts.listAlerts, page, token);
    expect(listed.response?.alerts.map(({ type }) => type)).toEqual(['SYSTEM_HEALTH']);
    const shown = await ask(incidents.listIncidents, { ...page, states: [], overdue: false }, token);
    expect(shown.response?.incidents.map(({ alertType }) => alertType)).toEqual(['SYSTEM_HEALTH']);
    const stream = Buffer.concat([
      await streamed(alerts.streamAlerts, { filter: '', start: { $case: 'fromStart', value: true } }, token),
      await streamed(incidents.streamIncidents, { cursor: '' }, token),
    ]);
    expect(found(stream, ['AUTH_FAILURE', 'SYSTEM_HEALTH'])).toEqual(['SYSTEM_HEALTH']);
  });

  test('in what it changes', async () => {
    const token = await gateway.token(all, { when });
    const codes = [];
    for (const incidentId of incidentIds) {
      const request = { requestId: '', incidentId, etag: '', comment: '' };
      codes.push((await ask(incidents.acknowledgeIncident, request, token)).refusal?.code ?? 'OK');
    }
    expect(codes.sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'OK']);
    expect((await desk.incidents({ states: ['ACKNOWLEDGED'], limit: 9 })).map(({ facts }) => facts.type)).toEqual([
      'SYSTEM_HEALTH',
    ]);
  });

  test.each(['true', 'severity >= LOW // all', 'type != "" || true'])('in what it silences by %j', async (asked) => {
    const token = await gateway.token(all, { when });
    const { response } = await ask(silences.createSilence, silenceOf(asked), token);
    expect(response?.silence?.when).toContain(when);
    const preview = await ask(silences.previewSilence, { when: asked, upTo: AlertSeverity.CRITICAL }, token);
    expect(preview.response).toMatchObject({ alertCount: 1n });
    const { refusal } = await ask(silences.createSilence, silenceOf('true) || (true'), token);
    expect(refusal?.code).toBe('INVALID_ARGUMENT');
  });

  test('in whose silences it ends', async () => {
    const token = await gateway.token(all, { when });
    const listed = await ask(silences.listSilences, { pageSize: 0, pageToken: '' }, token);
    const silenceId = listed.response?.silences[0]?.id ?? '';
    const { refusal } = await ask(silences.expireSilence, { requestId: '', silenceId }, token);
    expect(refusal?.code).toBe('PERMISSION_DENIED');
    const { response } = await ask(silences.createSilence, silenceOf('true'), token);
    const own = await ask(silences.expireSilence, { requestId: '', silenceId: response?.silence?.id ?? '' }, token);
    expect(own.refusal).toBeUndefined();
  });
});

test('the source of an alert is its principal, whatever the caller calls itself', async () => {
  const token = await gateway.token(['alerts.write', 'alerts.read'], { principal: 'ward-7' });
  const request = { type: 'SYSTEM_HEALTH', message: 'm', severity: AlertSeverity.LOW };
  const { response } = await answerOf<{ alertId: string }>((done) =>
    gateway.client.reportAlert(
      { ...request, requestId: '', metadata: {}, occurredAt: undefined, dedupKey: '', traceParent: '' },
      bearing(token, { 'alerts-source': 'admin' }),
      done,
    ),
  );
  const { response: kept } = await ask(alerts.getAlert, { alertId: response?.alertId ?? '' }, token);
  expect(kept?.alert?.source).toBe('ward-7');
});
