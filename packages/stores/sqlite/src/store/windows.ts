import type { DatabaseSync } from 'node:sqlite';
import type { DetectionWindow, WindowCount, WindowKey } from '@therapytrain/alerts-core';
import type { PackedChanges } from './rows.ts';

/** What may be asked of the windows of detections. */
export interface WindowQuestions {
  windows(keys: readonly WindowKey[]): readonly DetectionWindow[];
  windowCounts(): readonly WindowCount[];
}

/** Makes what saves windows and lets them go, within a transaction. */
export const createKeepWindows = (db: DatabaseSync) => {
  const save = db.prepare(`
    INSERT INTO windows (detection, of_group, touched, expires, state) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET touched = excluded.touched, expires = excluded.expires, state = excluded.state
  `);
  const expire = db.prepare('DELETE FROM windows WHERE expires < ?');
  const oldest = db.prepare(`
    DELETE FROM windows WHERE rowid IN (
      SELECT rowid FROM windows WHERE detection = ? ORDER BY touched, of_group LIMIT ?
    )
  `);
  return ({ windows, letGo }: Pick<PackedChanges, 'windows' | 'letGo'>): void => {
    for (const { detection, group, touched, expires, state } of windows) {
      save.run(detection, group, touched, expires, state);
    }
    if (!letGo) return;
    expire.run(letGo.expiredBefore);
    for (const { detection, count } of letGo.oldest) oldest.run(detection, count);
  };
};

/** Makes what answers about windows. */
export const createWindowQuestions = (db: DatabaseSync): WindowQuestions => {
  const one = db.prepare(`
    SELECT detection, of_group AS "group", state, touched, expires FROM windows WHERE detection = ? AND of_group = ?
  `);
  const counts = db.prepare('SELECT detection, windows FROM window_counts ORDER BY detection');
  return {
    windows: (keys) =>
      keys.flatMap(({ detection, group }) => one.all(detection, group) as unknown as readonly DetectionWindow[]),
    windowCounts: () => counts.all() as unknown as readonly WindowCount[],
  };
};
