import { describe, expect, test } from '@jest/globals';
import { IncidentServiceClient, StreamIncidentsRequest } from '@therapytrain/alerts-api';
import {
  type AlertClient,
  createAlertClient,
  type IncidentEvent,
  type ListedIncident,
} from '@therapytrain/alerts-client';
import { waitFor } from '@therapytrain/alerts-testkit';
import { credentials } from '@grpc/grpc-js';
import { after, openGateway, type TestGateway } from './support.ts';
import { openEngine, quietPolicy, type TestEngine } from './support/engine.ts';
import { callRefusal } from './support/refusal.ts';

type Bounds = Parameters<typeof openGateway>[0];

const open = async (bounds: Bounds = {}) => {
  const engine = openEngine();
  const begin = async (more: Bounds = {}): Promise<TestGateway> =>
    openGateway({
      ...{ inMemory: true, wrap: () => engine.log, policy: () => quietPolicy, desk: engine.engine.desk },
      ...bounds,
      ...more,
    });
  const gateway = await begin();
  const client = createAlertClient({ address: gateway.gateway.address, source: 'alice' });
  after(() => client.close());
  return { ...engine, gateway, client, begin };
};

type World = Awaited<ReturnType<typeof open>>;

const happens = async ({ client, engine }: Pick<World, 'client' | 'engine'>, ...users: string[]): Promise<void> => {
  for (const userId of users)
    await client.report({ type: 'AUTH_FAILURE', severity: 2, message: 'Failed login', metadata: { userId } });
  await engine.planner.idle();
};

/** Follows a stream, and keeps what it said. */
const follow = (client: AlertClient, cursor?: string) => {
  const events: IncidentEvent[] = [];
  const stop = new AbortController();
  const states: string[] = [];
  const ended = (async () => {
    const options = { signal: stop.signal, onState: ({ kind }: { kind: string }) => void states.push(kind) };
    for await (const event of client.incidents.stream({ ...options, ...(cursor !== undefined && { cursor }) }))
      events.push(event);
  })();
  after(() => stop.abort());
  const told = (): ListedIncident[] => events.flatMap((each) => (each.kind === 'incident' ? [each.incident] : []));
  const newest = () => new Map(told().map((each) => [each.id, each]));
  return {
    events,
    told,
    newest,
    states,
    ended,
    stop: () => stop.abort(),
    settled: () => waitFor(() => events.some(({ kind }) => kind === 'settled'), { what: 'what it begins with' }),
    cursor: () => events.map((each) => each.cursor).findLast((each) => each !== '') ?? '',
  };
};

const idsOf = async ({ store }: Pick<TestEngine, 'store'>): Promise<string[]> =>
  (await store.incidents({ limit: 1_000 })).map(({ id }) => id);

