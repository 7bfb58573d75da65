import { mkdirSync } from 'node:fs';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openSpoolFile, type SpoolFile } from './file.ts';
import type { SpoolFault, SpoolReply, SpoolRequest, SpoolThreadOptions } from './messages.ts';

const sqliteBusy = 5;
const sqliteFull = 13;

const faultOf = (error: unknown): SpoolFault => {
  const code = typeof error === 'object' && error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === sqliteBusy) return 'locked';
  return code === sqliteFull ? 'full' : 'broken';
};

const attempt = (work: () => SpoolReply): SpoolReply => {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unknown error';
    return { kind: 'failed', fault: faultOf(error), message };
  }
};

const answer = (file: SpoolFile, request: SpoolRequest): SpoolReply => {
  switch (request.kind) {
    case 'put':
      return { kind: 'put', ...file.put(request.items), size: file.size() };
    case 'first':
      return { kind: 'rows', rows: file.first(request.maxCount, request.maxBytes) };
    case 'remove':
      file.remove(request.places);
      return { kind: 'done', size: file.size() };
    case 'close': {
      const size = file.size();
      file.close();
      return { kind: 'done', size };
    }
  }
};

const serve = (port: MessagePort, options: SpoolThreadOptions): void => {
  let file: SpoolFile | undefined;
  const opened = attempt(() => {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    file = openSpoolFile(options.directory, options);
    return { kind: 'done', size: file.size() };
  });
  port.postMessage(opened);
  if (!file) return port.close();
  const open = file;
  port.on('message', (request: SpoolRequest) => {
    port.postMessage(attempt(() => answer(open, request)));
    if (request.kind === 'close') port.close();
  });
};

if (parentPort) serve(parentPort, workerData as SpoolThreadOptions);
