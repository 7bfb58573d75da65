import { parentPort, workerData } from 'node:worker_threads';
import type { StoreThreadOptions } from './messages.ts';
import { serveStore } from './serve.ts';

// Where the thread of a store begins. Of core it loads the wire form and what stores go by, and nothing else.
if (parentPort) serveStore(parentPort, workerData as StoreThreadOptions);
