import { constants, copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditFault, auditFiles } from './audit.ts';

const file = 'alerts.db';
// Not the shared-memory index: it says nothing after a crash, and is made anew.
const parts = [...['alerts.db', 'plan.db'].flatMap((each) => [each, `${each}-wal`, `${each}-journal`]), 'cursor.key'];

/** Copies the files of a log that nobody has open, so that a look at them changes nothing. */
export const copyLog = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const part of parts) {
    if (existsSync(join(from, part))) copyFileSync(join(from, part), join(to, part), constants.COPYFILE_FICLONE);
  }
  for (const part of Object.values(auditFiles)) {
    if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true });
  }
};

/** What a look at the database without the gateway tells. */
export interface Inspection {
  /** What `PRAGMA integrity_check` says; `['ok']` is good. */
  readonly integrity: readonly string[];
  readonly alerts: number;
  /** Request ids that are known. Without retention there are as many as alerts. */
  readonly reports: number;
  /** Why the audit log is not genuine; undefined where it is. */
  readonly audit?: string | undefined;
}

const inspectAlerts = (directory: string): Inspection | undefined => {
  if (!existsSync(join(directory, file))) return undefined;
  const db = new DatabaseSync(join(directory, file));
  try {
    const integrity = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
    const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name IN ('alerts', 'reports')").get();
    const count = (table: 'alerts' | 'reports'): number =>
      (tables as { count: number }).count < 2
        ? 0
        : (db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count;
    return {
      integrity: integrity.map(({ integrity_check: line }) => line),
      alerts: count('alerts'),
      reports: count('reports'),
    };
  } catch (error) {
    return { integrity: [error instanceof Error ? error.message : 'unknown error'], alerts: 0, reports: 0 };
  } finally {
    db.close();
  }
};

/**
 * Opens the databases of a directory as SQLite does after a crash, and checks them and the audit log. Undefined where
 * there is none yet.
 */
export const inspect = async (directory: string): Promise<Inspection | undefined> => {
  const inspection = inspectAlerts(directory);
  return inspection && { ...inspection, audit: await auditFault(directory) };
};

/** Changes a database of a directory, for controls. Default: that of the log. */
export const tamper = (directory: string, change: (db: DatabaseSync) => void, name = file): void => {
  const db = new DatabaseSync(join(directory, name));
  try {
    change(db);
  } finally {
    db.close();
  }
};
