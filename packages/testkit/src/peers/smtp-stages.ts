import type { Socket } from 'node:net';
import type { PeerBehaviour } from '../channel-checks/subject.ts';

/** The steps of an SMTP session (RFC 5321 §3, RFC 3207, RFC 4954), in their order. */
export const smtpStages = ['greeting', 'ehlo', 'starttls', 'handshake', 'auth', 'mail', 'rcpt', 'data', 'dot'] as const;

/** One of {@link smtpStages}. `handshake` is what follows a STARTTLS that was taken; `dot` is the end of the message. */
export type SmtpStage = (typeof smtpStages)[number];

/**
 * What the peer does at a stage: says nothing any more, ends the connection, answers one byte at a time without end,
 * answers with 16 MiB, or answers with the lines, the first one first and the last one from then on. An empty line
 * stands for the usual answer.
 */
export type SmtpAct = 'hang' | 'cut' | 'drip' | 'flood' | readonly [string, ...string[]];

/** Something done at one stage; everywhere else the peer is as it should be. */
export interface SmtpPlan {
  readonly stage: SmtpStage;
  readonly act: SmtpAct;
}

// Real servers name the recipient and the sender in their answers, so these do too.
const plans: Readonly<Partial<Record<PeerBehaviour, SmtpPlan>>> = {
  throttle: { stage: 'mail', act: ['450 4.7.1 too many messages, slow down'] },
  fail: { stage: 'dot', act: ['451 4.3.0 local error in processing'] },
  refuse: { stage: 'dot', act: ['554 5.6.0 message refused'] },
  unauthorised: { stage: 'auth', act: ['535 5.7.8 authentication credentials invalid'] },
  forbidden: { stage: 'mail', act: ['550 5.7.1 you may not send from here'] },
  'unknown-target': { stage: 'rcpt', act: ['550 5.1.1 no such user here'] },
  'too-large': { stage: 'dot', act: ['552 5.3.4 message too big'] },
  'hang-at-once': { stage: 'greeting', act: 'hang' },
  'hang-after': { stage: 'dot', act: 'hang' },
  drip: { stage: 'dot', act: 'drip' },
  oversized: { stage: 'dot', act: 'flood' },
  'cut-at-once': { stage: 'greeting', act: 'cut' },
  'cut-after': { stage: 'dot', act: 'cut' },
  garbage: { stage: 'dot', act: ['HTTP/1.1 400 Bad Request'] },
  partial: { stage: 'rcpt', act: ['', '451 4.3.0 try later', '550 5.1.1 no such user here'] },
};

/** The behaviours that SMTP has. */
export const smtpBehaviours: ReadonlySet<PeerBehaviour> = new Set([
  'accept',
  ...(Object.keys(plans) as PeerBehaviour[]),
]);

/** What a behaviour is in SMTP; undefined for `accept`. */
export const planOf = (behaviour: PeerBehaviour): SmtpPlan | undefined => plans[behaviour];

const dripEvery = 10;
const oversize = 16 * 1024 * 1024;
const block = Buffer.from(`250-${'x'.repeat(1018)}\r\n`.repeat(64));

const drip = (socket: Socket): void => {
  ignore(socket);
  socket.write('250-');
  const timer = setInterval(() => socket.write('x'), dripEvery);
  socket.on('close', () => clearInterval(timer));
};

const flood = (socket: Socket): void => {
  ignore(socket);
  let left = oversize;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= block.length;
      if (!socket.write(block)) return void socket.once('drain', more);
    }
    socket.end('250 enough\r\n');
  };
  more();
};

// A socket that nobody reads does not notice that the other side has gone.
const ignore = (socket: Socket): void => void socket.unpipe().resume();

/** Does it on the socket. True if the session goes on afterwards. */
export const perform = (act: SmtpAct, socket: Socket, place: number): boolean => {
  if (act === 'hang') ignore(socket);
  else if (act === 'cut') socket.destroy();
  else if (act === 'drip') drip(socket);
  else if (act === 'flood') flood(socket);
  else {
    const line = act[Math.min(place, act.length - 1)] ?? '';
    // RFC 5321 §3.8: who answers 421 ends the connection.
    if (line.startsWith('421')) socket.end(`${line}\r\n`);
    else socket.write(`${line}\r\n`);
    return !line.startsWith('421');
  }
  return false;
};

/** True where an answer in this place is the usual one. */
export const isUsual = (act: SmtpAct, place: number): boolean =>
  typeof act !== 'string' && act[Math.min(place, act.length - 1)] === '';
