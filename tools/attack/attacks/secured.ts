import type { ClientHttp2Session, SecureClientSessionOptions } from 'node:http2';
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { createToken, systemRandom, tokenIdOf, tokenText } from '@therapytrain/alerts-core';
import { grpcHeaders } from '../../bench/load/messages.ts';
import { reportBody } from '../../bench/payload.ts';
import type { Attacker, AttackerContext } from '../attacker.ts';
import { readSecured, type Secured } from '../secured.ts';
import { isEstablished } from '../targets.ts';
import {
  type CallEnd,
  callRaw,
  createEnds,
  type RawCall,
  type Reconnecting,
  reconnecting,
  repeatedly,
} from '../wire/calls.ts';
import { framedAs } from './messages.ts';

const whoAmI = '/therapytrain.alerts.v1.IdentityService/WhoAmI';
const nothing = framedAs(Buffer.alloc(0), false);

const securedOf = ({ secured }: AttackerContext): Secured => {
  if (secured === undefined) throw new Error('this attack is for a server with identities');
  return readSecured(secured);
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** What a client says first, as OpenSSL says it. */
const clientHello = async (): Promise<Buffer> => {
  const heard = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.on('error', () => {}).once('data', heard.resolve));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] });
  client.on('error', () => {});
  const hello = await heard.promise;
  client.destroy();
  server.close();
  return hello;
};

interface Held {
  readonly socket: Socket;
  isOpen: boolean;
}

const hold = (socket: Socket): Held => {
  const held = { socket, isOpen: true };
  socket.on('error', () => {}).on('close', () => (held.isOpen = false));
  socket.resume();
  return held;
};

const dripEvery = 200;

/** Handshakes that never end, and those that do and of which nothing follows. */
const handshakes: Attacker = async (context) => {
  const { address, amount, within } = context;
  const { ca } = securedOf(context);
  const hello = await clientHello();
  const plain = (): Held => hold(connectPlain(portOf(address), '127.0.0.1'));
  const starting = (bytes: number) => (): Held => {
    const held = plain();
    held.socket.write(hello.subarray(0, bytes));
    return held;
  };
  const kinds: Readonly<Record<string, () => Held>> = {
    'TCP only': plain,
    'half a hello': starting(Math.floor(hello.length / 2)),
    'hello only': starting(hello.length),
    'hello, byte for byte': starting(1),
    'handshake only': () => hold(connectTls({ port: portOf(address), host: 'localhost', ca, ALPNProtocols: ['h2'] })),
  };
  const each = Math.ceil(amount / Object.keys(kinds).length);
  const all = Object.entries(kinds).map(([kind, open]) => ({ kind, held: Array.from({ length: each }, open) }));
  const dripping = all.find(({ kind }) => kind === 'hello, byte for byte')?.held ?? [];
  const anyOpen = (): boolean => all.some(({ held }) => held.some(({ isOpen }) => isOpen));
  // A server that waits 10 s for a first word does so from when it came to take the connection.
  const until = performance.now() + within - 1_000;
  for (let at = 1; performance.now() < until && anyOpen(); at++) {
    for (const { socket, isOpen } of dripping) if (isOpen) socket.write(hello.subarray(at, at + 1));
    await pause(dripEvery);
  }
  const counts: Record<string, number> = { sent: each * all.length, connections: each * all.length };
  for (const { kind, held } of all) {
    counts[`${kind}: still open`] = held.filter(({ isOpen }) => isOpen).length;
    for (const { socket } of held) socket.destroy();
  }
  return counts;
};

const lines = (address: string, count: number, options: SecureClientSessionOptions): readonly Reconnecting[] =>
  Array.from({ length: count }, () => reconnecting(address, options));

const opened = (all: readonly Reconnecting[]): number => all.reduce((sum, line) => sum + line.opened(), 0);

const patience = 1_500;

// Node's HTTP/2 client does not always hear of the end of a connection of TLS to which it was writing (Node 24.21): where
// it waits, the kernel says whether there is one. It is given up then, so that the next call opens another.
const isGone = (session: ClientHttp2Session): boolean => {
  if (session.destroyed) return true;
  const { localPort } = session.socket;
  const isThere = localPort !== undefined && isEstablished(localPort);
  if (!isThere) session.destroy();
  return !isThere;
};

const callOnce = async (session: ClientHttp2Session, call: RawCall): Promise<CallEnd> => {
  const end = await callRaw(session, { ...call, within: patience });
  return end === 'HUNG' && isGone(session) ? 'CUT OFF' : end;
};

type BodyEnd = 'answered' | 'cut off' | 'waits for the body';