describe('StreamIncidents', () => {
  test('begins with what is not resolved, and goes on with what changes', async () => {
    const world = await open();
    await happens(world, ...Array.from({ length: 150 }, (_, n) => `user-${n}`));
    const ids = await idsOf(world);
    const over = ids[3] ?? '';
    await world.client.incidents.resolve(over);
    const seen = follow(world.client);
    await seen.settled();
    expect(seen.told().map(({ id }) => id)).toEqual(ids.filter((id) => id !== over));
    expect(seen.events.at(-1)).toMatchObject({ kind: 'settled', cursor: expect.stringMatching(/./) });
    const [open0 = ''] = ids;
    await world.client.incidents.acknowledge(open0, { comment: 'on it' });
    await waitFor(() => seen.newest().get(open0)?.state === 'ACKNOWLEDGED', { what: 'the acknowledgement' });
    await happens(world, 'somebody else');
    await waitFor(() => seen.newest().size === 150, { what: 'a new one' });
  });

  test('tells only the newest of changes that come at once', async () => {
    const world = await open({ incidentHub: { gather: 500 } });
    await happens(world, 'anna');
    const seen = follow(world.client);
    await seen.settled();
    const before = seen.told().length;
    for (let n = 0; n < 20; n++) await happens(world, 'anna');
    await waitFor(() => seen.told().at(-1)?.count === 21, { what: 'the newest state' });
    expect(seen.told().length - before).toBeLessThan(10);
  });

  test('misses no state when it resumes: what was changed meanwhile is told, also what was opened and is over', async () => {
    const world = await open();
    await happens(world, 'anna', 'ben');
    const first = follow(world.client);
    await first.settled();
    await world.client.incidents.assign((await idsOf(world))[0] ?? '', 'carol');
    await waitFor(() => first.told().some(({ assignee }) => assignee === 'carol'), { what: 'the change' });
    first.stop();
    await first.ended;
    await happens(world, 'carl', 'dora');
    const [dora = '', carl = '', ben = '', anna = ''] = await idsOf(world);
    await world.client.incidents.resolve(carl);
    await world.client.incidents.resolve(anna);
    const second = follow(world.client, first.cursor());
    await waitFor(() => second.told().length >= 3, { what: 'what was missed' });
    await happens(world, 'ben');
    await waitFor(() => second.newest().has(ben), { what: 'what happens now' });
    expect([dora, carl, anna, ben].map((id) => second.newest().get(id)?.state)).toEqual([
      'OPEN',
      'RESOLVED',
      'RESOLVED',
      'OPEN',
    ]);
    expect(second.told().map(({ id }) => id)).toEqual([dora, carl, anna, ben]);
  });

  test('resumes by itself when the gateway goes and another comes', async () => {
    const world = await open();
    await happens(world, 'anna');
    const seen = follow(world.client);
    await seen.settled();
    const { address } = world.gateway.gateway;
    await world.gateway.stop();
    await waitFor(() => seen.states.at(-1) !== 'open', { what: 'the end of the stream' });
    const [id = ''] = await idsOf(world);
    await world.engine.desk.resolve({ by: 'x', request: crypto.randomUUID(), incident: id });
    await world.begin({ listen: address, directory: world.gateway.directory });
    await waitFor(() => seen.newest().get(id)?.state === 'RESOLVED', { deadline: 20_000, what: 'what was missed' });
  });

  test('says that it is alive, and where to go on', async () => {
    const world = await open({ incidentHub: { heartbeat: 100, gather: 10 } });
    const seen = follow(world.client);
    await waitFor(() => seen.events.length >= 3, { what: 'heartbeats' });
    expect(seen.events.every(({ kind }) => kind === 'settled')).toBe(true);
  });

  test('refuses a cursor that is not one of this gateway, and one of a later store', async () => {
    const world = await open();
    await happens(world, 'anna');
    const seen = follow(world.client);
    await seen.settled();
    for (const cursor of ['nonsense', 'AAAA']) {
      await expect(follow(world.client, cursor).ended).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    }
    const emptied = openEngine();
    const other = await openGateway({ inMemory: true, desk: emptied.engine.desk, directory: world.gateway.directory });
    const client = createAlertClient({ address: other.gateway.address });
    after(() => client.close());
    await expect(follow(client, seen.cursor()).ended).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('refuses more subscribers than it can serve, and a gateway that plans nothing refuses all', async () => {
    const world = await open({ incidentHub: { maxSubscribers: 1 } });
    await follow(world.client).settled();
    const raw = new IncidentServiceClient(world.gateway.gateway.address, credentials.createInsecure());
    after(() => raw.close());
    const refusalOf = (client: IncidentServiceClient) =>
      new Promise((resolve) => {
        const call = client.streamIncidents(StreamIncidentsRequest.create({}));
        call.on('data', () => undefined);
        call.on('error', (error) => resolve(callRefusal(error as never).reason));
      });
    expect(await refusalOf(raw)).toBe('OVERLOADED');
    const deskless = await openGateway({ inMemory: true });
    const other = new IncidentServiceClient(deskless.gateway.address, credentials.createInsecure());
    after(() => other.close());
    expect(await refusalOf(other)).toBe('NOT_CONFIGURED');
  });
});
