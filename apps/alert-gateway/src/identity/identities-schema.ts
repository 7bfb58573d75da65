import {
  compileNarrowing,
  duration,
  type Expression,
  ExpressionError,
  isPrincipalName,
  scopes,
} from '@therapytrain/alerts-core';
import { z } from 'zod';
import { isLoopback } from '../options.ts';

/** A serial number as it is compared: hexadecimal digits in upper case, without colons and leading zeros. */
export const plainSerial = (text: string): string =>
  text
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '')
    .toUpperCase();

const narrowing = z.string().transform((text, ctx): Expression => {
  try {
    return compileNarrowing(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, line, column } = error;
    ctx.issues.push({ code: 'custom', message, params: { line, column }, input: text });
    return z.NEVER;
  }
});

/** The scopes of a principal or a token. */
const scopeList = z.array(z.enum(scopes)).min(1, 'names no scope');

const token = z
  .strictObject({
    id: z
      .string()
      .regex(/^[0-9A-Za-z]{11}$/, 'is not the id of a token: 11 of 0-9, A-Z and a-z')
      .describe('Its second part.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a digest: 64 of 0-9 and a-f')
      .describe('The SHA-256 of all of its text.'),
    expires: z.iso
      .datetime({ offset: true, error: 'is not a time such as 2027-01-31T00:00:00Z' })
      .describe('When it ends, RFC 3339.'),
  })
  .describe('A token, without the token: `alertctl init` writes one. Others are made with `alertctl tokens create`.');

const subject = z
  .strictObject({
    issuer: z.string().describe('One of `issuers`.'),
    subject: z.string().min(1).max(255).describe('The claim `sub` of its tokens.'),
  })
  .describe('Whoever has a token of this issuer with this subject.');

const principal = z
  .strictObject({
    scopes: scopeList.describe('What it may do. None implies another.'),
    when: narrowing
      .optional()
      .describe('CEL over `type` and `source`: it reports and reads only alerts that match. Default: all.'),
    certificates: z
      .array(z.string().regex(/^[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,2000}$/, 'is not a URI'))
      .default([])
      .describe('Whoever has a client certificate with exactly this URI as its only subject alternative URI.'),
    subjects: z.array(subject).default([]).describe('Whoever has a token of an OIDC issuer.'),
    tokens: z.array(token).default([]).describe('Whoever has one of these tokens.'),
    slack: z
      .array(z.string().regex(/^[UW][A-Z0-9]{2,32}$/, 'is not the id of a Slack user, such as U0123ABCD'))
      .default([])
      .describe(
        "Slack users, by their ids, whose presses of Approve and Reject are this principal's: see `--slack-approvals`. " +
          'It needs the scope responses.approve.',
      ),
  })
  .describe('One principal. Its name is the `source` of the alerts that it reports.');

const isSafeUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username } = new URL(text);
  if (username !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
};

const safeUrl = () =>
  z.string().refine(isSafeUrl, 'is not an address that begins with https:// (http:// on this machine only)');

/** Signatures with a public key only: a shared secret would let everybody who checks tokens make some. */
export const jwtAlgorithms = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

const claimName = z.string().min(1).max(255);

const claims = z
  .strictObject({
    claim: z
      .union([claimName, z.array(claimName).min(1).max(8)])
      .describe(
        'The claim, such as `groups`; a list is a path, such as `[realm_access, roles]`. A text, or a list of texts.',
      ),
    grants: z
      .record(z.string().min(1).max(255), scopeList.describe('What this value gives.'))
      .describe(
        'Its values, letter by letter, each with the scopes that it gives. Whoever has several has all of theirs.',
      ),
  })
  .describe(
    'Whoever has a token with one of these values, and stands in no `subjects`. Its name is that of the issuer in this file, ' +
      'a point, and its `sub`, or a digest of that where no principal may have such a name. Default: nobody.',
  );

