import { createHmac } from 'node:crypto';
import type { Secret } from '@therapytrain/alerts-core/channel';

const prefix = 'whsec_';
const fewestBytes = 24;
const mostBytes = 64;

const keyOf = (secret: Secret): Buffer => Buffer.from(secret.reveal().slice(prefix.length), 'base64');

/** Why it is no secret of Standard Webhooks (spec 1.0.0, "Signature scheme"); undefined if it is one. */
export const secretFault = (secret: Secret): string | undefined => {
  const text = secret.reveal();
  if (!text.startsWith(prefix)) return `does not begin with ${prefix}`;
  const key = keyOf(secret);
  // Node reads over what is no base64; written again, a key that was read in full is the same.
  if (key.toString('base64') !== text.slice(prefix.length)) return 'is not in base64';
  const fits = key.length >= fewestBytes && key.length <= mostBytes;
  return fits ? undefined : `is not of ${fewestBytes} to ${mostBytes} bytes`;
};

/**
 * The signature `v1` of Standard Webhooks: HMAC-SHA256 over id, time and body, so that a receiver can refuse a replay.
 * `seconds` is as it stands in the header.
 */
export const signature = (secret: Secret, id: string, seconds: string, body: Uint8Array): Buffer =>
  createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.`).update(body).digest();

/** The header `webhook-signature`: one signature for each secret. */
export const signatureHeader = (secrets: readonly Secret[], id: string, seconds: string, body: Uint8Array): string =>
  secrets.map((secret) => `v1,${signature(secret, id, seconds, body).toString('base64')}`).join(' ');
