import type { Store } from '@therapytrain/alerts-core';
import { openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { type OpenStore, storeContract, testPorts } from '@therapytrain/alerts-testkit';
import { copyDirectory, removeDirectories, storeFiles, temporaryDirectory } from './support/directories.ts';

const openSubject: OpenStore = async () => {
  const ports = testPorts();
  const directories = [temporaryDirectory()];
  const stores: Store[] = [];
  const open = async (): Promise<Store> => {
    const store = await openSqliteStore({ directory: directories.at(-1) ?? '', clock: ports.clock });
    stores.push(store);
    return store;
  };
  return {
    store: await open(),
    ports,
    reopen: async () => {
      await stores.at(-1)?.close();
      return open();
    },
    crash: () => {
      directories.push(copyDirectory(directories.at(-1) ?? '', temporaryDirectory(), storeFiles));
      return open();
    },
    dispose: async () => {
      await Promise.all(stores.map((store) => store.close()));
      removeDirectories(directories);
    },
  };
};

storeContract('the store over SQLite', openSubject);
