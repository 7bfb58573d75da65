import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKey, readSigner, type Signer, signatureTypes } from '@therapytrain/alerts-audit';
import { AlertError, type Random } from '@therapytrain/alerts-core';

/** Where the keys of the audit log are. */
export interface AuditKeyOptions {
  /** `file:PATH`, `env:NAME` or a path; undefined for the one in the data directory, which is made if it is not there. */
  readonly key?: string;
  /** The key before, while one hands over to the other. */
  readonly previous?: string;
  readonly directory: string;
}

/** The keys that the log is signed by. */
export interface AuditKeys {
  readonly current: Signer;
  /** Signs too, and hands over. */
  readonly previous: Signer | undefined;
  /** True if the current one was made just now. */
  readonly made: boolean;
}

const nameBytes = 8;
const ownFile = 'audit.key';

const textOf = (reference: string, env: NodeJS.ProcessEnv): string => {
  if (!reference.startsWith('env:')) return readFileSync(reference.replace(/^file:/, ''), 'utf8');
  const text = env[reference.slice(4)];
  if (text) return text;
  throw new AlertError(
    'NOT_CONFIGURED',
    'the environment variable that is to hold the key of the audit log is not set',
  );
};

const signerOf = (text: string): Signer => {
  const signer = readSigner(text);
  if (signer.type === signatureTypes.note) return signer;
  throw new AlertError('NOT_CONFIGURED', 'the key of the audit log is that of a witness');
};

const ownKey = (directory: string, random: Random): { readonly signer: Signer; readonly made: boolean } => {
  const file = join(directory, ownFile);
  try {
    return { signer: signerOf(readFileSync(file, 'utf8')), made: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = new Uint8Array(nameBytes);
  random.fill(id);
  // A name of its own: a witness knows logs by it.
  const signer = createKey(`alerts.local/${Buffer.from(id).toString('hex')}`, signatureTypes.note, random);
  // Under its name only once it is whole: a start that was cut off must not leave half a key behind.
  writeFileSync(`${file}.new`, `${signer.secretText()}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return { signer, made: true };
};

/**
 * The keys of the audit log. Throws `NOT_CONFIGURED` or `FIELD_INVALID` for what is no such key, or where the two keys
 * are of logs with different names; the message never holds a key.
 */
export const loadAuditKeys = (
  { key, previous, directory }: AuditKeyOptions,
  random: Random,
  env: NodeJS.ProcessEnv,
): AuditKeys => {
  const { signer, made } =
    key === undefined ? ownKey(directory, random) : { signer: signerOf(textOf(key, env)), made: false };
  const before = previous === undefined ? undefined : signerOf(textOf(previous, env));
  if (before && before.name !== signer.name) {
    throw new AlertError('NOT_CONFIGURED', 'the new key of the audit log must have the name of the one before');
  }
  return { current: signer, previous: before?.id === signer.id ? undefined : before, made };
};
