import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';
import { sourceFlags } from '../bench/workspace.ts';

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const alertctl = path('../../apps/alertctl/src/main.ts');
const shiftedClock = path('../torture/shift.ts');
const days = 86_400_000;

/** What proves somebody: a certificate and its key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** What a gateway that asks who calls is made of, and what hostile peers have instead. */
export interface Secured {
  /** The authority of the gateway's certificate. */
  readonly ca: string;
  /** The token of the admin, as whom the client that behaves reports. */
  readonly token: string;
  readonly server: Pair;
  /** Of the admin: one that is good, one of an authority that is trusted too but that has ended, one of nobody's. */
  readonly client: Readonly<Record<'good' | 'expired' | 'foreign', Pair>>;
}

const init = (directory: string, env: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Promise<unknown> =>
  run(process.execPath, [...sourceFlags, ...flags, alertctl, 'init', directory, '--days', '2'], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });

/**
 * Makes it all with `alertctl init`, three times, once with a clock that is ten days behind. The gateway trusts the first
 * authority and that one.
 */
export const makeSecured = async (directory: string): Promise<void> => {
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('shift'), String(-10 * days));
  await Promise.all([
    init(at('good')),
    init(at('expired'), { TORTURE_SHIFT: at('shift') }, ['--import', shiftedClock]),
    init(at('foreign')),
  ]);
  const authorities = ['good', 'expired'].map((name) => readFileSync(at(`${name}/tls/ca.crt`), 'utf8'));
  writeFileSync(at('clients.crt'), authorities.join(''));
};

/** The name in the certificate, in place of the address of this machine, which no server name may be (RFC 6066). */
export const byName = (address: string): string => address.replace('127.0.0.1', 'localhost');

/** The arguments with which a gateway takes it. */
export const securedArguments = (directory: string): readonly string[] => {
  const at = (name: string): string => join(directory, name);
  return [
    ...['--identities', at('good/identities.yaml'), '--client-ca', at('clients.crt')],
    ...['--tls-cert', at('good/tls/server.crt'), '--tls-key', at('good/tls/server.key')],
  ];
};

/** Reads what {@link makeSecured} made. */
export const readSecured = (directory: string): Secured => {
  const text = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const pair = (name: string): Pair => ({ cert: text(`${name}.crt`), key: text(`${name}.key`) });
  return {
    ca: text('good/tls/ca.crt'),
    token: text('good/admin.token').trim(),
    server: pair('good/tls/server'),
    client: { good: pair('good/tls/admin'), expired: pair('expired/tls/admin'), foreign: pair('foreign/tls/admin') },
  };
};

/** The settings of a client of ours, which proves who it is by the token. */
export const securedClient = (secured: Secured | undefined) =>
  secured && { tls: { ca: secured.ca }, token: secured.token };

/** The same for a client that the generated code makes. */
export const securedChannel = (secured: Secured | undefined): ChannelCredentials | undefined => {
  if (!secured) return undefined;
  const bearing = credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${secured.token}`);
    done(null, metadata);
  });
  return credentials.combineChannelCredentials(credentials.createSsl(Buffer.from(secured.ca)), bearing);
};