/** Begins a report, sends this much of a body that is said to be larger, and says what became of it. */
const beginReport = (session: ClientHttp2Session, token: string | undefined, body: Uint8Array, every: number) =>
  new Promise<BodyEnd>((resolve) => {
    const stream = session.request({ ...grpcHeaders('ReportAlert'), ...(token !== undefined && bearer(token)) });
    let at = 0;
    const dripping = setInterval(() => {
      if (!stream.destroyed && at < body.length) stream.write(body.subarray(at, ++at));
    }, every || 1_000_000);
    const finish = (end: BodyEnd): void => {
      clearInterval(dripping);
      clearTimeout(timer);
      stream.close(8);
      resolve(end);
    };
    const timer = setTimeout(() => finish(isGone(session) ? 'cut off' : 'waits for the body'), patience);
    stream.on('response', (headers) => 'grpc-status' in headers && finish('answered'));
    stream.on('trailers', () => finish('answered'));
    stream.on('error', () => finish('cut off')).on('close', () => finish('cut off'));
    stream.resume();
    if (every === 0) stream.write(body);
  });

const slowly = 100;
/** Said to be 4 MB, of which only this much is ever sent. */
const huge = framedAs(Buffer.alloc(4 * 1024 * 1024), false).subarray(0, 60_000);
/** One that is too large is refused by its length, whoever sends it. */
const withinBounds = framedAs(Buffer.alloc(60_000), false);
const slow = framedAs(reportBody(), false);

/** Bodies that come slowly, or are huge, of peers without a proof: the answer must not wait for any of them. */
const bodies: Attacker = async (context) => {
  const { address, amount, late } = context;
  const { ca, token } = securedOf(context);
  const all = lines(address, 8, { ca });
  const counts: Record<BodyEnd | 'with a token: waits', number> = {
    ...{ answered: 0, 'cut off': 0, 'waits for the body': 0, 'with a token: waits': 0 },
  };
  // The same with a proof is waited for, so that it is the proof that makes the difference.
  const good = reconnecting(address, { ca });
  const withToken = [beginReport(good.session(), token, slow, slowly)];
  withToken.push(beginReport(good.session(), token, withinBounds.subarray(0, 5), 0));
  const sent = await repeatedly(amount, 64, late, async (number) => {
    const isSlow = number % 2 === 0;
    const session = all[number % all.length]?.session();
    if (session) counts[await beginReport(session, undefined, isSlow ? slow : huge, isSlow ? slowly : 0)]++;
  });
  for (const end of await Promise.all(withToken)) if (end === 'waits for the body') counts['with a token: waits']++;
  for (const line of [...all, good]) line.close();
  return { sent, connections: opened(all) + 1, ...counts };
};

/** The token of somebody with another secret, and a checksum that is right. */
const forged = (token: string): string => {
  const [, , secret = ''] = createToken(systemRandom).text.split('_');
  return tokenText(tokenIdOf(token) ?? '', secret);
};

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const wrongTokens = (token: string): readonly (() => string)[] => [
  () => createToken(systemRandom).text,
  () => forged(token),
  () => `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`,
  () => `${json({ alg: 'none' })}.${json({ iss: 'https://login.example', sub: 'admin' })}.`,
  () => 'x'.repeat(8_000),
];

/** How often among the wrong ones somebody comes from the same address, anew, with what is right. */
const goodEvery = 50;

/** Wrong tokens, as fast as they are answered, of the principal and from the address of one who has the right one. */
const tokens: Attacker = async (context) => {
  const { address, amount, late } = context;
  const { ca, token } = securedOf(context);
  const all = lines(address, 4, { ca });
  const wrong = wrongTokens(token);
  const ends = createEnds();
  const right = { in: 0, out: 0 };
  const sent = await repeatedly(amount, 32, late, async (number) => {
    if (number % goodEvery === 0) {
      const line = reconnecting(address, { ca });
      const end = await callOnce(line.session(), { path: whoAmI, body: nothing, headers: bearer(token) });
      right[end === 'OK' ? 'in' : 'out']++;
      line.close();
    }
    const line = all[number % all.length];
    const headers = bearer(wrong[number % wrong.length]?.() ?? '');
    if (line) ends.add(await callOnce(line.session(), { path: whoAmI, body: nothing, headers }));
  });
  for (const line of all) line.close();
  const counts = { 'right token: let in': right.in, 'right token: refused': right.out };
  return { sent, connections: opened(all) + right.in + right.out, ...ends.counts, ...counts };
};

/** Client certificates that have ended, or are of an authority that nobody trusts, each on a connection of its own. */
const certificates: Attacker = async (context) => {
  const { address, amount, late } = context;
  const { ca, client } = securedOf(context);
  const ends = createEnds();
  let letIn = 0;
  const sent = await repeatedly(amount, 8, late, async (number) => {
    const isGood = number % goodEvery === 0;
    const line = reconnecting(address, {
      ...{ ca },
      ...(isGood ? client.good : number % 2 === 0 ? client.expired : client.foreign),
    });
    const end = await callOnce(line.session(), { path: whoAmI, body: nothing });
    if (!isGood) ends.add(end);
    else if (end === 'OK') letIn++;
    line.close();
  });
  return { sent, connections: sent, ...ends.counts, 'good certificate: let in': letIn };
};

/** Peers of a gateway that asks who calls. They have nothing that proves anything, but where it is said. */
export const secured = {
  handshakes,
  'nobody-bodies': bodies,
  'wrong-tokens': tokens,
  'wrong-certificates': certificates,
} satisfies Readonly<Record<string, Attacker>>;
