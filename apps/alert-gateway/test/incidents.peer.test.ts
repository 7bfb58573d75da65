import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  AcknowledgeIncidentRequest,
  AssignIncidentRequest,
  CommentIncidentRequest,
  GetIncidentRequest,
  type Incident,
  IncidentState,
  ListIncidentsRequest,
  type ListIncidentsResponse,
  ResolveIncidentRequest,
  WireSeverity,
  IncidentServiceService as methods,
} from '@therapytrain/alerts-api';
import { answered, call, type DeskGateway, openDeskGateway } from './support/desk-clients.ts';
import { idOf, incidentOf } from './support/desk-samples.ts';

let at: DeskGateway;
beforeEach(async () => {
  at = await openDeskGateway({ incidents: Array.from({ length: 5 }, (_, n) => incidentOf(n)) });
});

const incidentId = idOf('incident', 2);
const requestId = '018f4e3c-1b2a-7c3d-8e4f-5a6b7c8d9e0f';
const list = (said: Partial<ListIncidentsRequest> = {}): Promise<ListIncidentsResponse> =>
  answered(call(at.client, methods.listIncidents, ListIncidentsRequest.fromPartial(said)));
const idsOf = (incidents: readonly Incident[]): string[] => incidents.map(({ id }) => id);

describe('GetIncident', () => {
  const get = (id: string) => call(at.client, methods.getIncident, GetIncidentRequest.fromPartial({ incidentId: id }));

  test('tells all but what its alerts say', async () => {
    const full = incidentOf(9, {
      state: 'RESOLVED',
      version: 7,
      by: 'bob',
      comment: 'key rotated',
      assignee: 'carol',
      acknowledgedAt: Date.parse('2026-11-24T08:00:00.5Z'),
      resolvedAt: Date.parse('2026-11-24T09:00:00Z'),
      escalations: 2,
      told: ['mail', 'slack'],
      acknowledgeBy: Date.parse('2026-11-24T07:30:00Z'),
      firstSeen: Date.parse('1969-12-31T23:59:59.250Z'),
    });
    at.has.incidents = [full];
    const { incident } = await answered(get(full.id));
    expect(incident).toEqual({
      id: full.id,
      etag: '7',
      state: IncidentState.RESOLVED,
      title: full.title,
      severity: WireSeverity.LOW,
      alertCount: 10n,
      // To the second where it is before 1970, as the generated encoder can write it.
      firstSeenAt: new Date('1969-12-31T23:59:59Z'),
      lastSeenAt: new Date(full.lastSeen),
      openedAt: new Date(full.openedAt),
      updatedAt: new Date(full.updatedAt),
      acknowledgedAt: new Date('2026-11-24T08:00:00.5Z'),
      resolvedAt: new Date('2026-11-24T09:00:00Z'),
      handledBy: 'bob',
      comment: 'key rotated',
      assignee: 'carol',
      escalations: 2,
      toldChannels: ['mail', 'slack'],
      alertType: 'AUTH_FAILURE',
      alertSource: 'auth-service',
      acknowledgeBy: new Date('2026-11-24T07:30:00Z'),
    });
    expect(JSON.stringify(incident, (_, value: unknown) => String(value))).not.toContain('u-9');
  });

  test('gives its newest alerts, as far as they are kept', async () => {
    await at.fill(3);
    at.has.incidents = [incidentOf(1, { newest: [3, 2, 77] })];
    const { alerts } = await answered(get(idOf('incident', 1).toUpperCase()));
    expect(alerts.map(({ sequence }) => sequence)).toEqual([3n, 2n]);
  });

  test('says so where there is none', async () => {
    expect((await get(idOf('incident', 99))).refusal).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'INCIDENT_NOT_FOUND',
    });
  });
});

