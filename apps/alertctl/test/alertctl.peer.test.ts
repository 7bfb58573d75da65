import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createAlertClient } from '@therapytrain/alerts-client';
import { waitFor } from '@therapytrain/alerts-testkit';
import {
  alertctl,
  alertctlOnNode,
  inShell,
  killAll,
  type RunningGateway,
  startAlertctl,
  startGateway,
} from './support/processes.ts';
import { jsonlLine, sshdSample } from './support/samples.ts';

jest.setTimeout(180_000);

const slow = { deadline: 60_000 };

let directory: string;
let gateway: RunningGateway;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alertctl-'));
  gateway = await startGateway(join(directory, 'data'));
});
afterAll(async () => {
  killAll();
  await rm(directory, { recursive: true, force: true });
});

const ctl = (...words: string[]) => alertctl(gateway.address, words);

const jsonLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

interface ShownAlert {
  readonly id: string;
  readonly sequence: number;
  readonly message: string;
  readonly dedupKey: string;
}

const listed = async (filter: string): Promise<ShownAlert[]> => {
  const { exitCode, out, error } = await ctl('list', '--all', '--json', '--filter', filter);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  return jsonLines<ShownAlert>(out);
};

/** True once the gateway has kept an alert of the type. Asks without alertctl, which takes long to begin. */
const hasKept = async (address: string, type: string): Promise<boolean> => {
  const client = createAlertClient({ address });
  try {
    const { alerts } = await client.list({ filter: `type == "${type}"`, pageSize: 1 });
    return alerts.length > 0;
  } finally {
    await client.close();
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

describe('with a gateway', () => {
  test('an alert is reported, listed and shown', async () => {
    const words = ['report', 'AUTH_FAILURE', 'First', '--metadata', 'userId=u-17', '--metadata', 'attempts=3'];
    const requestId = ['--request-id', '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f'];
    const reported = await ctl(...words, ...requestId, '--json');
    expect(reported).toMatchObject({ exitCode: 0, error: '' });
    const { alertId, sequence } = JSON.parse(reported.out) as { alertId: string; sequence: number };

    const again = await ctl(...words, ...requestId);
    expect(again).toMatchObject({ exitCode: 0, out: `${alertId}  kept before, sequence ${sequence}\n` });

    const table = await ctl('list');
    expect(table.out).toMatch(new RegExp(`^AGE .*\n\\d+s +HIGH +AUTH_FAILURE +alertctl +First +${alertId}\n`));

    const shown = await ctl('get', alertId);
    expect(shown.out).toMatch(/userId: +u-17\n/);
    const json = JSON.parse((await ctl('get', alertId, '--json')).out) as unknown;
    expect(json).toMatchObject({ id: alertId, sequence, severity: 'HIGH', metadata: { userId: 'u-17', attempts: 3 } });
  });

  test('what the gateway refuses ends with 1 and says why', async () => {
    const missing = '0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0e';
    expect(await ctl('get', missing)).toMatchObject({
      exitCode: 1,
      out: '',
      error: expect.stringMatching(/^alertctl: .+\. alertctl list shows what is kept\.\n$/),
    });
    const { exitCode, error } = await ctl('report', 'AUTH_FAILURE', 'x', '--metadata', '__proto__=1', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(error)).toMatchObject({
      error: {
        code: 'FIELD_INVALID',
        violations: [{ field: 'metadata', rule: expect.stringContaining('refused key') }],
      },
    });
    expect(await ctl('list', '--filter', 'severity >>> 1')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('Filters are CEL'),
    });
  });

  test('text of an attacker never reaches the terminal raw', async () => {
    const hostile = 'pay\u200b\u202egnp.exe';
    const { exitCode } = await ctl(
      'report',
      'HOSTILE',
      hostile,
      '--severity',
      'LOW',
      '--metadata',
      `\u2066key=${hostile}`,
    );
    expect(exitCode).toBe(0);
    const filter = ['--filter', 'type == "HOSTILE"'];
    const outputs = [
      (await ctl('list', ...filter)).out,
      (await ctl('list', ...filter, '--json')).out,
      (await ctl('stream', ...filter, '--from-start', '--limit', '1')).out,
    ];
    for (const out of outputs) {
      expect(out).toContain(String.raw`pay\u200b\u202egnp.exe`);
      expect(out).not.toMatch(/[\u200b\u202e\u2066]/);
    }
  });

  test('status says that it is well', async () => {
    const { exitCode, out } = await ctl('status', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      address: gateway.address,
      status: 'SERVING',
      services: { alerts: 'SERVING' },
      newest: { sequence: expect.any(Number) },
    });
  });

  test('whoever reads only the beginning ends it', async () => {
    const { exitCode, out, error } = await inShell(
      gateway.address,
      'set -o pipefail; alertctl list --all --json | head -1',
    );
    expect({ exitCode, error, lines: jsonLines(out).length }).toEqual({ exitCode: 0, error: '', lines: 1 });
  });
});

