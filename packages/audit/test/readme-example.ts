import { createKey, encodeEntry, openTileLog, signatureTypes } from '@therapytrain/alerts-audit';
import { type AuditEntry, systemRandom } from '@therapytrain/alerts-core';

const key = createKey('log.example/alerts', signatureTypes.note, systemRandom);

/** Appends entries, and gives the checkpoint over all that the log has. */
export const publish = async (directory: string, entries: readonly AuditEntry[]): Promise<string> => {
  const log = await openTileLog({ directory, origin: key.name, known: [key] });
  return log.append(entries.map(encodeEntry), [key]);
};
