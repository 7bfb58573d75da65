import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { waitFor } from '@therapytrain/alerts-testkit';
import { after, kept, openGateway, subscribeTo } from './support.ts';
import { healthOf } from './support/health.ts';
import { plainCall } from './support/plain-http2.ts';

interface Peer {
  readonly socket: Socket;
  readonly closed: () => boolean;
}

const connectTo = async (address: string): Promise<Peer> => {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => {});
  after(() => socket.destroy());
  await once(socket, 'connect');
  // What is not read never ends.
  socket.resume();
  return { socket, closed: () => closed };
};

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

describe('a connection', () => {
  test('is closed when no call has begun on it in time, whether it says nothing or only hello', async () => {
    const { gateway, client } = await openGateway({ inMemory: true, connections: { firstCall: 700 } });
    const subscription = subscribeTo(client, { since: new Date(0) });
    await kept(client);
    const [mute, polite] = [await connectTo(gateway.address), await connectTo(gateway.address)];
    polite.socket.write(preface);
    const began = performance.now();
    await waitFor(() => mute.closed() && polite.closed(), { what: 'both are closed', deadline: 20_000 });
    expect(performance.now() - began).toBeGreaterThan(500);
    // The one on which there were calls has been open for longer, and goes on.
    await kept(client);
    await subscription.upTo(2);
  });

  test('more than there may be is closed at once, and there is room again when another goes', async () => {
    const { gateway, client } = await openGateway({ inMemory: true, connections: { most: 3 } });
    await kept(client);
    const inside = [await connectTo(gateway.address), await connectTo(gateway.address)];
    const outside = await connectTo(gateway.address);
    await waitFor(outside.closed, { what: 'the fourth is closed', deadline: 20_000 });
    expect(inside.map(({ closed }) => closed())).toEqual([false, false]);
    await kept(client);
    inside[0]?.socket.destroy();
    await waitFor(() => inside[0]?.closed() === true, { what: 'one has left', deadline: 20_000 });
    const late = await openAgain(gateway.address);
    expect(late.closed()).toBe(false);
  });
});

// The gateway may see a moment later that one has left.
const openAgain = async (address: string): Promise<Peer> => {
  let peer = await connectTo(address);
  await waitFor(
    async () => {
      await pause(100);
      if (!peer.closed()) return true;
      peer = await connectTo(address);
      return false;
    },
    { what: 'there is room', deadline: 20_000 },
  );
  return peer;
};

describe('a request', () => {
  test('that comes byte by byte is refused after 5 s, and nobody waits for it', async () => {
    const { gateway, client } = await openGateway({ inMemory: true });
    const began = performance.now();
    const drip = plainCall(gateway.address, 'ReportAlert');
    const stream = plainCall(gateway.address, 'ReportAlerts');
    // The head of a message of 200 bytes, and one byte of it each time.
    for (const call of [drip, stream]) call.sendPart(Buffer.from([0, 0, 0, 0, 200]));
    const dripping = setInterval(() => drip.sendPart(Buffer.from([10])), 200);
    after(() => clearInterval(dripping));
    await kept(client);
    const refusal = await drip.ended();
    expect(refusal).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - began).toBeGreaterThan(4_900);
    // A stream of reports is as long as its reporter likes.
    stream.sendPart(Buffer.alloc(200));
    expect(await stream.ended()).toMatchObject({ reason: 'MESSAGE_MALFORMED' });
  });
});

test('before it drains, the gateway says that it is not ready and serves on', async () => {
  const { gateway, client } = await openGateway({ inMemory: true });
  await kept(client);
  const health = healthOf(gateway.address).watch();
  await waitFor(() => health.told.length === 1, { what: 'the first status', deadline: 20_000 });
  const stopped = gateway.stop(2_000, 1_500);
  await waitFor(() => health.told.length === 2, { what: 'it is not ready', deadline: 20_000 });
  await kept(client);
  await stopped;
  expect(health.told).toEqual(['SERVING', 'NOT_SERVING', 'ended with 14']);
  await expect(kept(client)).rejects.toThrow();
});