describe('a stream', () => {
  const filter = ['--filter', 'type == "STREAMED"'];
  const report = async (message: string): Promise<void> => {
    expect(await ctl('report', 'STREAMED', message, '--severity', 'CRITICAL')).toMatchObject({ exitCode: 0 });
  };

  test('shows what is new, and after Ctrl-C goes on where it ended', async () => {
    const stream = startAlertctl(gateway.address, ['stream', ...filter, '--since', '1h']);
    await report('one');
    await waitFor(() => stream.out().includes('one'), slow);
    await report("two's");
    await waitFor(() => stream.out().includes("two's"), slow);
    stream.child.kill('SIGINT');
    const { exitCode, out, error } = await stream.ended();
    expect(exitCode).toBe(130);
    expect(out).toMatch(/^.{19} {2}CRITICAL {2}STREAMED +alertctl {2}one\n.{19} {2}CRITICAL .*two's\n$/);
    const [, resume] = /^Go on with: (.*)\n$/.exec(error) ?? [];
    await report('three');
    const resumed = await inShell(gateway.address, `${resume} --limit 1 --json`);
    expect(jsonLines<{ alert: ShownAlert }>(resumed.out).map(({ alert }) => alert.message)).toEqual(['three']);
  });

  test('keeps its cursor in a file', async () => {
    const file = ['--cursor-file', join(directory, 'cursor'), '--from-start', '--json'];
    const messages = async (limit: number): Promise<string[]> => {
      const { out } = await ctl('stream', ...filter, ...file, '--limit', `${limit}`);
      return jsonLines<{ alert: ShownAlert }>(out).map(({ alert }) => alert.message);
    };
    expect(await messages(2)).toEqual(['one', "two's"]);
    expect(await messages(1)).toEqual(['three']);
  });
});

describe('an import', () => {
  test('of a log keeps its events, and a second one nothing', async () => {
    const words = ['import', '-', '--format', 'sshd', '--utc', '--source', 'bastion'];
    const first = await alertctl(gateway.address, [...words, '--json'], sshdSample);
    expect(first).toMatchObject({ exitCode: 1, error: '' });
    expect(JSON.parse(first.out)).toMatchObject({
      lines: 12,
      alerts: 6,
      kept: 6,
      duplicate: 0,
      bad: 1,
      badLines: [{ line: 12, reason: 'is not a line of a system log' }],
    });
    const second = await alertctl(gateway.address, words, sshdSample);
    expect(second.exitCode).toBe(1);
    expect(second.out).toMatch(/^Kept: +0\nDuplicate: +6$/m);
    expect(second.error).toBe('line 12 is not a line of a system log\n');
    expect(await listed('source == "bastion"')).toHaveLength(6);
  });

  test('tells the line that the gateway refuses, and goes on', async () => {
    const lines = [{ type: 'NO_DEFAULT' }, { type: 'NO_DEFAULT', severity: 'LOW' }];
    const input = lines.map((line) => `${JSON.stringify({ ...line, message: 'm' })}\n`).join('');
    const { exitCode, out, error } = await alertctl(gateway.address, ['import', '-', '--format', 'jsonl'], input);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^Kept: +1$/m);
    expect(error).toMatch(/^line 1 was refused \(FIELD_INVALID\): severity: .*\n$/);
  });

  const count = 1_000;
  const fileOf = async (type: string): Promise<string> => {
    const path = join(directory, `${type}.jsonl`);
    const lines = Array.from({ length: count }, (_, n) => `${jsonlLine(n).replace('AUTH_FAILURE', type)}\n`);
    await writeFile(path, lines.join(''));
    return path;
  };
  const everyLineOnce = async (type: string): Promise<void> => {
    const keys = (await listed(`type == "${type}"`)).map(({ dedupKey }) => dedupKey);
    expect(keys).toHaveLength(count);
    expect(new Set(keys).size).toBe(count);
  };

  test('survives kill -9 of the gateway in the middle, and keeps every line once', async () => {
    const path = await fileOf('KILLED');
    const running = startAlertctl(gateway.address, ['import', path, '--format', 'jsonl', '--rate', '200', '--json']);
    await waitFor(() => hasKept(gateway.address, 'KILLED'), slow);
    await gateway.kill();
    await waitFor(() => running.error().includes('takes no reports now'), slow);
    gateway = await startGateway(join(directory, 'data'), gateway.address);
    const { exitCode, out, error } = await running.ended();
    expect(exitCode).toBe(0);
    expect(error).toMatch(/takes reports again/);
    const summary = JSON.parse(out) as { alerts: number; kept: number; duplicate: number };
    expect(summary).toMatchObject({ complete: true, alerts: count, refused: 0, notAnswered: 0, bad: 0 });
    // One that was kept just before the kill, and not answered, is sent again and found to be there.
    expect(summary.kept + summary.duplicate).toBe(count);
    await everyLineOnce('KILLED');
  });

  test('stops at Ctrl-C, and goes on when it is run again', async () => {
    const path = await fileOf('STOPPED');
    const words = ['import', path, '--format', 'jsonl'];
    const running = startAlertctl(gateway.address, [...words, '--rate', '150']);
    await waitFor(() => hasKept(gateway.address, 'STOPPED'), slow);
    running.child.kill('SIGINT');
    const { exitCode, error, out } = await running.ended();
    expect(exitCode).toBe(130);
    expect(error).toContain('run the same import again to go on');
    const kept = Number(/^Kept: +(\d+)$/m.exec(out)?.[1]);
    const again = await ctl(...words, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ alerts: count, kept: count - kept, duplicate: kept });
    await everyLineOnce('STOPPED');
  });
});

