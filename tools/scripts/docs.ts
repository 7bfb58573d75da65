import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { apiDocs } from './docs/api.ts';
import { channelReadmes } from './docs/channels.ts';
import { configDocs } from './docs/config.ts';
import { errorDocs } from './docs/errors.ts';
import { metricDocs } from './docs/metrics.ts';
import { responderReadme } from './docs/responders.ts';
import { root } from './shell.ts';

// Everything that can be printed from code is printed, so that it cannot drift from it.
const pages: Readonly<Record<string, string>> = {
  'docs/api.md': apiDocs(),
  'docs/config.md': configDocs(),
  'docs/errors.md': errorDocs(),
  'docs/metrics.md': metricDocs(),
  ...(await channelReadmes()),
  ...(await responderReadme()),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [file, text] of Object.entries(pages)) {
  const path = join(root, file);
  const page = await format(text, { ...(await resolveConfig(path)), parser: 'markdown' });
  if (!check) writeFileSync(path, page);
  else if (readFileSync(path, 'utf8') !== page) {
    console.error(`✗ ${file} is not what the code says; run "npm run docs"`);
    stale++;
  }
}
console.log(
  check ? `${Object.keys(pages).length} printed pages, ${stale} stale` : `Wrote ${Object.keys(pages).join(', ')}`,
);
process.exit(stale === 0 ? 0 : 1);
