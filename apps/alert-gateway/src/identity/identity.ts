import type { NewAuditEntry, Ports, Principal } from '@therapytrain/alerts-core';
import type { Commitment } from '@therapytrain/alerts-manager';
import { openSqliteTokens } from '@therapytrain/alerts-store-sqlite';
import { createReadFiles, watchFiles } from '../file-watch.ts';
import type { GatewayIdentity } from '../gateway.ts';
import { startAccessLog } from './access-log.ts';
import { createAuthenticate } from './authenticate.ts';
import { type Identities, loadIdentities } from './identities.ts';
import { createJwtCheck } from './jwt.ts';
import { startTls, type TlsFiles } from './tls.ts';
import { openTokenBook } from './tokens.ts';

/** What authentication is made of. */
export interface IdentityParts {
  /** The identities file. */
  readonly file: string;
  readonly directory: string;
  readonly tls: TlsFiles | undefined;
  readonly ports: Ports;
  /** Writes entries of the audit. */
  readonly record: (entries: readonly NewAuditEntry[]) => Promise<void>;
  /** Stands for an address in the audit. */
  readonly commitment: Commitment;
  /** Told of another identities file or certificate in force, or why it is not. */
  readonly onChange: (what: 'identities' | 'certificate', error?: unknown) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Authentication at work. */
export interface Identity extends GatewayIdentity {
  /** The principal that a Slack user is, by the identities in force. */
  slack(user: string): Principal | undefined;
  /** Writes what is still to be written, and closes the tokens. Called again, does nothing. */
  stop(): Promise<void>;
}

/** The identities in force: those of the file, or, while it is not valid, those that it had before. */
const followIdentities = (
  { file, ports, onChange, record, onFailure }: IdentityParts,
  onDenied: (serials: ReadonlySet<string>) => void,
) => {
  const files = createReadFiles();
  const load = (): Identities => {
    files.begin()(file);
    return loadIdentities(file);
  };
  let present: Identities = load();
  const watching = watchFiles(files, ports.clock, () => {
    const { denied } = present;
    try {
      present = load();
    } catch (error) {
      return onChange('identities', error);
    }
    onDenied(present.denied.difference(denied));
    onChange('identities');
    const entry = { at: ports.clock.now(), actor: 'gateway', action: 'identities.changed', subject: 'identities' };
    record([{ ...entry, facts: { cause: 'file' } }]).catch(onFailure);
  });
  return { present: () => present, stop: watching.stop };
};

/** Starts authentication. Rejects with `NOT_CONFIGURED` where a file is not there or not valid. */
export const startIdentity = async (parts: IdentityParts): Promise<Identity> => {
  const { ports, record, commitment, onFailure, onChange } = parts;
  const { clock, random } = ports;
  const tls = parts.tls && startTls(parts.tls, clock, (error) => onChange('certificate', error));
  const identities = followIdentities(parts, (serials) => tls?.deny(serials));
  const store = await openSqliteTokens({ directory: parts.directory });
  const tokens = await openTokenBook({ store, identities: identities.present, clock, random, record, onFailure });
  const jwt = createJwtCheck({ identities: identities.present, clock });
  const log = startAccessLog({ clock, commitment, record, onFailure });
  const stop = async (): Promise<void> => {
    identities.stop();
    tls?.stop();
    await log.close();
    await tokens.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    authenticate: createAuthenticate({ identities: identities.present, tokens, jwt, clock }),
    tokens,
    slack: (user) => identities.present().slack(user),
    limits: () => identities.present().limits,
    log,
    ...(tls && { secure: tls.secure }),
    stop: () => (stopped ??= stop()),
  };
};
