import { timingSafeEqual } from 'node:crypto';
import { type Instant, type Millis, systemClock } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import { secretFault, signature } from './sign.ts';

/** Why a webhook is refused: the closed list behind `WebhookRefused.code`. */
export const webhookRefusals = {
  HEADERS_MISSING: 'webhook-id, webhook-timestamp or webhook-signature is not there, or is no such header',
  TIMESTAMP_OLD: 'it was sent too long ago',
  TIMESTAMP_AHEAD: 'it was sent too far in the future',
  SIGNATURE_WRONG: 'no signature is of one of the secrets',
  PAYLOAD_INVALID: 'it is signed, but is not of a format and version that are known here',
  SECRET_INVALID: 'a secret is not whsec_ and 24 to 64 bytes in base64, or there is none',
} as const;

/** A webhook that must not be trusted. Answer 401, or 400 for `PAYLOAD_INVALID`. Holds nothing of the request. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  readonly code: keyof typeof webhookRefusals;

  constructor(code: keyof typeof webhookRefusals) {
    super(webhookRefusals[code]);
    this.code = code;
  }
}

/** Headers as Node gives them, or as `fetch` does. */
export type ReceivedHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How a webhook is verified. */
export interface VerifyOptions {
  /** How far the time of sending may be from now, both ways. Default: 5 minutes. */
  readonly tolerance?: Millis;
  /** Default: the machine's time. */
  readonly now?: Instant;
}

/** One secret, or several while they are rotated. */
export type ReceivedSecrets = Secret | string | readonly (Secret | string)[];

const mostSignatures = 16;

const headerOf = (headers: ReceivedHeaders, name: string): string => {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  // A header that is there twice is none: which one was signed cannot be told.
  return typeof entry?.[1] === 'string' ? entry[1] : '';
};

const secretsOf = (secrets: ReceivedSecrets): readonly Secret[] => {
  const listed = typeof secrets === 'string' || secrets instanceof Secret ? [secrets] : secrets;
  const all = listed.map((each) => (typeof each === 'string' ? new Secret(each) : each));
  if (all.length === 0 || all.some((each) => secretFault(each) !== undefined))
    throw new WebhookRefused('SECRET_INVALID');
  return all;
};

const checkTime = (seconds: string, { tolerance = 300_000, now = systemClock.now() }: VerifyOptions): void => {
  const sent = Number(seconds) * 1_000;
  if (now - sent > tolerance) throw new WebhookRefused('TIMESTAMP_OLD');
  if (sent - now > tolerance) throw new WebhookRefused('TIMESTAMP_AHEAD');
};

// All are compared, whichever fits: the time that it takes says nothing.
const anyFits = (expected: readonly Buffer[], received: string): boolean => {
  let fits = false;
  for (const each of received.split(' ').slice(0, mostSignatures)) {
    const [version, text = ''] = each.split(',');
    const bytes = Buffer.from(version === 'v1' ? text : '', 'base64');
    for (const right of expected) fits = (bytes.length === right.length && timingSafeEqual(bytes, right)) || fits;
  }
  return fits;
};

const jsonOf = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new WebhookRefused('PAYLOAD_INVALID');
  }
};

/**
 * The JSON of a webhook by Standard Webhooks 1.0.0 that was signed with one of the secrets, not long ago; throws
 * {@link WebhookRefused} if it was not, or is no JSON. `rawBody` is the body byte for byte as it came. Says nothing of
 * what the JSON holds, nor whether the same webhook came before: that is for who receives it.
 */
export const verifySigned = (
  headers: ReceivedHeaders,
  rawBody: string | Uint8Array,
  secrets: ReceivedSecrets,
  options: VerifyOptions = {},
): unknown => {
  const known = secretsOf(secrets);
  const [id, seconds, received] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  if (id === '' || received === '' || !/^\d{1,12}$/.test(seconds)) throw new WebhookRefused('HEADERS_MISSING');
  checkTime(seconds, options);
  const body = typeof rawBody === 'string' ? Buffer.from(rawBody) : rawBody;
  const expected = known.map((secret) => signature(secret, id, seconds, body));
  if (!anyFits(expected, received)) throw new WebhookRefused('SIGNATURE_WRONG');
  return jsonOf(body);
};
