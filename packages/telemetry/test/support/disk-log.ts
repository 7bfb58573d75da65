import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertLog } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';

/** A real log in a directory of its own, and how to let go of both. */
export const openDiskLog = async (): Promise<{ readonly log: AlertLog; dispose(): Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), 'alerts-telemetry-'));
  const log = await createSqliteLog({ directory });
  return {
    log,
    dispose: async () => {
      await log.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
