import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// It makes names of the internet its own, which takes a namespace, which takes root.
const possible = process.platform === 'linux' && process.getuid?.() === 0;
const inNamespace = possible ? test : test.skip;
if (!possible) process.stderr.write('The seed example is not run: it needs Linux and root, for a network namespace.\n');

interface World {
  readonly stats: { readonly handled: number; readonly failed: number };
  readonly arrived: readonly Record<string, unknown>[];
  readonly logged: string;
}

const seedWorld = async (...more: string[]): Promise<World> => {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
  const { stdout, stderr } = await run('unshare', ['-n', '-m', ...node, file('fixtures/seed-world.ts'), ...more], {
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  });
  const [stats, world] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  return { stats: stats as World['stats'], ...(world as { arrived: World['arrived'] }), logged: stderr };
};

const at = ({ arrived }: World, name: string) => arrived.filter((each) => each['at'] === name);

describe('the seed’s "Configuring Notifications", with only the import path changed', () => {
  test('is what stands in the seed', () => {
    const program = readFileSync(file('configuring-notifications.ts'), 'utf8').replace('// prettier-ignore\n', '');
    const seed = readFileSync(file('fixtures/configuring-notifications.txt'), 'utf8');
    // The manager is from the seed's example before it.
    const before = `import { AlertManager } from '@therapytrain/alerts';\n\nconst alertManager = AlertManager.getInstance();\n\n`;
    const changed = seed.replace("'./security'", "'@therapytrain/alerts'");
    expect(program).toBe(before + changed);
    expect(readFileSync(file('../README.md'), 'utf8')).toContain(`\`\`\`ts\n${changed}\`\`\``);
  });

  inNamespace(
    'tells all three, with personal values as pseudonyms',
    async () => {
      const world = await seedWorld();
      expect(world.stats).toMatchObject({ handled: 1, failed: 0 });
      expect(world.arrived).toHaveLength(3);
      const [mail] = at(world, 'smtp.example.com');
      const [hook] = at(world, 'api.example.com');
      const [slack] = at(world, 'hooks.slack.com');
      expect(mail).toMatchObject({
        recipients: ['security@example.com'],
        subject: expect.stringMatching(/^HIGH Authentication failure/),
      });
      expect(hook).toMatchObject({ path: '/security-webhook', headers: { 'x-api-key': 'your-api-key' } });
      expect(slack).toMatchObject({
        path: '/services/...',
        body: expect.stringContaining('HIGH Authentication failure'),
      });
      const all = JSON.stringify(world.arrived);
      expect(all).not.toMatch(/user123|192\.168\.1\.1/);
      expect(all).toMatch(/user:[0-9A-F]{4}-[0-9A-F]{4}/);
    },
    90_000,
  );

  inNamespace(
    'tells the others when one fails, and the manager logs and counts it',
    async () => {
      const world = await seedWorld('--wrong-password');
      expect(world.stats).toMatchObject({ handled: 1, failed: 1 });
      expect(at(world, 'smtp.example.com')).toEqual([]);
      expect(at(world, 'api.example.com')).toHaveLength(1);
      expect(at(world, 'hooks.slack.com')).toHaveLength(1);
      const line = JSON.parse(world.logged.trim().split('\n').at(-1) ?? '') as { errors: unknown };
      expect(line).toMatchObject({
        handler: 'NotificationHandler',
        errors: [{ code: 'NOTIFICATION_FAILED', message: expect.stringMatching(/^email: credentials/) }],
      });
      expect(world.logged).not.toMatch(/user123|192\.168|example\.com|your-/);
    },
    90_000,
  );
});
