import type { DatabaseSync } from 'node:sqlite';
import type { SubjectKey } from '@therapytrain/alerts-core';
import type { PackedChanges } from './rows.ts';

/** Makes what keeps and erases the keys of commitments, within a transaction. */
export const createKeepSubjects = (db: DatabaseSync) => {
  const keep = db.prepare('INSERT INTO subjects VALUES (?, ?) ON CONFLICT DO NOTHING');
  const erase = db.prepare('DELETE FROM subjects WHERE id = ?');
  return ({ subjectKeys, erase: ids }: Pick<PackedChanges, 'subjectKeys' | 'erase'>): void => {
    for (const { id, key } of subjectKeys) keep.run(id, key);
    if (ids.length === 0) return;
    // What is deleted is overwritten: a key that is erased must not be found in a free page. Only here, since it costs.
    db.exec('PRAGMA secure_delete = ON');
    for (const id of ids) erase.run(id);
    db.exec('PRAGMA secure_delete = OFF');
  };
};

/** Makes what finds the keys of commitments. */
export const createSubjectKeys = (db: DatabaseSync) => {
  const find = db.prepare('SELECT id, key FROM subjects WHERE id = ?');
  return (ids: readonly string[]): readonly SubjectKey[] =>
    ids.flatMap((id) => (find.all(id) as unknown as SubjectKey[]).map((row) => ({ ...row })));
};
