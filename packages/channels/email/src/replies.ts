import type { OutcomeReason } from '@therapytrain/alerts-core/channel';

/** Where in the session a reply came. `dot` is the end of the message. */
export type ReplyStage = 'connect' | 'hello' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot';

/** The part of a reply that is decided by; its text is never looked at. */
export interface Reply {
  /** RFC 5321 §4.2.1: three digits. */
  readonly code: number;
  /** RFC 3463, such as `5.7.1`; empty where the server gives none. */
  readonly enhanced: string;
}

/** The reply of a line, of one or more lines; undefined where it is not one. */
export const replyOf = (line: string | undefined): Reply | undefined => {
  const [, code, enhanced = ''] =
    /^([2-5]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3})(?![.\d])|[ -]|\r?$|\n)/.exec(line ?? '') ?? [];
  return code === undefined ? undefined : { code: Number(code), enhanced };
};

/** `550 5.1.1`: code and enhanced code, and nothing that the server wrote freely. */
export const codesOf = ({ code, enhanced }: Reply): string => (enhanced ? `${code} ${enhanced}` : String(code));

// RFC 4954 §6; 538 is of its forerunner, and still in use.
const credentialCodes: ReadonlySet<number> = new Set([530, 534, 535, 538]);
const credentialDetails: ReadonlySet<string> = new Set(['5.7.8', '5.7.9', '5.7.11']);
const senderDetails: ReadonlySet<string> = new Set(['5.1.7', '5.1.8', '5.5.2', '5.5.4']);
const senderCodes: ReadonlySet<number> = new Set([501, 504, 553, 555]);

const isTooLarge = ({ code, enhanced }: Reply): boolean =>
  enhanced === '5.3.4' || enhanced === '5.2.3' || (code === 552 && enhanced !== '5.2.2');

const isPolicy = ({ enhanced }: Reply): boolean => enhanced.startsWith('5.7.');

/** Why a server that said 4yz did so. Greylisting is 450 or 4.7.1; both mean: later. */
const laterReason = ({ code, enhanced }: Reply): OutcomeReason =>
  code === 421 || code === 450 || enhanced.startsWith('4.7.') ? 'throttled' : 'peer_failed';

const mailReason = (reply: Reply): OutcomeReason => {
  if (isTooLarge(reply)) return 'too_large';
  return senderDetails.has(reply.enhanced) || (!isPolicy(reply) && senderCodes.has(reply.code))
    ? 'bad_options'
    : 'permission';
};

const neverReasons: Readonly<Record<ReplyStage, (reply: Reply) => OutcomeReason>> = {
  // RFC 5321 §3.1: a server that greets with 554 wants nothing from here.
  connect: () => 'permission',
  hello: () => 'bad_options',
  tls: () => 'insecure',
  // Not the credentials: it offers no signing in, or none of the ways that we know.
  auth: (reply) => (isPolicy(reply) ? 'credentials' : 'bad_options'),
  mail: mailReason,
  // To be relayed is not allowed: that is no fault of the recipient.
  rcpt: (reply) => (isPolicy(reply) ? 'permission' : 'unknown_target'),
  data: (reply) => (isTooLarge(reply) ? 'too_large' : 'refused'),
  dot: (reply) => {
    if (isTooLarge(reply)) return 'too_large';
    return reply.enhanced.startsWith('5.1.') ? 'unknown_target' : 'refused';
  },
};

/** What a 4yz or 5yz reply means (RFC 5321 §4.2, RFC 3463, RFC 4954 §6). */
export const reasonOf = (stage: ReplyStage, reply: Reply): OutcomeReason => {
  const { code, enhanced } = reply;
  // 454 4.7.0 at these two is no call for less, only a fault of the moment (RFC 3207 §4, RFC 4954 §6).
  if (code < 500) return code !== 421 && (stage === 'tls' || stage === 'auth') ? 'peer_failed' : laterReason(reply);
  if (credentialCodes.has(code) || credentialDetails.has(enhanced)) return 'credentials';
  // Bad sequence of commands: the session was in a wrong state, not the mail. At AUTH it means that there is none.
  if (code === 503 && stage !== 'auth') return 'peer_failed';
  return neverReasons[stage](reply);
};

const token = /([A-Za-z0-9][A-Za-z0-9.-]{4,63})(?![@A-Za-z0-9._+-])/.source;
// As Postfix, Exim, and Sendmail and OpenSMTPD say it.
const queueIds = [/\bqueued as\s+/, /\bid[=:]\s*/, /^(?:ok:?\s+)?/].map(
  (before) => new RegExp(before.source + token, 'i'),
);

const overlaps = (id: string, word: string): boolean => word.length > 2 && (id.includes(word) || word.includes(id));

/**
 * Codes and queue id of the reply that took the mail, such as `250 2.0.0 4F1A2B3C`. The id is left out where it is not
 * plain, or could be part of one of the words.
 */
export const proofOf = (line: string, reply: Reply, hidden: readonly string[]): string => {
  const words = line.slice(codesOf(reply).length).trim();
  const id = queueIds.map((pattern) => pattern.exec(words)?.[1]).find((found) => found && /\d/.test(found));
  const shown = id !== undefined && !hidden.some((word) => overlaps(id.toLowerCase(), word.toLowerCase()));
  return shown ? `${codesOf(reply)} ${id}` : codesOf(reply);
};
