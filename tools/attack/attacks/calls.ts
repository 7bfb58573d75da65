import { type ClientHttp2Stream, connect } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { grpcHeaders } from '../../bench/load/messages.ts';
import { reportBody } from '../../bench/payload.ts';
import type { Attacker } from '../attacker.ts';
import { reconnecting, repeatedly } from '../wire/calls.ts';
import { framedAs } from './messages.ts';

const request = framedAs(reportBody(), false);
const cancel = 8;

// In full, and then nobody waits for the answer: it is work for nobody. Not faster than what HTTP/2 forgives.
const cancelled: Attacker = async ({ address, amount, late, chance }) => {
  const connection = reconnecting(address);
  let answered = 0;
  const sent = await repeatedly(amount, 64, late, async () => {
    const stream = connection.session().request(grpcHeaders('ReportAlert'));
    stream.on('response', () => answered++);
    const closed = new Promise<void>((resolve) => stream.on('close', resolve).on('error', () => resolve()));
    stream.resume();
    stream.end(request);
    await pause(chance.between(0, 4));
    stream.close(cancel);
    await closed;
  });
  connection.close();
  return { sent, connections: connection.opened(), 'calls answered': answered };
};

const perConnection = 20;
const slowFor = 7_000;
const every = 200;

// The server hears from each of them all the time, and never gets to the end.
const slow: Attacker = async ({ address, amount, within }) => {
  const sessions = Array.from({ length: Math.ceil(amount / perConnection) }, () => connect(`http://${address}`));
  for (const session of sessions) session.on('error', () => {});
  let ended = 0;
  const open = new Set<ClientHttp2Stream>();
  for (let number = 0; number < amount; number++) {
    const stream = sessions[Math.floor(number / perConnection)]?.request(grpcHeaders('ReportAlert'));
    if (!stream) continue;
    open.add(stream);
    stream.on('error', () => {});
    const end = (): void => void (open.delete(stream) && ended++);
    stream.on('trailers', end).on('close', end);
    stream.on('response', (headers) => void ('grpc-status' in headers && end()));
    stream.resume();
  }
  const until = performance.now() + Math.min(slowFor, within);
  for (let at = 0; performance.now() < until; at++) {
    for (const stream of open) stream.write(request.subarray(at, at + 1));
    await pause(every);
  }
  for (const session of sessions) session.destroy();
  return { sent: amount, connections: sessions.length, 'calls ended': ended, 'calls still open': amount - ended };
};

/** Calls that are not what they seem. */
export const calls = { cancelled, slow } satisfies Readonly<Record<string, Attacker>>;
