import { readFile } from 'node:fs/promises';
import {
  type Head,
  type LogTrust,
  NotGenuine,
  type PublicKey,
  readCheckpoint,
  readKey,
} from '@therapytrain/alerts-audit-verifier';
import { UsageError } from '../output/fault.ts';

/** How a person says whom to trust. */
export interface TrustOptions {
  readonly logKey?: string;
  readonly witnessKey?: readonly string[];
  readonly seen?: readonly string[];
}

const keyOf = (text: string, flag: string): PublicKey => {
  try {
    return readKey(text);
  } catch {
    throw new UsageError(`${flag} is no public key of the form name+id+base64`);
  }
};

/** The keys that a person gave; the one of the log from the environment where they gave none. */
export const keysOf = (
  { logKey, witnessKey = [] }: TrustOptions,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly log: PublicKey | undefined; readonly witnesses: readonly PublicKey[] } => {
  const log = logKey ?? environment['ALERTS_AUDIT_LOG_KEY'];
  return {
    log: log === undefined ? undefined : keyOf(log, '--log-key'),
    witnesses: witnessKey.map((each) => keyOf(each, '--witness-key')),
  };
};

/** What a witness keeps of a log. */
export interface SeenLog {
  readonly size: number;
  /** In base64. */
  readonly root: string;
}

/** What a witness keeps. */
export interface SeenLogs {
  readonly logs: Readonly<Record<string, SeenLog>>;
}

const ofState = (text: string, origin: string): Head | undefined => {
  const { logs } = JSON.parse(text) as SeenLogs;
  const seen = logs[origin];
  return seen && { size: seen.size, root: Buffer.from(seen.root, 'base64') };
};

/** A head from the file of a witness, or from a checkpoint that was put aside and must be signed by one of the keys. */
const headOf = async (file: string, origin: string, keys: readonly PublicKey[]): Promise<Head> => {
  const text = await readFile(file, 'utf8');
  if (text.startsWith('{')) {
    const head = ofState(text, origin);
    if (head) return head;
    throw new UsageError(`the witness whose file was given has never seen the log ${origin}`);
  }
  const checkpoint = readCheckpoint(text, keys);
  if (checkpoint.origin !== origin) throw new UsageError('a checkpoint that was given is of another log');
  if (checkpoint.logs.length + checkpoint.witnesses.length > 0) return checkpoint;
  throw new NotGenuine('no key that was given has signed a checkpoint that was given');
};

/** All that a log is held against. */
export const trustOf = async (
  { seen = [] }: TrustOptions,
  log: PublicKey,
  witnesses: readonly PublicKey[],
): Promise<LogTrust> => ({
  log,
  witnesses,
  heads: await Promise.all(seen.map((file) => headOf(file, log.name, [log, ...witnesses]))),
});
