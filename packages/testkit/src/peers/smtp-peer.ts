import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Arrival, ChannelPeer } from '../channel-checks/subject.ts';
import { createTestCertificate, type TestCertificate } from './certificate.ts';
import {
  isUsual,
  perform,
  planOf,
  type SmtpAct,
  smtpBehaviours,
  type SmtpPlan,
  type SmtpStage,
  smtpStages,
} from './smtp-stages.ts';

/** One mail as it came, beside what every notice has. */
export interface MailArrival extends Arrival {
  readonly mail: ParsedMail;
  readonly sender: string;
}

/** A real SMTP server on loopback that can be made to misbehave. */
export interface SmtpPeer extends ChannelPeer {
  readonly host: string;
  readonly port: number;
  /** The authority to trust, as PEM: of a certificate made for this peer alone. */
  readonly ca: string;
  readonly user: string;
  readonly pass: string;
  arrivals(): readonly MailArrival[];
  /** Misbehaves at one stage, from the next connection or command on, until told otherwise. */
  plan(stage: SmtpStage, act: SmtpAct): void;
  /** How often a stage was reached. */
  reached(stage: SmtpStage): number;
}

/** What an SMTP peer does where there is a choice. */
export interface SmtpPeerOptions {
  /** Default: STARTTLS is offered and needed for signing in. */
  readonly tls?: 'starttls' | 'implicit' | 'none';
  /** Default: one for localhost, made for this peer. */
  readonly certificate?: TestCertificate;
  /** False: nobody need sign in, and nobody can. Default: true. */
  readonly auth?: boolean;
}

const user = 'alerts-user';
const pass = 'p4ss-of-the-peer';

type Connection = SMTPServer['connections'] extends Set<infer C> ? C : never;

interface State {
  plan: SmtpPlan | undefined;
  attempts: number;
  readonly arrivals: MailArrival[];
  readonly reached: Map<SmtpStage, number>;
  /** By the port of the other side, which names them also after STARTTLS. */
  readonly sockets: Map<number | undefined, Socket>;
}

const stageOf = (command: string): SmtpStage | undefined => {
  const verb = (command.split(' ', 1)[0] ?? '').toLowerCase();
  if (verb === 'helo') return 'ehlo';
  return smtpStages.find((stage) => stage === verb);
};

const isEarly = (stage: SmtpStage): boolean => smtpStages.indexOf(stage) < smtpStages.indexOf('mail');

// A connection that is used once more is past its first stages: what is planned for them happens at MAIL.
const isDue = ({ stage: planned }: SmtpPlan, stage: SmtpStage): boolean =>
  planned === stage || (planned === 'handshake' && stage === 'starttls') || (stage === 'mail' && isEarly(planned));

const beginsNotice = ({ plan }: State, stage: SmtpStage): boolean =>
  stage === 'mail' || (plan !== undefined && isDue(plan, stage) && isEarly(stage));

/** The library has no hook for EHLO, STARTTLS and DATA, so each command is looked at before it gets it. */
const watch = (state: State, connection: Connection): void => {
  const usual = connection._onCommand.bind(connection);
  let recipients = 0;
  connection._onCommand = (command, next = () => undefined) => {
    const stage = stageOf(command.toString());
    const { plan } = state;
    if (!stage) return usual(command, next);
    state.reached.set(stage, (state.reached.get(stage) ?? 0) + 1);
    if (beginsNotice(state, stage)) state.attempts++;
    if (stage === 'mail') recipients = 0;
    const place = stage === 'rcpt' ? recipients++ : 0;
    if (!plan || !isDue(plan, stage) || isUsual(plan.act, place)) return usual(command, next);
    // As if the TLS handshake would follow; it does not.
    if (plan.stage === 'handshake' && stage === 'starttls') connection._socket.write('220 2.0.0 go ahead\r\n');
    if (perform(plan.act, connection._socket, place)) next();
  };
};

const textOf = (mail: ParsedMail): string => {
  const to = [mail.to ?? []].flat().map(({ text }) => text);
  const lines = mail.headerLines.map(({ line }) => line);
  return [mail.subject, mail.from?.text, ...to, mail.text, mail.html || '', ...lines].join('\n');
};

const arrivalOf = async (bytes: Buffer, { envelope }: SMTPServerSession): Promise<MailArrival> => {
  const mail = await simpleParser(bytes);
  return {
    raw: bytes.toString('latin1'),
    text: textOf(mail),
    id: mail.messageId ?? '',
    ...(mail.html && { html: mail.html }),
    recipients: envelope.rcptTo.map(({ address }) => address),
    sender: envelope.mailFrom ? envelope.mailFrom.address : '',
    mail,
  };
};

