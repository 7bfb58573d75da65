import { constants, gzipSync } from 'node:zlib';
import { joinFields, limits } from '@therapytrain/alerts-core';
import { reportBody } from '../../bench/payload.ts';
import type { Attacker, AttackerContext, Counts } from '../attacker.ts';
import { callRaw, createEnds, type RawCall, reconnecting, repeatedly } from '../wire/calls.ts';
import { pathOf } from '../../bench/load/messages.ts';

const atOnce = 8;

/** A message as gRPC frames it, said to be compressed or not. */
export const framedAs = (message: Uint8Array, compressed: boolean): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

// The same few calls, again and again, on one connection as long as it lasts.
const callAll = async (
  { address, amount, late }: AttackerContext,
  calls: readonly RawCall[],
  most = atOnce,
): Promise<Counts> => {
  const connection = reconnecting(address);
  const ends = createEnds();
  const sent = await repeatedly(amount, most, late, async (number) => {
    ends.add(await callRaw(connection.session(), calls[number % calls.length] as RawCall));
  });
  connection.close();
  return { sent, connections: connection.opened(), ...ends.counts };
};

const batchPath = pathOf('ReportAlerts');

/** As many empty messages of a field as fit. */
const empties = (field: number, bytes: number): Buffer =>
  Buffer.alloc(bytes - (bytes % 2), Buffer.from([field * 8 + 2, 0]));

// Of the sizes that the contract allows, and of what a server allows that sets no bound.
const emptyMessages: Attacker = (context) =>
  callAll(
    context,
    [limits.alertBytes, limits.batchBytes, 4 * 1024 * 1024 - 2].flatMap((bytes) => [
      { path: batchPath, body: framedAs(empties(1, bytes), false) },
      { body: framedAs(empties(6, bytes), false) },
    ]),
    2,
  );

// A value in a list in a value, and so on (google.protobuf.Value: 6 is a list, of which 1 are the values).
const nested = (bytes: number, field: readonly number[]): Uint8Array => {
  const levels: Buffer[] = [];
  let length = 0;
  const head = (of: number, inside: number): Buffer => joinHead(of * 8 + 2, inside);
  for (let level = 0; length < bytes - 16; level++) {
    const one = head(field[level % field.length] as number, length);
    levels.push(one);
    length += one.length;
  }
  return Buffer.concat(levels.reverse());
};

const joinHead = (tag: number, length: number): Buffer => {
  const bytes = [tag];
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
};

const deepMetadata = (bytes: number): Buffer =>
  joinFields([
    [1, reportBody()],
    [
      6,
      joinFields([
        [
          1,
          joinFields([
            [1, 'k'],
            [2, nested(bytes, [1, 6])],
          ]),
        ],
      ]),
    ],
  ]);

const nesting: Attacker = (context) =>
  callAll(context, [
    { body: framedAs(deepMetadata(200), false) },
    { body: framedAs(deepMetadata(2_000), false) },
    { body: framedAs(deepMetadata(limits.alertBytes - 1_000), false) },
    { body: framedAs(nested(limits.alertBytes, [6]), false) },
    // Groups, which nobody has used for twenty years.
    { body: framedAs(Buffer.alloc(limits.alertBytes, 0x53), false) },
  ]);

const zip = (bytes: number): Buffer => gzipSync(Buffer.alloc(bytes), { level: constants.Z_BEST_COMPRESSION });

/** How large the bombs are when they have gone off. */
const bombs = { small: 20_000_000, large: 100_000_000 } as const;

// Bombs, and what is no gzip at all (CVE-2026-48069: a malformed compressed message ended the process).
const gzip: Attacker = (context) => {
  const packed = { 'grpc-encoding': 'gzip' };
  const good = gzipSync(reportBody());
  const broken = Buffer.from(good);
  const small = zip(bombs.small);
  const large = zip(bombs.large);
  broken.fill(0xff, 12, 40);
  return callAll(context, [
    { headers: packed, body: framedAs(small, true) },
    { headers: packed, body: framedAs(large, true) },
    { path: batchPath, headers: packed, body: framedAs(large, true) },
    { headers: packed, body: framedAs(gzipSync(small), true) },
    { headers: packed, body: framedAs(broken, true) },
    { headers: packed, body: framedAs(good.subarray(0, -9), true) },
    { headers: packed, body: framedAs(Buffer.alloc(0), true) },
    { headers: packed, body: framedAs(Buffer.from([0x1f]), true) },
    { headers: { 'grpc-encoding': 'deflate' }, body: framedAs(broken, true) },
    { headers: { 'grpc-encoding': 'br' }, body: framedAs(good, true) },
    { body: framedAs(good, true) },
    { headers: packed, body: framedAs(good, true) },
  ]);
};

const good = framedAs(reportBody(), false);
const pairs = (count: number, bytes: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-pair-${at}`, 'v'.repeat(bytes)]));

const metadata: Attacker = (context) =>
  callAll(context, [
    { headers: pairs(1, 60_000), body: good },
    { headers: pairs(1, 70_000), body: good },
    { headers: pairs(100, 500), body: good },
    { headers: pairs(200, 10), body: good },
    { headers: pairs(2_000, 10), body: good },
    { headers: { 'x-key-bin': 'not base64 at all!'.repeat(100) }, body: good },
  ]);

const odd: Attacker = (context) =>
  callAll(context, [
    { headers: { 'content-type': 'text/html' }, body: good },
    { headers: { 'content-type': '' }, body: good },
    { headers: { ':method': 'GET' }, body: good },
    { headers: { ':method': 'OPTIONS' }, body: good },
    { path: '/', body: good },
    { path: '*', body: good },
    { path: '//..//', body: good },
    { path: '/constructor/__proto__', body: good },
    { path: `/${'x'.repeat(8_000)}`, body: good },
    { headers: { 'grpc-timeout': 'soon' }, body: good },
    { headers: { 'grpc-timeout': '99999999999H' }, body: good },
    { headers: { 'grpc-timeout': '1n' }, body: good },
    { headers: { 'grpc-timeout': '0S' }, body: good },
    { headers: { 'grpc-encoding': 'constructor' }, body: framedAs(reportBody(), true) },
    { headers: { 'alerts-source': '__proto__' }, body: good },
    { headers: { traceparent: '00-zz-zz-01' }, body: good },
    { headers: { ':authority': '' }, body: good },
    // Fewer bytes than said, more than said, and no message at all.
    { body: good.subarray(0, 20) },
    { body: Buffer.concat([good, good]) },
    { body: Buffer.concat([good, Buffer.from([0, 0])]) },
    { body: Buffer.alloc(0) },
    { body: Buffer.from([0, 0xff, 0xff, 0xff, 0xff]) },
    { body: Buffer.from([7, 0, 0, 0, 1, 1]) },
  ]);

/** Single calls whose bytes or headers are the attack. */
export const messages = {
  'empty-messages': emptyMessages,
  nesting,
  gzip,
  metadata,
  'odd-calls': odd,
} satisfies Readonly<Record<string, Attacker>>;