describe('ListIncidents', () => {
  test('gives them page by page, the one opened last first', async () => {
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await list({ pageSize: 2, pageToken });
      seen.push(...idsOf(page.incidents));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen).toEqual([4, 3, 2, 1, 0].map((n) => idOf('incident', n)));
  });

  test('knows that there is no next page where the last one is full', async () => {
    expect((await list({ pageSize: 5 })).nextPageToken).toBe('');
  });

  test('gives those of a filter and of some states', async () => {
    at.has.incidents = [...at.has.incidents.slice(0, 4), incidentOf(4, { state: 'RESOLVED' })];
    expect(idsOf((await list({ filter: 'severity == HIGH' })).incidents)).toEqual(
      [4, 2, 0].map((n) => idOf('incident', n)),
    );
    const states = [IncidentState.OPEN, IncidentState.ACKNOWLEDGED];
    expect(idsOf((await list({ filter: 'severity == HIGH', states })).incidents)).toEqual(
      [2, 0].map((n) => idOf('incident', n)),
    );
  });

  test('gives those that are overdue by now', async () => {
    const [past, future] = [Date.now() - 60_000, Date.now() + 60_000];
    at.has.incidents = [undefined, past, future].map((acknowledgeBy, n) => incidentOf(n, { acknowledgeBy }));
    expect(idsOf((await list({ overdue: true })).incidents)).toEqual([idOf('incident', 1)]);
    expect((await list()).incidents).toHaveLength(3);
  });

  test('looks at a bounded part at a time, and ends a page before it is too large for a message', async () => {
    at.has.incidents = Array.from({ length: 1_200 }, (_, n) => incidentOf(n, { comment: 'c'.repeat(2_000) }));
    const first = await list({ pageSize: 1_000 });
    expect(first.incidents.length).toBeGreaterThan(50);
    expect(first.incidents.length).toBeLessThan(200);
    const second = await list({ pageSize: 1_000, pageToken: first.nextPageToken });
    expect(idsOf(second.incidents)[0]).toBe(idOf('incident', 1_199 - first.incidents.length));
    at.has.incidents = Array.from({ length: 12_000 }, (_, n) => incidentOf(n));
    const none = await list({ filter: 'type == "NOTHING"' });
    expect(none.incidents).toEqual([]);
    expect(none.nextPageToken).not.toBe('');
    const end = await list({ filter: 'type == "NOTHING"', pageToken: none.nextPageToken });
    expect(end.nextPageToken).toBe('');
  });

  test('takes a page token for the same list only', async () => {
    const { nextPageToken: pageToken } = await list({ pageSize: 1, filter: 'true' });
    for (const said of [
      { filter: 'true ' },
      { filter: 'true', states: [IncidentState.OPEN] },
      { filter: 'true', overdue: true },
      { pageToken: 'x' },
    ]) {
      const request = ListIncidentsRequest.fromPartial({ pageToken, ...said });
      const { refusal } = await call(at.client, methods.listIncidents, request);
      expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' });
    }
  });
});

/** Each change, with what it says and what the desk must hear. */
const changes = [
  {
    name: 'AcknowledgeIncident',
    change: (said: object) =>
      call(
        at.client,
        methods.acknowledgeIncident,
        AcknowledgeIncidentRequest.fromPartial({ comment: 'on it', ...said }),
      ),
    heard: { comment: 'on it' },
    becomes: { state: IncidentState.ACKNOWLEDGED, handledBy: 'alice', comment: 'on it' },
  },
  {
    name: 'ResolveIncident',
    change: (said: object) =>
      call(
        at.client,
        methods.resolveIncident,
        ResolveIncidentRequest.fromPartial({ comment: 'key\nrotated', ...said }),
      ),
    heard: { comment: 'key\nrotated' },
    becomes: { state: IncidentState.RESOLVED, handledBy: 'alice', comment: 'key\nrotated' },
  },
  {
    name: 'AssignIncident',
    change: (said: object) =>
      call(at.client, methods.assignIncident, AssignIncidentRequest.fromPartial({ assignee: 'Carol', ...said })),
    heard: { assignee: 'Carol' },
    becomes: { assignee: 'Carol' },
  },
  {
    name: 'CommentIncident',
    change: (said: object) =>
      call(at.client, methods.commentIncident, CommentIncidentRequest.fromPartial({ comment: 'seen', ...said })),
    heard: { comment: 'seen' },
    becomes: { comment: 'seen' },
  },
] as const;

describe.each(changes)('$name', ({ change, heard, becomes }) => {
  test('tells the desk who asks for what, and the caller what became of it', async () => {
    const { incident } = await answered(change({ incidentId: incidentId.toUpperCase(), requestId, etag: '1' }));
    expect(at.has.asked).toEqual({ by: 'alice', request: requestId, incident: incidentId, version: 1, ...heard });
    expect(incident).toMatchObject({ id: incidentId, etag: '2', ...becomes });
  });

  test('is made once, however often it is sent with the same id; of either case', async () => {
    const first = await answered(change({ incidentId, requestId }));
    expect(await answered(change({ incidentId, requestId: requestId.toUpperCase() }))).toEqual(first);
    expect(at.has.incidents.find(({ id }) => id === incidentId)?.version).toBe(2);
  });

  test('without an id is a new one each time', async () => {
    await answered(change({ incidentId }));
    expect((await answered(change({ incidentId }))).incident?.etag).toBe('3');
    expect([...at.has.requests.keys()].every((key) => /^alice [0-9a-f-]{36}$/.test(key))).toBe(true);
  });

  test('is refused where somebody was faster, and where there is no such incident', async () => {
    expect((await change({ incidentId, etag: '2' })).refusal).toMatchObject({ code: 'ABORTED', reason: 'CONFLICT' });
    expect((await change({ incidentId: idOf('incident', 99) })).refusal).toMatchObject({ code: 'NOT_FOUND' });
  });
});
