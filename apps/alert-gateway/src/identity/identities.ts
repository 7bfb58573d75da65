import { AlertError, type Instant, type Principal, type Proof } from '@therapytrain/alerts-core';
import { readDocument } from '@therapytrain/alerts-manager';
import { readFileSync } from 'node:fs';
import { faultLine } from '../policy-file.ts';
import { type ClaimedPrincipal, principalsByClaims } from './claims.ts';
import { identitiesSchema, type IdentitiesSource } from './identities-schema.ts';

/** A token that stands in the identities file. */
export interface FileToken {
  readonly digest: string;
  readonly principal: Principal;
  readonly expiresAt: Instant;
}

/** Who may call, as a file says it. */
export interface Identities {
  /** By the URI of the certificate. */
  certificate(uri: string): Principal | undefined;
  /** By the `iss` and `sub` of a token of an OIDC issuer. */
  subject(issuer: string, subject: string): Principal | undefined;
  /** By what an issuer says in a token whose subject it does not know by name: the payload, verified. */
  claimed(issuer: string, payload: Readonly<Record<string, unknown>>): Principal | undefined;
  /** By the id of a token. */
  token(id: string): FileToken | undefined;
  /** By the id of a Slack user. */
  slack(user: string): Principal | undefined;
  /** The issuers whose tokens are taken, by `iss`. */
  readonly issuers: ReadonlyMap<string, IdentitiesSource['issuers'][string]>;
  readonly denied: ReadonlySet<string>;
  readonly limits: { readonly inFlight: number; readonly streams: number };
}

const principalOf = (
  name: string,
  { scopes, when }: IdentitiesSource['principals'][string],
  how: Proof,
): Principal => ({
  name,
  scopes: new Set(scopes),
  how,
  ...(when && { when }),
});

const subjectKey = (issuer: string, subject: string): string => JSON.stringify([issuer, subject]);

const identitiesOf = ({ principals, issuers, denied_serials, limits }: IdentitiesSource): Identities => {
  const certificates = new Map<string, Principal>();
  const subjects = new Map<string, Principal>();
  const tokens = new Map<string, FileToken>();
  const slack = new Map<string, Principal>();
  for (const [name, each] of Object.entries(principals)) {
    for (const uri of each.certificates) certificates.set(uri, principalOf(name, each, 'mtls'));
    for (const user of each.slack) slack.set(user, principalOf(name, each, 'token'));
    for (const { issuer, subject } of each.subjects) {
      const iss = issuers[issuer]?.issuer ?? '';
      subjects.set(subjectKey(iss, subject), principalOf(name, each, 'jwt'));
    }
    for (const { id, sha256, expires } of each.tokens) {
      tokens.set(id, { digest: sha256, principal: principalOf(name, each, 'token'), expiresAt: Date.parse(expires) });
    }
  }
  const claimed = new Map<string, ClaimedPrincipal>();
  for (const [name, { issuer, claims }] of Object.entries(issuers)) {
    if (claims) claimed.set(issuer, principalsByClaims(name, claims));
  }
  return {
    claimed: (issuer, payload) => claimed.get(issuer)?.(payload),
    certificate: (uri) => certificates.get(uri),
    subject: (issuer, subject) => subjects.get(subjectKey(issuer, subject)),
    token: (id) => tokens.get(id),
    slack: (user) => slack.get(user),
    issuers: new Map(Object.values(issuers).map((each) => [each.issuer, each])),
    denied: new Set(denied_serials),
    limits: { inFlight: limits.in_flight, streams: limits.streams },
  };
};

/** Reads the text of an identities file. Throws `NOT_CONFIGURED` with every fault, each with its line and column. */
export const readIdentities = (text: string, file: string): Identities => {
  const { value, faults } = readDocument(text, identitiesSchema);
  if (value) return identitiesOf(value);
  const lines = [`the identities ${file} are not valid:`, ...faults.map((each) => `  ${faultLine(each)}`)];
  throw new AlertError('NOT_CONFIGURED', lines.join('\n'));
};

/** Loads an identities file. Throws `NOT_CONFIGURED`. */
export const loadIdentities = (file: string): Identities => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AlertError('NOT_CONFIGURED', `the identities ${file} cannot be read (${code})`, { cause });
  }
  return readIdentities(text, file);
};
