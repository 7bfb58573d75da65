import { describe, expect, test } from '@jest/globals';
import { type AlertClient, createAlertClient, type DecisionEvent } from '@therapytrain/alerts-client';
import { type Decision, systemPorts } from '@therapytrain/alerts-core';
import { createDecisionFeed } from '@therapytrain/alerts-manager';
import { createMemoryStore, waitFor } from '@therapytrain/alerts-testkit';
import { after, openGateway, type TestGatewayOptions } from './support.ts';

const open = async (bounds: Partial<TestGatewayOptions> = {}) => {
  const ports = systemPorts();
  const store = createMemoryStore(ports);
  const decisions = createDecisionFeed(store, ports.clock);
  const decisionOf = (changes: Partial<Decision> = {}): Decision => ({
    id: ports.ids.next(),
    kind: 'block_address',
    target: '192.0.2.7',
    resource: '',
    perMinute: 0,
    from: ports.clock.now(),
    until: ports.clock.now() + 3_600_000,
    playbook: 'brute-force',
    incident: '0193f1c2-7b2a-7000-8000-100000000001',
    ...changes,
  });
  const begin = (more: Partial<TestGatewayOptions> = {}) =>
    openGateway({ inMemory: true, decisions, ...bounds, ...more });
  const gateway = await begin();
  const connect = (address = gateway.gateway.address): AlertClient => {
    const client = createAlertClient({ address, source: 'shop' });
    after(() => client.close());
    return client;
  };
  return { ...ports, store, decisions, decisionOf, gateway, begin, connect, client: connect() };
};

/** Follows a stream, and keeps what it said. */
const follow = (client: AlertClient, options: Parameters<AlertClient['decisions']['stream']>[0] = {}) => {
  const events: DecisionEvent[] = [];
  const stop = new AbortController();
  const ended = (async () => {
    for await (const event of client.decisions.stream({ ...options, signal: stop.signal })) events.push(event);
  })();
  ended.catch(() => undefined);
  after(() => stop.abort());
  const told = (): Decision[] => events.flatMap((each) => (each.kind === 'changes' ? each.decisions : []));
  return {
    events,
    ended,
    told,
    gone: () => events.flatMap((each) => (each.kind === 'changes' ? each.ended : [])),
    stop: () => stop.abort(),
    settled: () => waitFor(() => events.some(({ kind }) => kind === 'end'), { what: 'the snapshot' }),
    cursor: () =>
      events
        .map((each) => (each.kind === 'begin' ? '' : each.cursor))
        .filter((each) => each !== '')
        .at(-1) ?? '',
  };
};

