import { createMemoryStore, type OpenStore, storeContract, testPorts } from '@therapytrain/alerts-testkit';

const openSubject: OpenStore = async () => {
  const ports = testPorts();
  const store = createMemoryStore(ports);
  return { store, ports, dispose: () => store.close() };
};

storeContract('a store over maps', openSubject, { durable: false });
