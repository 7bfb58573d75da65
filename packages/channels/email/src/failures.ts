import { outcomeOf, type Outcome, type OutcomeReason } from '@therapytrain/alerts-core/channel';
import type { NodemailerError } from 'nodemailer';
import { codesOf, reasonOf, type Reply, replyOf, type ReplyStage } from './replies.ts';

/** What is known of an attempt that failed, beside the error. */
export interface Circumstances {
  /** True if the whole message had been handed to the connection. */
  readonly sent: boolean;
  /** Which of the two ended the attempt, if one did. */
  readonly ended: 'deadline' | 'caller' | undefined;
  /** A name for the server that says nothing of it: what must pause when it asks for less. */
  readonly scope: string;
  /** Who is settled by earlier attempts, for the next one. */
  readonly progress?: string | undefined;
}

const stages: Readonly<Record<string, ReplyStage>> = {
  CONN: 'connect',
  EHLO: 'hello',
  HELO: 'hello',
  STARTTLS: 'tls',
  'MAIL FROM': 'mail',
  'RCPT TO': 'rcpt',
  DATA: 'data',
  RSET: 'mail',
};

const names: Readonly<Record<ReplyStage, string>> = {
  connect: 'the connection',
  hello: 'EHLO',
  tls: 'STARTTLS',
  auth: 'AUTH',
  mail: 'MAIL',
  rcpt: 'RCPT',
  data: 'DATA',
  dot: 'the message',
};

const stageOf = ({ command = '', code }: NodemailerError): ReplyStage => {
  if (command.startsWith('AUTH')) return 'auth';
  // The same command name for both: to DATA itself it is an error of the envelope, to the message one of the message.
  if (command === 'DATA' && code === 'EMESSAGE') return 'dot';
  return stages[command] ?? 'connect';
};

// What Node and OpenSSL call it when the other side cannot prove who it is, or speaks no TLS that will do.
const tlsFault =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_|PATH_LENGTH_|ERROR_IN_CERT|EPROTO$)/;

/** The system's own code: nodemailer keeps it aside when it puts its own in place. */
const systemCodeOf = (error: NodemailerError): string =>
  'originalCode' in error && typeof error.originalCode === 'string' ? error.originalCode : '';

const withoutReply = (error: NodemailerError, { sent, ended }: Circumstances): readonly [OutcomeReason, string] => {
  if (ended) {
    if (sent) return ['answer_late', 'the message was sent, and no answer came in time'];
    return ended === 'caller'
      ? ['cancelled', 'given up before the message was sent']
      : ['timed_out', 'time ran out before the message was sent'];
  }
  if (sent && error.response !== undefined) return ['answer_unreadable', 'the answer to the message is not SMTP'];
  const { code } = error;
  if (code === 'EPROTOCOL') {
    return sent
      ? ['answer_unreadable', 'the answer to the message is not SMTP, or far too long']
      : ['peer_failed', 'the peer does not speak SMTP'];
  }
  if (code === 'ETIMEDOUT') {
    return sent
      ? ['answer_late', 'the message was sent, and no answer came in time']
      : ['timed_out', 'the peer did not answer in time'];
  }
  if (sent) return ['answer_lost', 'the connection ended before the answer to the message'];
  if (tlsFault.test(systemCodeOf(error))) return ['insecure', 'the peer offers no TLS that can be trusted'];
  if (code === 'EAUTH' || code === 'ENOAUTH') return ['bad_options', 'the peer offers no way to sign in that we know'];
  if (code === 'ESTREAM' || code === 'EENVELOPE')
    return ['bad_options', 'the mail could not be made with these options'];
  return ['unreachable', 'the connection failed before the message was sent'];
};

const reasonFor = (error: NodemailerError, reply: Reply, stage: ReplyStage): OutcomeReason => {
  // A server that knows no EHLO knows no STARTTLS either; nodemailer says this with that code only if TLS is required.
  if (stage === 'hello' && reply.code >= 500 && error.code === 'ECONNECTION') return 'insecure';
  return reply.code < 400 ? 'peer_failed' : reasonOf(stage, reply);
};

/**
 * What an error of nodemailer's means: by reply code and stage where the server replied, else by what broke and when.
 * Nothing of its text goes on.
 */
export const outcomeOfError = (caught: unknown, circumstances: Circumstances): Outcome => {
  const error = caught as NodemailerError;
  const { scope, progress, ended } = circumstances;
  const more = progress === undefined ? {} : { progress };
  const reply = ended ? undefined : replyOf(error.response);
  // 2yz or 3yz where an error was read out of it says nothing; after the message, it may be in or not.
  if (!reply || (circumstances.sent && reply.code < 400)) return outcomeOf(...withoutReply(error, circumstances), more);
  const stage = stageOf(error);
  const reason = reasonFor(error, reply, stage);
  const detail = `the peer answered ${codesOf(reply)} to ${names[stage]}`;
  return outcomeOf(reason, detail, reply.code === 421 ? { ...more, scope } : more);
};