describe('StreamDecisions', () => {
  test('begins with a snapshot of what is in force, and goes on with what is added, extended and ended', async () => {
    const world = await open();
    const all = Array.from({ length: 4_203 }, (_, n) => world.decisionOf({ target: `10.0.${n >> 8}.${n & 255}` }));
    for (const each of all) await world.decisions.put(each, 1);
    await world.decisions.put(world.decisionOf({ until: world.clock.now() - 1 }), 1);
    const [first, second] = all;
    if (!first || !second) throw new Error('there are decisions');
    await world.decisions.end(second.id, 2);
    const seen = follow(world.client);
    await seen.settled();
    expect(seen.told()).toEqual(all.filter((each) => each !== second));
    expect(seen.events.map(({ kind }) => kind)).toEqual(['begin', 'changes', 'changes', 'changes', 'end']);
    const added = world.decisionOf({ kind: 'throttle_address', target: '2001:db8::/64', perMinute: 30 });
    await world.decisions.put(added, 1);
    await waitFor(() => seen.told().at(-1)?.id === added.id, { what: 'what is added' });
    expect(seen.told().at(-1)).toEqual(added);
    const longer = { ...first, until: first.until + 60_000 };
    await world.decisions.put(longer, 2);
    await waitFor(() => seen.told().at(-1)?.id === first.id, { what: 'what is extended' });
    expect(seen.told().at(-1)).toEqual(longer);
    await world.decisions.end(added.id, 2);
    await waitFor(() => seen.gone().includes(added.id), { what: 'what is ended' });
  });

  test('resumes at a cursor, also with another gateway on the same data', async () => {
    const world = await open();
    const [one, other] = [world.decisionOf(), world.decisionOf({ target: '192.0.2.8' })];
    await world.decisions.put(one, 1);
    const seen = follow(world.client);
    await seen.settled();
    seen.stop();
    await world.gateway.stop(0);
    await world.decisions.put(other, 1);
    const again = await world.begin({ directory: world.gateway.directory });
    const more = follow(world.connect(again.gateway.address), { cursor: seen.cursor() });
    await waitFor(() => more.told().length > 0, { what: 'what was missed' });
    expect(more.told()).toEqual([other]);
    expect(more.events.map(({ kind }) => kind)).toEqual(['changes']);
  });

  test('tells a new snapshot to who has missed what was let go, or comes with what this gateway never told', async () => {
    const world = await open();
    const [one, other] = [world.decisionOf(), world.decisionOf({ target: '192.0.2.8' })];
    await world.decisions.put(one, 1);
    const seen = follow(world.client);
    await seen.settled();
    seen.stop();
    await world.decisions.end(one.id, 2);
    await world.decisions.put(other, 1);
    await world.store.prune({ before: world.clock.now() + 1, limit: 9 });
    const behind = follow(world.client, { cursor: seen.cursor() });
    await behind.settled();
    expect(behind.told()).toEqual([other]);
    // Another directory is another key: the cursor is none of that gateway's.
    const elsewhere = await world.begin();
    const foreign = follow(world.connect(elsewhere.gateway.address), { cursor: seen.cursor() });
    await foreign.settled();
    expect(foreign.told()).toEqual([other]);
  });

  test('tells of the kinds that are asked for, and a cursor is good for these alone', async () => {
    const world = await open();
    const [address, lock] = [world.decisionOf(), world.decisionOf({ kind: 'lock_account', target: 'u-1' })];
    await world.decisions.put(address, 1);
    await world.decisions.put(lock, 1);
    const seen = follow(world.client, { kinds: ['lock_account', 'revoke_sessions'] });
    await seen.settled();
    expect(seen.told()).toEqual([lock]);
    await world.decisions.put({ ...address, until: address.until + 1 }, 2);
    await world.decisions.put({ ...lock, until: lock.until + 1 }, 2);
    await waitFor(() => seen.told().length === 2, { what: 'the change' });
    expect(seen.told().map(({ id }) => id)).toEqual([lock.id, lock.id]);
    await expect(world.client.decisions.acknowledge('shop-1', seen.cursor())).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
    await world.client.decisions.acknowledge('shop-1', seen.cursor(), ['revoke_sessions', 'lock_account']);
    expect(await world.client.decisions.enforcers()).toEqual([
      { name: 'shop-1', kinds: ['lock_account', 'revoke_sessions'], at: expect.any(Number), isCurrent: true },
    ]);
    await world.decisions.end(address.id, 3);
    expect((await world.client.decisions.enforcers())[0]?.isCurrent).toBe(false);
  });

  test('heartbeats come while nothing changes, and a draining gateway says so', async () => {
    const world = await open({ decisionHub: { heartbeat: 50 } });
    const seen = follow(world.client);
    await waitFor(() => seen.events.some(({ kind }) => kind === 'heartbeat'), { what: 'a heartbeat' });
    const states: string[] = [];
    const watched = follow(world.client, { onState: ({ kind }) => void states.push(kind) });
    await watched.settled();
    await world.gateway.stop(500);
    await waitFor(() => states.includes('waiting'), { what: 'the farewell' });
  });

  test('a gateway without decisions refuses, and so it does what asks for responses', async () => {
    const { gateway } = await openGateway({ inMemory: true });
    const client = createAlertClient({ address: gateway.address });
    after(() => client.close());
    const refused = { code: 'NOT_CONFIGURED' };
    await expect(follow(client).ended).rejects.toMatchObject(refused);
    await expect(client.decisions.enforcers()).rejects.toMatchObject(refused);
    await expect(client.responses.list()).rejects.toMatchObject(refused);
    await expect(client.killSwitch.get()).rejects.toMatchObject(refused);
    await expect(client.decisions.cache().ready()).rejects.toMatchObject(refused);
  });

  test('what is malformed is refused', async () => {
    const world = await open();
    await expect(world.client.decisions.acknowledge('Shop One', 'x')).rejects.toMatchObject({
      code: 'FIELD_INVALID',
      violations: [expect.objectContaining({ field: 'enforcer' })],
    });
    await expect(world.client.decisions.acknowledge('shop-1', '')).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});

describe('a cache that follows a gateway', () => {
  test('enforces within moments, says so, and goes on when the gateway was away', async () => {
    const world = await open();
    const [one, other] = [world.decisionOf(), world.decisionOf({ target: '198.51.100.0/24' })];
    await world.decisions.put(one, 1);
    const cache = world.client.decisions.cache({ enforcer: 'shop-1', acknowledgeEvery: 20 });
    await cache.ready();
    expect([cache.isBlocked('192.0.2.7'), cache.isBlocked('198.51.100.9'), cache.isAway()]).toEqual([
      true,
      false,
      false,
    ]);
    await world.decisions.put(other, 1);
    await waitFor(() => cache.isBlocked('198.51.100.9'), { what: 'the range' });
    await waitFor(async () => (await world.decisions.enforcedBy(other.id))?.enforcing === 1, {
      what: 'the acknowledgement',
    });
    await world.decisions.end(one.id, 2);
    await waitFor(() => !cache.isBlocked('192.0.2.7'), { what: 'the end' });
    const { address } = world.gateway.gateway;
    await world.gateway.stop(0);
    expect(cache.isBlocked('198.51.100.9')).toBe(true);
    await world.decisions.end(other.id, 2);
    await world.begin({ directory: world.gateway.directory, listen: address });
    await waitFor(() => !cache.isBlocked('198.51.100.9'), { what: 'what ended meanwhile' });
    cache.close();
  });
});
