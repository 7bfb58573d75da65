import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import type { Step } from '@therapytrain/alerts-core/responder';
import { createDecisionWorld, skewedPorts } from '@therapytrain/alerts-testkit';
import { type WebhookAction, webhookAction } from '@therapytrain/alerts-responders';
import { feed, refuse } from './readme-example.ts';
import { receiver } from './readme-receiver.ts';
import { key } from './support/open.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const signal = new AbortController().signal;

test('the examples of the README are the files that are compiled here', () => {
  const shown = [...read('../README.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, example]) => example);
  expect(shown).toEqual([read('./readme-example.ts'), read('./readme-receiver.ts')]);
});

test('the example refuses an address for an hour', async () => {
  expect(await refuse('::ffff:203.0.113.7', signal)).toBe(
    'requests from the address are refused by every service for 1h',
  );
  expect(feed.decisions()).toEqual([expect.objectContaining({ kind: 'block_address', target: '203.0.113.7' })]);
  expect(await refuse('203.0.113.7/33', signal)).toBe('reject: refused');
});

test('the receiver of the README takes what is signed, once there, and refuses who comes late', async () => {
  const asked: WebhookAction[] = [];
  const server = receiver([key], async (each) => void asked.push(each));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const open = (secret: string) =>
    webhookAction.create(
      parseOptions(webhookAction.options, {
        ...{ url: `http://127.0.0.1:${port}/`, secret, target: 'user' },
        allow: { cidrs: ['127.0.0.0/8'], ports: [port], plaintext: true },
      }),
      { ...skewedPorts(), decisions: createDecisionWorld().decisions },
    );
  const [ours, theirs] = [open(key), open(`whsec_${Buffer.alloc(32, 9).toString('base64')}`)];
  const step: Step = {
    ...{ id: '0199a000-0000-7000-8000-00000000000b', target: { kind: 'user', value: 'anna.berg', resource: '' } },
    ...{ args: { hard: true }, from: 1_764_000_000_000, until: 1_764_003_600_000, severity: 3, playbook: 'p' },
    incident: '',
  };
  const attempt = { key: `${step.id}.respond`, number: 1, fence: 5, signal };
  expect(await theirs.respond(step, attempt)).toMatchObject({ kind: 'misconfigured', reason: 'credentials' });
  expect(await ours.respond(step, attempt)).toEqual({ kind: 'done', proof: 'status 204' });
  expect(await ours.revert?.(step, { ...attempt, key: `${step.id}.revert`, fence: 4 })).toMatchObject({
    ...{ kind: 'reject', reason: 'refused', detail: 'a newer attempt took over' },
  });
  expect(await ours.revert?.(step, { ...attempt, key: `${step.id}.revert`, fence: 6 })).toMatchObject({ kind: 'done' });
  expect(asked).toEqual([
    {
      ...{ version: 1, id: step.id, fence: 5, action: 'respond', playbook: 'p', incident: '', args: { hard: true } },
      ...{ target: step.target, from: '2025-11-24T16:00:00.000Z', until: '2025-11-24T17:00:00.000Z' },
    },
    expect.objectContaining({ action: 'revert', fence: 6 }),
  ]);
  await Promise.all([ours.close(), theirs.close()]);
  await new Promise((resolve) => server.close(resolve));
});
