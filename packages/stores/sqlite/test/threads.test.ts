import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

// What a module loads, and what of it lies in core: written by a process that loads nothing else.
const script = (entry: string): string => `
  const { registerHooks } = require('node:module');
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  import(${JSON.stringify(entry)}).then(() => {
    console.log(JSON.stringify(loaded.filter((url) => url.includes('/core/'))));
  });
`;

const loadedOfCore = (file: string): readonly string[] => {
  const entry = new URL(`../src/${file}`, import.meta.url).href;
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const text = execFileSync(process.execPath, [...flags, '-e', script(entry)], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return JSON.parse(text) as readonly string[];
};

describe('what a thread loads', () => {
  // All of core takes half a second of a processor and 40 MB.
  test.each(['serve-writer.ts', 'serve-reader.ts', 'store/serve.ts'])('of core %s does not load the whole', (file) => {
    const loaded = loadedOfCore(file);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.filter((url) => url.endsWith('/core/src/index.ts'))).toEqual([]);
  });

  test('who asks the threads loads more, and it is seen', () => {
    expect(loadedOfCore('store/asking.ts').some((url) => url.endsWith('/core/src/index.ts'))).toBe(true);
  });
});
