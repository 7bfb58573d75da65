import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { tell } from './script.ts';

// Loaded ahead of a server whose memory is measured: on SIGUSR2 it gives back all that it does not need any more, so
// that what is compared is what is held, and not when the collector happened to run.
const watch = (): void => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  process.on('SIGUSR2', () => {
    for (let times = 0; times < 2; times++) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    tell('collected');
  });
};

if (isMainThread) watch();
