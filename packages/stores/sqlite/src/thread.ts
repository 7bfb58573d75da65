import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadOptions } from './messages.ts';
import { serveReader } from './serve-reader.ts';
import { serveWriter } from './serve-writer.ts';

// Where both threads begin. They load the wire form of core and nothing else of it: see core/src/wire/index.ts.
const options = workerData as ThreadOptions;
const serve = { writer: serveWriter, reader: serveReader }[options.role];
if (parentPort) serve(parentPort, options);
