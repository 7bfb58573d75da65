import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { createToken, type NewAuditEntry, type Scope, systemPorts, systemRandom } from '@therapytrain/alerts-core';
import { createSubjects, type Subjects } from '@therapytrain/alerts-audit';
import { createPseudonyms, Secret } from '@therapytrain/alerts-core/channel';
import { createMemoryStore } from '@therapytrain/alerts-testkit';
import type { Rate } from '../../src/identity/rates.ts';
import { type Identity, startIdentity } from '../../src/identity/identity.ts';
import { after, openGateway, temporaryDirectory, type TestGateway, type TestGatewayOptions } from '../support.ts';

/** A gateway that asks who calls. */
export interface IdentityGateway extends TestGateway {
  readonly identity: Identity;
  /** What was written to the audit. */
  readonly audit: NewAuditEntry[];
  /** What stands for addresses in it. */
  readonly subjects: Subjects;
  /** Writes another identities file. */
  rewrite(text: string): void;
  /** Makes a token, as an admin would. */
  token(scopes: readonly Scope[], options?: TokenOptions): Promise<string>;
}

interface TokenOptions {
  readonly principal?: string;
  readonly when?: string;
  /** Milliseconds. */
  readonly for?: number;
}

/** What differs from the usual. */
export interface IdentityGatewayOptions extends TestGatewayOptions {
  readonly text?: string;
  /** How often logins may fail. Default: as often as a test likes. */
  readonly failures?: Rate;
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

const hour = 3_600_000;
const often: Rate = { perSecond: 1e6, burst: 1e6 };

/** Metadata with a token, and more where it is given. */
export const bearing = (token: string | undefined, more: Readonly<Record<string, string>> = {}): Metadata => {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  for (const [key, value] of Object.entries(more)) metadata.set(key, value);
  return metadata;
};

/** The pseudonyms of all gateways of tests. */
export const testPseudonyms = createPseudonyms(new Secret('k'.repeat(32)));

/** A token that nobody knows, in the form of ours. */
export const strangeToken = (): string => createToken(systemRandom).text;

let requests = 0;

/** Starts a gateway that ends with the test, or, from `beforeAll`, with the file. */
export const openIdentityGateway = async (
  { text = 'principals: {}', tls, failures = often, ...options }: IdentityGatewayOptions = {},
  when: 'each' | 'all' = 'each',
): Promise<IdentityGateway> => {
  const directory = options.directory ?? (await temporaryDirectory(when));
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'identities.yaml');
  writeFileSync(file, text);
  const audit: NewAuditEntry[] = [];
  const ports = options.ports ?? systemPorts(undefined);
  const fail = (error: unknown): void => {
    throw error;
  };
  const subjects = createSubjects({ store: createMemoryStore(ports), key: new Uint8Array(32), random: systemRandom });
  const identity = await startIdentity({
    file,
    directory,
    tls,
    ports,
    record: async (entries) => void audit.push(...entries),
    commitment: subjects.commit,
    onChange: () => {},
    onFailure: fail,
  });
  after(() => identity.stop(), when);
  const gateway = await openGateway(
    { inMemory: true, identity: { ...identity, failures }, pseudonyms: testPseudonyms, ...options, ports, directory },
    when,
  );
  return {
    ...gateway,
    identity,
    subjects,
    audit,
    rewrite: (next) => writeFileSync(file, next),
    token: async (scopes, { principal = 'somebody', when: narrowing = '', for: length = hour } = {}) => {
      const wish = { request: `request ${requests++}`, principal, scopes, when: narrowing };
      return (await identity.tokens.create({ ...wish, expiresAt: ports.clock.now() + length }, 'test')).text;
    },
  };
};
