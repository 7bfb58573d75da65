import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createToken, type Instant, type Random, scopes } from '@therapytrain/alerts-core';
import { UsageError } from '../output/fault.ts';
import { createAuthority } from './certificates.ts';

/** What a first run is made of. */
export interface InitOptions {
  readonly directory: string;
  /** By which host names and addresses the gateway is reached. */
  readonly hosts: readonly string[];
  /** How long certificates and token are good for. */
  readonly days: number;
  readonly now: Instant;
  readonly random: Random;
}

/** The text of a file by its path in the directory, and whether only its owner may read it. */
type Files = Readonly<Record<string, { readonly text: string; readonly secret?: true }>>;

const day = 86_400_000;

/** The URI in the certificate of a client of this first run. */
export const clientUri = (name: string): string => `urn:therapytrain:alerts:client:${name}`;

const identitiesText = (token: { readonly id: string; readonly digest: string }, expires: string): string => `\
# Who may call the gateway. It is read again when it changes; docs/config.md has every key.
principals:
  # You. The token is in admin.token, only its digest is here; remove it once you have others.
  admin:
    scopes: [${scopes.join(', ')}]
    certificates: [${clientUri('admin')}]
    tokens:
      - { id: ${token.id}, sha256: ${token.digest}, expires: '${expires}' }
  # A service that reports. What it may report can be narrowed, e.g. with when: type == "AUTH_FAILURE"
  reporter:
    scopes: [alerts.write]
    certificates: [${clientUri('reporter')}]

# Serial numbers of client certificates that are taken no more, in quotes.
denied_serials: []
`;

const policyText = `\
# Who is told of what. Alerts are kept and can be listed and streamed; nobody is told yet.
# \`alertctl policy check FILE\` says what is wrong with a policy; docs/config.md has every key.
retention:
  max_age: 365d
  max_size: 20GiB

# Secrets are never written here: { env: NAME } or { file: path } says where they are.
#channels:
#  mail:
#    kind: email
#    host: mail.clinic.example
#    from: Alerts <alerts@clinic.example>
#    recipients: [security@clinic.example]
#receivers:
#  security: { channels: [mail] }
#routes:
#  - receivers: [security]
`;

const filesOf = async ({ hosts, days, now, random }: InitOptions): Promise<Files> => {
  const authority = await createAuthority(now, days);
  const [server, admin, reporter] = await Promise.all([
    authority.server(hosts),
    authority.client(clientUri('admin')),
    authority.client(clientUri('reporter')),
  ]);
  const token = createToken(random);
  const pair = (name: string, { cert, key }: { readonly cert: string; readonly key: string }): Files => ({
    [`tls/${name}.crt`]: { text: cert },
    [`tls/${name}.key`]: { text: key, secret: true },
  });
  return {
    ...pair('ca', authority),
    ...pair('server', server),
    ...pair('admin', admin),
    ...pair('reporter', reporter),
    'admin.token': { text: `${token.text}\n`, secret: true },
    'identities.yaml': { text: identitiesText(token, new Date(now + days * day).toISOString()) },
    'policy.yaml': { text: policyText },
  };
};

const isThere = (path: string): UsageError =>
  new UsageError(`${path} is there already, and is not overwritten. Name another directory.`);

/**
 * Writes all that a gateway needs to be reached by others. Gives the paths, below the directory. Overwrites nothing:
 * throws a `UsageError` where one of the files is there.
 */
export const writeInitFiles = async (options: InitOptions): Promise<readonly string[]> => {
  const files = await filesOf(options);
  // Half of it would be of no use.
  const there = Object.keys(files).find((name) => existsSync(join(options.directory, name)));
  if (there !== undefined) throw isThere(join(options.directory, there));
  for (const [name, { text, secret }] of Object.entries(files)) {
    const path = join(options.directory, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeFile(path, text, { flag: 'wx', mode: secret ? 0o600 : 0o644, flush: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw isThere(path);
    }
    // The mode above is less what the umask takes away, which for a secret is never too little.
    if (secret) await chmod(path, 0o600);
  }
  return Object.keys(files);
};
