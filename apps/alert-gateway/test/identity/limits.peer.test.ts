import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { credentials, Client, status } from '@grpc/grpc-js';
import { scopes } from '@therapytrain/alerts-core';
import { waitFor } from '@therapytrain/alerts-testkit';
import { subscribeTo } from '../support.ts';
import { bearing, type IdentityGateway, openIdentityGateway, strangeToken } from '../support/identity.ts';
import { endOf } from '../support/method-end.ts';

const path = '/therapytrain.alerts.v1.IdentityService/WhoAmI';

const ownConnection = ({ gateway }: IdentityGateway): Client =>
  new Client(gateway.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });

describe('logins that fail', () => {
  test('too often are told so, lose their connection, and lock nobody out who proves who it is', async () => {
    const gateway = await openIdentityGateway({ failures: { perSecond: 0.001, burst: 3 } });
    const token = await gateway.token(scopes);
    const victim = ownConnection(gateway);
    const attacker = ownConnection(gateway);
    const ask = async (client: Client, text: string) => (await endOf(client, path, bearing(text))).code;
    expect(await ask(victim, token)).toBe(status.OK);
    const codes = [];
    for (let n = 0; n < 3; n++) codes.push(await ask(attacker, strangeToken()));
    expect(codes).toEqual([0, 0, 0].map(() => status.UNAUTHENTICATED));
    for (let n = 0; n < 50; n++) {
      // Its connection is cut every time.
      expect([status.RESOURCE_EXHAUSTED, status.UNAVAILABLE]).toContain(await ask(attacker, strangeToken()));
      if (n % 10 === 0) expect(await ask(victim, token)).toBe(status.OK);
    }
    // Neither one that is there, nor one that comes anew from the same address.
    const late = ownConnection(gateway);
    expect(await ask(late, token)).toBe(status.OK);
    // Nor one by whose own mistake it comes.
    expect(await ask(victim, strangeToken())).toBe(status.RESOURCE_EXHAUSTED);
    await new Promise((resolve) => void setTimeout(resolve, 200));
    expect(victim.getChannel().getConnectivityState(false)).toBe(2);
    expect(await ask(victim, token)).toBe(status.OK);
    for (const client of [victim, attacker, late]) client.close();
  });

  test('are in the audit, together', async () => {
    const gateway = await openIdentityGateway();
    for (let n = 0; n < 40; n++) await endOf(gateway.client, path, bearing(strangeToken()));
    await endOf(gateway.client, path, bearing(undefined));
    await gateway.identity.stop();
    const refused = gateway.audit.filter(({ action }) => action === 'login.refused');
    expect(refused.map(({ facts }) => facts)).toEqual([
      { credential: 'token', why: 'unknown', times: 40 },
      { credential: 'none', why: 'missing', times: 1 },
    ]);
    const opens = (address: string) =>
      Promise.all(refused.map(({ subject }) => gateway.subjects.opens(subject, address, address)));
    expect([await opens('127.0.0.1'), await opens('127.0.0.2')]).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(JSON.stringify(gateway.audit)).not.toContain('127.0.0.1');
  });
});

test('a principal has so many streams, and others have theirs', async () => {
  const gateway = await openIdentityGateway({ text: 'limits: { streams: 2, in_flight: 1 }' });
  const [one, other] = [
    await gateway.token(scopes, { principal: 'one' }),
    await gateway.token(scopes, { principal: 'other' }),
  ];
  const stream = '/therapytrain.alerts.v1.AlertService/StreamAlerts';
  const open = (token: string) => {
    const identity = (bytes: Buffer): Buffer => bytes;
    const call = gateway.client.makeServerStreamRequest(stream, identity, identity, Buffer.alloc(0), bearing(token));
    let code: status | undefined;
    let isOpen = false;
    call.on('data', () => (isOpen = true));
    call.on('error', (error: { code: status }) => (code = error.code));
    return { call, ended: () => code, settled: () => isOpen || code !== undefined };
  };
  const streams = [open(one), open(one)];
  await waitFor(() => streams.every(({ settled }) => settled()));
  const third = open(one);
  const foreign = open(other);
  await waitFor(() => third.settled() && foreign.settled());
  expect([...streams, third, foreign].map(({ ended }) => ended())).toEqual([
    ...[undefined, undefined, status.RESOURCE_EXHAUSTED, undefined],
  ]);
  // What was given back may be had again.
  streams[0]?.call.cancel();
  await waitFor(async () => {
    const again = open(one);
    await waitFor(again.settled);
    const has = again.ended() === undefined;
    if (!has) return false;
    again.call.cancel();
    return true;
  });
  for (const { call } of [...streams, foreign]) call.cancel();
});

test('an address connects so often, more often once somebody there has proved who it is', async () => {
  const gateway = await openIdentityGateway({
    connections: {
      isExempt: () => false,
      perAddress: { perSecond: 0.001, burst: 4 },
      perProvedAddress: { perSecond: 0.001, burst: 3 },
    },
  });
  const [host = '', port = ''] = gateway.gateway.address.split(':');
  const reached = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), host);
      const open = setTimeout(() => {
        resolve(true);
        socket.destroy();
      }, 200);
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(open);
        resolve(false);
      });
    });
  const reach = async (times: number) => {
    let count = 0;
    for (let n = 0; n < times; n++) if (await reached()) count++;
    return count;
  };
  // One of the four.
  const client = ownConnection(gateway);
  await endOf(client, path, bearing(strangeToken()));
  expect(await reach(6)).toBe(3);
  expect((await endOf(client, path, bearing(await gateway.token(['admin'])))).code).toBe(status.OK);
  expect(await reach(6)).toBe(3);
  client.close();
});

test('reads of personal data are in the audit, by principal and method, and nothing else is', async () => {
  const gateway = await openIdentityGateway();
  await gateway.fill(3);
  const list = '/therapytrain.alerts.v1.AlertService/ListAlerts';
  const cleared = await gateway.token(['alerts.read', 'alerts.read.personal'], { principal: 'nurse' });
  const plain = await gateway.token(['alerts.read'], { principal: 'dashboard' });
  for (const token of [cleared, plain, cleared]) await endOf(gateway.client, list, bearing(token));
  await endOf(gateway.client, path, bearing(cleared));
  await gateway.identity.stop();
  expect(gateway.audit.filter(({ action }) => action === 'personal.read')).toMatchObject([
    { actor: 'nurse', subject: 'AlertService/ListAlerts', facts: { times: 2 } },
  ]);
});

test('a stream without its proof is refused before anything of it is read', async () => {
  const gateway = await openIdentityGateway();
  const subscription = subscribeTo(gateway.client, 'start');
  expect(await subscription.refused()).toMatchObject({ reason: 'UNAUTHENTICATED', facts: { why: 'missing' } });
});
