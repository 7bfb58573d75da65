import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '@therapytrain/alerts-core/channel';
import type { Step } from '@therapytrain/alerts-core/responder';
import { createDecisionWorld, skewedPorts, startHttpPeer } from '@therapytrain/alerts-testkit';
import { verifyWebhookAction, webhookAction, WebhookRefused } from '@therapytrain/alerts-responders';
import { key } from './support/open.ts';
import { attempt, from, stepOf } from './support/step.ts';

const good = { url: 'https://hooks.example.com/act', secret: key };
const faultsOf = (options: object): string => {
  try {
    parseOptions(webhookAction.options, { ...good, ...options });
    return '';
  } catch (error) {
    return String(error);
  }
};

const open = async (options = {}) => {
  const peer = await startHttpPeer();
  const allow = { cidrs: ['127.0.0.0/8'], ports: [peer.port], plaintext: true };
  const parsed = parseOptions(webhookAction.options, { ...good, url: peer.url, allow, ...options });
  const ports = { ...skewedPorts(), decisions: createDecisionWorld().decisions };
  return { peer, responder: webhookAction.create(parsed, ports) };
};

const headersOf = (raw: string): Record<string, string> =>
  Object.fromEntries(
    [...raw.matchAll(/^([\w-]+): (.*)\r$/gm)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
const bodyOf = (raw: string): Buffer => Buffer.from(raw.slice(raw.indexOf('\r\n\r\n') + 4), 'latin1');

describe('what is sent', () => {
  test('is verified by who receives it, in whole, with every value as it is', async () => {
    const { peer, responder } = await open({ target: 'access', headers: { authorization: 'Bearer x' } });
    const target = { kind: 'access', value: 'Jürgen "Ø" 漢', resource: '/notes/7' } as const;
    const step = stepOf({ target, args: { action: 'close', port: 22, hard: false } });
    await responder.respond(step, { ...attempt, fence: 3 });
    await responder.revert?.(stepOf({ ...step, until: undefined }), { ...attempt, key: 'k.revert', fence: 4 });
    const [acted, undone] = peer.arrivals().map(({ raw }) => ({ headers: headersOf(raw), body: bodyOf(raw) }));
    if (!acted || !undone) throw new Error('two requests arrive');
    const common = {
      version: 1,
      id: step.id,
      target,
      args: step.args,
      playbook: step.playbook,
      incident: step.incident,
    };
    const times = { from: '2025-11-24T16:00:00.000Z', until: '2025-11-24T17:00:00.000Z' };
    expect(verifyWebhookAction(acted.headers, acted.body, key)).toEqual({
      ...{ ...common, ...times, fence: 3, action: 'respond' },
    });
    expect(verifyWebhookAction(undone.headers, undone.body, key)).toEqual({
      ...{ ...common, ...times, until: null, fence: 4, action: 'revert' },
    });
    expect(acted.headers).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' });
    expect(() => verifyWebhookAction(acted.headers, `${acted.body.toString()} `, key)).toThrow(WebhookRefused);
    await responder.close();
    await peer.stop();
  });

  test('bears one id from try to try, another where it is to last longer, and another for its undo', async () => {
    const { peer, responder } = await open();
    await responder.respond(stepOf(), attempt);
    await responder.respond(stepOf(), { ...attempt, number: 2 });
    await responder.respond(stepOf({ until: from + 7_200_000 }), { ...attempt, fence: 2 });
    await responder.revert?.(stepOf(), { ...attempt, key: 'k.revert', fence: 3 });
    const ids = peer.arrivals().map(({ id }) => id);
    expect([ids[0] === ids[1], new Set(ids).size]).toEqual([true, 3]);
    await responder.close();
    await peer.stop();
  });

  test('is no payload of ours where a part is missing, signed and all', async () => {
    const { peer, responder } = await open();
    await responder.respond(stepOf(), attempt);
    const [{ raw } = { raw: '' }] = peer.arrivals();
    const body = JSON.parse(bodyOf(raw).toString()) as Record<string, unknown>;
    expect(Object.keys(body).sort()).toEqual([
      'action',
      'args',
      'fence',
      'from',
      'id',
      'incident',
      'playbook',
      'target',
      'until',
      'version',
    ]);
    await responder.close();
    await peer.stop();
  });
});

test.each<[string, Partial<Step>, string]>([
  ['for a time', {}, 'the port is closed for 1h'],
  ['without an end', { until: undefined }, 'the port is closed'],
])('a preview says what the receiver does, %s', async (_, more, summary) => {
  const { peer, responder } = await open({ does: 'the port is closed' });
  expect(responder.preview(stepOf(more))).toEqual({ summary, reversible: true });
  await responder.close();
  await peer.stop();
});

describe('an option at fault is named, without its value', () => {
  test.each<[string, object]>([
    ['url', { url: 'http://hooks.example.com/canary' }],
    ['url', { url: 'https://127.0.0.1/canary' }],
    ['secret', { secret: 'canary' }],
    ['secret', { secret: undefined }],
    ['headers.webhook-id', { headers: { 'webhook-id': 'canary' } }],
    ['target', { target: 'canary' }],
    ['does', { does: 'canary <b>' }],
    ['unsigned', { unsigned: true }],
  ])('%s: %j', (field, options) => {
    expect(faultsOf(options)).toContain(`${field}:`);
    expect(faultsOf(options)).not.toContain('canary');
  });

  test('every option says what it is', () => {
    for (const [name, schema] of Object.entries(webhookAction.options.shape)) {
      expect([name, schema.description ?? '']).toEqual([name, expect.stringMatching(/^.{20,}\.$/)]);
    }
  });
});

test('what it acts on is what its options say', () => {
  const of = (target?: string) =>
    webhookAction.targetOf?.(parseOptions(webhookAction.options, { ...good, ...(target && { target }) }));
  expect([of(), of('user'), of('access')]).toEqual(['address', 'user', 'access']);
});

test.each([
  [{}, true],
  [{ port: 22, hard: true, note: 'x' }, true],
  [{ Port: 22 }, false],
  [{ port: {} }, false],
  [{ port: 'x'.repeat(257) }, false],
  [Object.fromEntries(Array.from({ length: 17 }, (_, each) => [`a${each}`, 1])), false],
])('args %j: %s', (args, taken) => expect(webhookAction.args.safeParse(args).success).toBe(taken));
