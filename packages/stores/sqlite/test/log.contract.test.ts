import type { AlertLog } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import { logContract, type OpenLog, testPorts } from '@therapytrain/alerts-testkit';
import { copyDirectory, removeDirectories, temporaryDirectory } from './support/directories.ts';

const openSubject: OpenLog = async () => {
  const directories = [temporaryDirectory()];
  const logs: AlertLog[] = [];
  const open = async (): Promise<AlertLog> => {
    const log = await createSqliteLog({ directory: directories.at(-1) ?? '' });
    logs.push(log);
    return log;
  };
  return {
    log: await open(),
    ports: testPorts(),
    reopen: async () => {
      await logs.at(-1)?.close();
      return open();
    },
    crash: () => {
      directories.push(copyDirectory(directories.at(-1) ?? ''));
      return open();
    },
    dispose: async () => {
      await Promise.all(logs.map((log) => log.close()));
      removeDirectories(directories);
    },
  };
};

logContract('the log over SQLite', openSubject);