describe('without a gateway', () => {
  test('a report that is not answered can be sent again and is kept once', async () => {
    const words = ['report', 'AUTH_FAILURE', 'Unanswered'];
    const { exitCode, error } = await alertctl(`127.0.0.1:${await freePort()}`, words);
    expect(exitCode).toBe(3);
    const [, ...again] = /report it again with (--request-id) (\S+): it is kept once\.\n$/.exec(error) ?? [];
    expect(again).toHaveLength(2);
    expect((await ctl(...words, ...again)).out).toMatch(/ kept, sequence/);
  });

  test('commands end with 3 and say how to start it', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { exitCode, out, error } = await alertctl(address, ['status']);
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
    expect(error).toMatch(new RegExp(`^alertctl: the gateway at ${address} cannot be reached\\. Start it .*\n$`));
    const imported = await alertctl(address, ['import', '-', '--format', 'sshd', '--json'], sshdSample);
    expect(imported).toMatchObject({ exitCode: 3, out: '' });
    expect(JSON.parse(imported.error)).toMatchObject({ error: { code: 'GATEWAY_UNAVAILABLE', violations: [] } });
  });

  test('an import that lost it ends with 3 after its wait', async () => {
    const lost = await startGateway(join(directory, 'lost'));
    const input = Array.from({ length: 2_000 }, (_, n) => `${jsonlLine(n)}\n`).join('');
    const words = ['import', '-', '--format', 'jsonl', '--rate', '100', '--wait', '1s', '--json'];
    const running = startAlertctl(lost.address, words, input);
    await waitFor(() => hasKept(lost.address, 'AUTH_FAILURE'), slow);
    await lost.kill();
    const { exitCode, out, error } = await running.ended();
    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ complete: false, bad: 0, refused: 0 });
    expect(error).toContain('run the same import again to go on');
  });
});

test('an old Node is told to be too old', async () => {
  expect(await alertctlOnNode('20.19.0')).toEqual({
    exitCode: 2,
    out: '',
    error: expect.stringMatching(/^alertctl: this is Node 20\.19\.0, and alertctl needs 22 or newer\. .*\n$/),
  });
  expect(await alertctlOnNode('24.0.0')).toMatchObject({ exitCode: 0, out: '0.1.0\n' });
});
