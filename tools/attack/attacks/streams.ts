import { setTimeout as pause } from 'node:timers/promises';
import type { Attacker, Counts } from '../attacker.ts';
import { callHead, connectRaw, dataFrame, type RawConnection } from '../wire/connection.ts';

const holdFor = 2_000;

// Calls that begin and never send anything, on one connection.
const manyStreams: Attacker = async ({ address, amount, late }) => {
  const connection = connectRaw(address);
  let sent = 0;
  while (sent < amount && !late()) {
    const count = Math.min(500, amount - sent);
    const heads = Array.from({ length: count }, (_, at) => callHead(2 * (sent + at) + 1, 'ReportAlerts'));
    if (!(await connection.send(Buffer.concat(heads)))) break;
    sent += count;
  }
  await connection.closedWithin(holdFor);
  const { resets } = connection.heard;
  const accepted = connection.open ? sent - resets : 0;
  const closed = connection.open ? 0 : 1;
  connection.close();
  return {
    sent,
    connections: 1,
    'closed by the server': closed,
    'streams reset': resets,
    'streams left open': accepted,
  };
};

// Below the largest request of each, so that it is only how they come that is wrong.
const saidLength = 60_000;
const streamsEach = 64;

const messageHead = Buffer.alloc(5);
messageHead.writeUInt32BE(saidLength, 1);

const drip = async (
  connection: RawConnection,
  method: string,
  amount: number,
  late: () => boolean,
): Promise<number> => {
  const ids = Array.from({ length: streamsEach }, (_, at) => 2 * at + 1);
  const start = ids.flatMap((id) => [callHead(id, method), dataFrame(id, messageHead)]);
  connection.spend(ids.length * messageHead.length);
  if (!(await connection.send(Buffer.concat(start)))) return 0;
  const bytes = ids.map((id) => dataFrame(id, Buffer.from([10])));
  let sent = 0;
  const most = Math.min(amount, streamsEach * (saidLength - 1));
  while (sent < most && !late()) {
    // The server says how much it takes; to go beyond would be another attack.
    if (connection.window < streamsEach) {
      if (await connection.closedWithin(5)) break;
      continue;
    }
    const rounds = Math.min(32, Math.floor(connection.window / streamsEach), Math.ceil((most - sent) / streamsEach));
    connection.spend(rounds * streamsEach);
    if (!(await connection.send(Buffer.concat(Array.from({ length: rounds }, () => bytes).flat())))) break;
    sent += rounds * streamsEach;
  }
  return sent;
};

// One byte of payload in ten of a frame: each costs the server far more than it cost to send. On one stream of requests
// each, since those may take as long as they like.
const oneByteData: Attacker = async ({ address, amount, late }) => {
  const counts = { sent: 0, connections: 0, 'closed by the server': 0, 'streams reset': 0, 'calls answered': 0 };
  while (counts.sent < amount && !late()) {
    const connection = connectRaw(address);
    counts.connections++;
    const sent = await drip(connection, 'ReportAlerts', amount - counts.sent, late);
    counts.sent += sent;
    if (connection.open) await pause(100);
    else counts['closed by the server']++;
    counts['streams reset'] += connection.heard.resets;
    counts['calls answered'] += connection.heard.headers;
    connection.close();
    if (sent === 0) await pause(10);
  }
  return counts;
};

/** What a peer that says nothing, or stops saying anything, does first. */
const silences: Readonly<Record<string, (address: string) => RawConnection>> = {
  'TCP only': (address) => connectRaw(address, { silent: true }),
  'preface only': (address) => connectRaw(address),
  'headers only': (address) => {
    const connection = connectRaw(address);
    void connection.send(callHead(1));
    return connection;
  },
};

// Longer than any server should wait for a first word.
const silentFor = 12_000;

const silent: Attacker = async ({ address, amount, within }) => {
  const each = Math.ceil(amount / 3);
  const kinds = Object.entries(silences).map(([kind, open]) => ({
    kind,
    all: Array.from({ length: each }, () => open(address)),
  }));
  await pause(Math.min(silentFor, within));
  const counts: Record<string, number> = { sent: 3 * each, connections: 3 * each };
  for (const { kind, all } of kinds) {
    counts[`${kind}: still open`] = all.filter(({ open }) => open).length;
    if (kind === 'headers only') counts['headers only: calls ended'] = all.filter(wasAnswered).length;
    for (const connection of all) connection.close();
  }
  return counts satisfies Counts;
};

const wasAnswered = ({ heard, open }: RawConnection): boolean => !open || heard.headers > 0 || heard.resets > 0;

/** Streams and connections that are held. */
export const streams = {
  streams: manyStreams,
  'one-byte-data': oneByteData,
  silent,
} satisfies Readonly<Record<string, Attacker>>;
