import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import * as alerts from '@therapytrain/alerts';

const run = promisify(execFile);
const timeout = 60_000;
const folder = fileURLToPath(new URL('.', import.meta.url));

/** What a program prints that has this package among its dependencies. */
const printed = async (kind: 'commonjs' | 'module', program: string): Promise<unknown> => {
  const { stdout, stderr } = await run(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=@therapytrain/source',
      `--input-type=${kind}`,
      '-e',
      program,
    ],
    { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};

const use = `
  AlertManager.getInstance().handleDataViolation('user123', 'note/7', 'export').then(({ type, severity }) => {
    console.log(JSON.stringify({ type, severity, CRITICAL: AlertSeverity.CRITICAL }));
  });`;

describe('a program outside this workspace', () => {
  const expected = { type: 'DATA_VIOLATION', severity: 3, CRITICAL: 4 };

  test(
    'imports it',
    async () => {
      const program = `import { AlertManager, AlertSeverity } from '@therapytrain/alerts'; ${use}`;
      expect(await printed('module', program)).toEqual(expected);
    },
    timeout,
  );

  test(
    'requires it',
    async () => {
      const program = `const { AlertManager, AlertSeverity } = require('@therapytrain/alerts'); ${use}`;
      expect(await printed('commonjs', program)).toEqual(expected);
    },
    timeout,
  );
});

test('the one import holds what the document shows, and no more than is meant', () => {
  expect(Object.keys(alerts).sort()).toEqual([
    'AlertError',
    'AlertManager',
    'AlertSeverity',
    'AlertType',
    'AutomatedResponseHandler',
    'NotificationConfig',
    'NotificationHandler',
    'refusedResponse',
    'severityName',
  ]);
});
