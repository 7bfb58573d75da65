import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  CreateSilenceRequest,
  ExpireSilenceRequest,
  ListSilencesRequest,
  PreviewSilenceRequest,
  WireSeverity,
  SilenceServiceService as methods,
} from '@therapytrain/alerts-api';
import { AlertSeverity, fieldError } from '@therapytrain/alerts-core';
import { openGateway } from './support.ts';
import { answered, call, type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { idOf, incidentOf, silenceOf } from './support/desk-samples.ts';
import { createSmallDesk } from './support/small-desk.ts';

let at: DeskGateway;
beforeEach(async () => {
  at = await openDeskGateway();
});

const requestId = '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f';
const create = (said: Partial<CreateSilenceRequest>) =>
  call(
    at.client,
    methods.createSilence,
    CreateSilenceRequest.fromPartial({ when: 'true', reason: 'test', ...said } as CreateSilenceRequest),
  );
const hour = { $case: 'length', value: { seconds: 3_600n, nanos: 0 } } as const;

describe('CreateSilence', () => {
  test('tells the desk everything, and the caller what it is', async () => {
    const startsAt = new Date('2026-11-24T10:00:00Z');
    const said = { requestId, when: 'source == "edge"', reason: 'load\ntest', upTo: WireSeverity.MEDIUM, startsAt };
    const { silence } = await answered(create({ ...said, end: hour }));
    const until = startsAt.getTime() + 3_600_000;
    expect(at.has.asked).toEqual({
      by: 'alice',
      request: requestId,
      when: said.when,
      reason: said.reason,
      upTo: AlertSeverity.MEDIUM,
      from: startsAt.getTime(),
      until,
    });
    expect(silence).toMatchObject({ id: idOf('silence', 1), author: 'alice', startsAt, endsAt: new Date(until) });
  });

  test('begins now and holds back up to HIGH, if nothing is said', async () => {
    const before = Date.now();
    await answered(create({ end: hour }));
    const { until, upTo, ...more } = at.has.asked as { until: number; upTo: number };
    expect(more).not.toHaveProperty('from');
    expect(until - 3_600_000).toBeGreaterThanOrEqual(before);
    expect(until - 3_600_000).toBeLessThanOrEqual(Date.now());
    expect(upTo).toBe(AlertSeverity.HIGH);
  });

  test('ends when it is said, and is made once', async () => {
    const value = new Date('2099-01-01T00:00:00.250Z');
    const first = await answered(create({ requestId, end: { $case: 'endsAt', value } }));
    expect(first.silence?.endsAt).toEqual(value);
    expect(await answered(create({ requestId, end: { $case: 'endsAt', value } }))).toEqual(first);
    expect(at.has.silences).toHaveLength(1);
  });

  test('is told what is wrong in the names of the contract', async () => {
    const { desk } = createSmallDesk();
    const refusing = {
      ...desk,
      createSilence: () => Promise.reject(fieldError([{ field: 'until', rule: 'is too far away' }])),
    };
    const { client } = await openGateway({ inMemory: true, desk: refusing });
    const request = CreateSilenceRequest.fromPartial({ when: 'true', reason: 'x', end: hour } as CreateSilenceRequest);
    const { refusal } = await call(client, methods.createSilence, request);
    expect(refusal).toMatchObject({ reason: 'FIELD_INVALID', fields: { ends_at: 'is too far away' } });
    expect(refusal?.message).toBe('endsAt: is too far away');
  });
});

test('PreviewSilence counts alerts and shows incidents, up to the severity', async () => {
  at.has.incidents = [0, 1, 2].map((n) => incidentOf(n));
  const preview = (upTo: WireSeverity) =>
    answered(call(at.client, methods.previewSilence, PreviewSilenceRequest.fromPartial({ when: 'true', upTo })));
  const low = await preview(WireSeverity.LOW);
  expect([low.alertCount, low.incidents.map(({ id }) => id)]).toEqual([2n, [idOf('incident', 1)]]);
  expect((await preview(WireSeverity.UNSPECIFIED)).alertCount).toBe(6n);
});

test('ListSilences gives them newest first, page by page', async () => {
  at.has.silences = [1, 3, 2].map((n) => silenceOf(n));
  const list = (pageToken = '') =>
    answered(call(at.client, methods.listSilences, ListSilencesRequest.fromPartial({ pageSize: 2, pageToken })));
  const first = await list();
  expect(first.silences.map(({ reason }) => reason)).toEqual(['load test 3', 'load test 2']);
  expect(first.silences[0]).toMatchObject({ hiddenAlerts: 11n, hiddenIncidents: 1n });
  const second = await list(first.nextPageToken);
  expect(second.silences.map(({ reason }) => reason)).toEqual(['load test 1']);
  expect(second.nextPageToken).toBe('');
});

test('ExpireSilence ends it, once', async () => {
  at.has.silences = [silenceOf(1)];
  const expire = (silenceId: string, id = requestId) =>
    call(at.client, methods.expireSilence, ExpireSilenceRequest.fromPartial({ silenceId, requestId: id }));
  const first = await answered(expire(idOf('silence', 1)));
  expect(first.silence?.endsAt).toEqual(new Date(8));
  expect(at.has.silences).toEqual([]);
  expect(await answered(expire(idOf('silence', 1)))).toEqual(first);
  expect((await expire(idOf('silence', 1), '')).refusal).toMatchObject({
    code: 'NOT_FOUND',
    reason: 'SILENCE_NOT_FOUND',
  });
});
