import { parentPort, workerData } from 'node:worker_threads';
import type { StoreThreadOptions } from './messages.ts';
import { serveStore } from './serve.ts';

// Where the thread of a store begins. It loads types of core and nothing else of it.
if (parentPort) serveStore(parentPort, workerData as StoreThreadOptions);