const issuer = z
  .strictObject({
    issuer: safeUrl().describe('The claim `iss`, letter by letter.'),
    audience: z.string().min(1).describe('What must stand in the claim `aud`: this gateway.'),
    keys: safeUrl().describe('Where its public keys are (`jwks_uri`). Fetched when needed, and kept for `keys_for`.'),
    algorithms: z.array(z.enum(jwtAlgorithms)).min(1).default(['ES256', 'RS256']).describe('With which it may sign.'),
    clock_tolerance: duration()
      .prefault('30s')
      .describe('How far its clock may be off. At most 5 minutes.')
      .refine((span) => span <= 300_000, 'is more than 5m'),
    keys_for: duration()
      .prefault('1h')
      .describe(
        'How long its keys are kept; a token of a key that is not known asks for them anew, at most every 30 s.',
      ),
    claims: claims.optional(),
  })
  .describe('An OIDC issuer whose tokens are taken.');

const limits = z.strictObject({
  in_flight: z.int().min(1).max(100_000).default(1_024).describe('Calls of one principal at a time.'),
  streams: z.int().min(1).max(20_000).default(256).describe('Open streams of one principal.'),
});

/** So many hexadecimal digits stand for a subject that no principal may be named after. */
export const claimedDigits = 32;

/** The identities file: the rule, the type and the documentation. */
export const identitiesSchema = z
  .strictObject({
    principals: z
      .record(
        z.string().refine(isPrincipalName, 'is not 1 to 64 of a-z, 0-9, ".", "_" and "-", or is `gateway`'),
        principal,
      )
      .default({})
      .describe('Who may call, by name. Who does not stand here may not, but for tokens that were made by an admin.'),
    issuers: z.record(z.string().min(1).max(64), issuer).default({}).describe('OIDC issuers, by a name for this file.'),
    denied_serials: z
      .array(
        z
          .string()
          .regex(/^[0-9A-Fa-f:]{2,80}$/, 'is not a serial number in hexadecimal digits')
          .transform(plainSerial),
      )
      .default([])
      .describe(
        'Serial numbers of client certificates that are taken no more. Quote them: YAML takes some for numbers.',
      ),
    limits: limits.prefault({}).describe('What one principal may have at a time.'),
  })
  .check((ctx) => {
    const issue = (path: PropertyKey[], message: string): void =>
      void ctx.issues.push({ code: 'custom', message, path, input: undefined });
    const seen = new Set<string>();
    const once = (key: string, path: PropertyKey[]): void => {
      if (seen.has(key)) issue(path, 'stands here twice');
      seen.add(key);
    };
    for (const [name, { certificates, subjects, tokens, slack }] of Object.entries(ctx.value.principals)) {
      const at = ['principals', name];
      certificates.forEach((uri, place) => once(`uri ${uri}`, [...at, 'certificates', place]));
      slack.forEach((id, place) => once(`slack ${id}`, [...at, 'slack', place]));
      tokens.forEach(({ id }, place) => once(`token ${id}`, [...at, 'tokens', place, 'id']));
      subjects.forEach((each, place) => {
        once(`sub ${each.issuer} ${each.subject}`, [...at, 'subjects', place]);
        if (!Object.hasOwn(ctx.value.issuers, each.issuer)) {
          issue([...at, 'subjects', place, 'issuer'], 'is not one of the issuers of this file');
        }
      });
    }
    for (const [name, each] of Object.entries(ctx.value.issuers)) {
      once(`iss ${each.issuer}`, ['issuers', name, 'issuer']);
      if (!each.claims) continue;
      // Names of its subjects begin with it, and must be nobody else's.
      if (name.includes('.') || !isPrincipalName(`${name}.${'0'.repeat(claimedDigits)}`)) {
        issue(['issuers', name], 'has `claims`, so its name is 1 to 31 of a-z, 0-9, "_" and "-"');
      }
      for (const other of Object.keys(ctx.value.principals)) {
        if (other.startsWith(`${name}.`))
          issue(['principals', other], 'begins as the names of an issuer with `claims` do');
      }
    }
  });

/** An identities file that was read. */
export type IdentitiesSource = z.output<typeof identitiesSchema>;