/** Takes the message in. Gives the line to answer, or undefined where there is none to come. */
const receive = async (
  state: State,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  socket: Socket | undefined,
): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  state.arrivals.push(await arrivalOf(Buffer.concat(chunks), session));
  state.reached.set('dot', (state.reached.get('dot') ?? 0) + 1);
  const act = state.plan?.stage === 'dot' ? state.plan.act : [''];
  if (typeof act !== 'string') return act[0] || `250 2.0.0 Ok: queued as 4F${state.arrivals.length}C0DE`;
  if (socket) perform(act, socket, 0);
  return undefined;
};

// The library writes code and text of an error as they are, so any line can be had from it, even one that is none.
const saying = (line: string): Error => {
  const [code = '', ...rest] = line.split(' ');
  return Object.assign(new Error(rest.join(' ')), { responseCode: Number(code) || code });
};

const optionsOf = (
  state: State,
  { tls = 'starttls', auth = true }: SmtpPeerOptions,
  certificate: TestCertificate,
  connectionOf: (session: SMTPServerSession) => Connection | undefined,
): SMTPServerOptions => ({
  ...certificate,
  name: 'peer.test',
  secure: tls === 'implicit',
  disabledCommands: [...(tls === 'none' ? ['STARTTLS'] : []), ...(auth ? [] : ['AUTH'])],
  authMethods: ['PLAIN'],
  allowInsecureAuth: tls === 'none',
  disableReverseLookup: true,
  onConnect: (session, next) => {
    const connection = connectionOf(session);
    const { plan } = state;
    state.reached.set('greeting', (state.reached.get('greeting') ?? 0) + 1);
    if (!connection) return next();
    watch(state, connection);
    if (plan?.stage !== 'greeting') return next();
    state.attempts++;
    if (perform(plan.act, connection._socket, 0)) connection._socket.end();
  },
  // At STARTTLS the library takes all listeners off the socket, so this is how its end is heard of.
  onClose: ({ remotePort }) => void state.sockets.delete(remotePort),
  onAuth: ({ username, password }, _session, next) => {
    if (username === user && password === pass) return next(null, { user });
    next(Object.assign(new Error('5.7.8 authentication credentials invalid'), { responseCode: 535 }));
  },
  onData: (stream, session, next) => {
    const socket = connectionOf(session)?._socket;
    const answered = (line: string | undefined): void => {
      if (line !== undefined) next(saying(line));
    };
    // A connection that breaks off in the message is no arrival.
    receive(state, stream, session, socket).then(answered, () => undefined);
  },
});

/**
 * Ends all that is open. A plain socket must not be destroyed while TLS is being set up over it, or Node may crash
 * (seen with 24.21): the other side is told that it is over, and the handshake then fails by itself.
 */
const endAll = async (server: SMTPServer, sockets: State['sockets']): Promise<void> => {
  for (const connection of server.connections) {
    if (connection._upgrading) connection._socket.end();
    else connection._socket.destroy();
  }
  for (const [plain, top] of server._pendingSockets) if (top !== plain) top.destroy();
  for (const socket of sockets.values()) socket.end();
  if (!server.server.listening) return;
  await new Promise<void>((resolve) => server.server.close(() => resolve()));
};

/** Starts an SMTP server on 127.0.0.1. It takes every sender and every recipient, once `user` has signed in. */
export const startSmtpPeer = async (options: SmtpPeerOptions = {}): Promise<SmtpPeer> => {
  const certificate = options.certificate ?? createTestCertificate();
  const state: State = { plan: undefined, attempts: 0, arrivals: [], reached: new Map(), sockets: new Map() };
  const connectionOf = ({ id }: SMTPServerSession): Connection | undefined =>
    [...server.connections].find((connection) => connection.id === id);
  const server = new SMTPServer(optionsOf(state, options, certificate, connectionOf));
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    state.sockets.set(remotePort, socket);
    socket.on('close', () => state.sockets.delete(remotePort));
    socket.on('error', () => undefined);
    if (state.plan?.stage !== 'greeting' || state.plan.act !== 'cut') return;
    state.attempts++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    ca: certificate.cert,
    user,
    pass,
    has: smtpBehaviours,
    behave: (behaviour) => void (state.plan = planOf(behaviour)),
    plan: (stage, act) => void (state.plan = { stage, act }),
    arrivals: () => state.arrivals,
    attempts: () => state.attempts,
    reached: (stage) => state.reached.get(stage) ?? 0,
    connections: () => state.sockets.size,
    stop: () => endAll(server, state.sockets),
  };
};
