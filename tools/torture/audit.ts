import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createTileReader, encodeEntry, readSigner, tileWidth } from '@therapytrain/alerts-audit';
import { createLogCheck, NotGenuine, readCheckpoint, readKey } from '@therapytrain/alerts-audit-verifier';
import { AlertError, type AuditEntry } from '@therapytrain/alerts-core';

/** The files of the audit log in a data directory. */
export const auditFiles = { log: 'audit', key: 'audit.key' } as const;

interface Row extends Omit<AuditEntry, 'facts'> {
  readonly facts: string;
}

const entriesOf = (directory: string, size: number): readonly AuditEntry[] => {
  const db = new DatabaseSync(join(directory, 'plan.db'));
  try {
    const rows = db.prepare('SELECT * FROM audit WHERE sequence <= ? ORDER BY sequence').all(size) as unknown as Row[];
    return rows.map((row) => ({ ...row, facts: JSON.parse(row.facts) as AuditEntry['facts'] }));
  } finally {
    db.close();
  }
};

/**
 * Why the audit log of a directory that nobody has open is not genuine: every entry of the store that its checkpoint
 * covers makes its tree, and every bundle and tile holds the same. Undefined where it is, or where none was begun.
 */
export const auditFault = async (directory: string): Promise<string | undefined> => {
  const file = join(directory, auditFiles.log, 'checkpoint');
  if (!existsSync(file)) return undefined;
  const note = readFileSync(file, 'utf8');
  const log = readKey(readSigner(readFileSync(join(directory, auditFiles.key), 'utf8')).vkey);
  try {
    const { size } = readCheckpoint(note, [log]);
    const leaves = entriesOf(directory, size).map(encodeEntry);
    const check = createLogCheck({ log });
    for (const leaf of leaves) check.add(leaf);
    check.finish(note);
    const reader = createTileReader(join(directory, auditFiles.log), size);
    for (let index = 0; index * tileWidth < size; index++) {
      const bundle = await reader.leaves(index);
      const wrong = bundle.findIndex((leaf, at) => !leaves[index * tileWidth + at]?.equals(leaf));
      if (wrong >= 0) return `entry ${index * tileWidth + wrong + 1} of the tiles is not that of the store`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof NotGenuine || error instanceof AlertError) return error.message;
    throw error;
  }
};
