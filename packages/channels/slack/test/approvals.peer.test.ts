import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AlertError, systemClock } from '@therapytrain/alerts-core';
import {
  createFakeClock,
  sendPress,
  signAsSlack,
  slackPress,
  type SlackPeer,
  type SlackPress,
  startSlackPeer,
  waitFor,
} from '@therapytrain/alerts-testkit';
import {
  approvalActions,
  approvalButtons,
  type ApprovalCommand,
  type ApprovalVerb,
  createReplayCache,
  type PressRefusal,
  pressRefusals,
  type SlackApprovalOptions,
  slackApprovals,
} from '../src/index.ts';

const signingSecret = 'canary-signing-secret-8f742231';
const response = '0199a000-0000-7000-8000-00000000000a';
const summary = 'requests from the address are refused by every service for 1h';
const servers: Server[] = [];
let peer: SlackPeer;

beforeEach(async () => {
  peer = await startSlackPeer();
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await peer.stop();
});

/** Posts the buttons to the fake Slack, which refuses what the real one would, and gives them as they stand there. */
const posted = async (of = response, words = summary): Promise<readonly unknown[]> => {
  const answer = await fetch(`${peer.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${peer.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      channel: 'C0SECURITY',
      text: 'a response waits',
      blocks: [approvalButtons({ response: of, summary: words })],
    }),
  });
  expect(await answer.json()).toMatchObject({ ok: true });
  expect(peer.violations()).toEqual([]);
  return peer.messages().at(-1)?.blocks as readonly unknown[];
};

interface World {
  readonly url: string;
  readonly done: (ApprovalCommand & { readonly verb: ApprovalVerb })[];
  readonly ended: (ApprovalVerb | PressRefusal)[];
  press(more?: Partial<SlackPress>): Promise<number>;
  request(more?: Partial<SlackPress>): ReturnType<typeof slackPress>;
}

const open = async (
  more: Partial<SlackApprovalOptions> = {},
  around: (handler: RequestListener) => RequestListener = (handler) => handler,
): Promise<World> => {
  const done: World['done'] = [];
  const ended: World['ended'] = [];
  const handler = slackApprovals({
    signingSecret,
    users: new Map([
      ['U0ANNA', 'anna@clinic.test'],
      ['U0BO', 'bo@clinic.test'],
    ]),
    approve: async (command) => void done.push({ verb: 'approve', ...command }),
    reject: async (command) => void done.push({ verb: 'reject', ...command }),
    clock: systemClock,
    onPress: (each) => void ended.push(each),
    ...more,
  });
  const server = createServer(around((request, answer) => void handler(request, answer)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/actions`;
  const blocks = await posted();
  const request: World['request'] = (given = {}) =>
    slackPress({ url, signingSecret, blocks, action: approvalActions.approve, ...given });
  return { url, done, ended, request, press: async (given) => (await sendPress(url, request(given))).status };
};

describe('a press', () => {
  test('approves or rejects in the name of the principal, once', async () => {
    const { press, done, ended } = await open();
    expect(await press()).toBe(200);
    expect(await press({ user: 'U0BO', action: approvalActions.reject })).toBe(200);
    expect(done).toEqual([
      { verb: 'approve', by: 'anna@clinic.test', response, request: `slack.approve.${response}` },
      { verb: 'reject', by: 'bo@clinic.test', response, request: `slack.reject.${response}` },
    ]);
    expect(ended).toEqual(['approve', 'reject']);
  });

  test('twice by one person is one action: one after the other, and while the first is under way', async () => {
    let finish = (): void => {};
    const done: string[] = [];
    const approve = async ({ by }: ApprovalCommand): Promise<void> => {
      done.push(by);
      await new Promise<void>((resolve) => (finish = resolve));
    };
    const { press } = await open({ approve });
    const both = [press(), press()];
    await waitFor(() => done.length > 0);
    finish();
    expect(await Promise.all(both)).toEqual([200, 200]);
    expect(await press()).toBe(200);
    expect(done).toEqual(['anna@clinic.test']);
  });

  test('of two persons is two approvals', async () => {
    const { press, done } = await open();
    expect([await press(), await press({ user: 'U0BO' })]).toEqual([200, 200]);
    expect(done.map(({ by }) => by)).toEqual(['anna@clinic.test', 'bo@clinic.test']);
  });

  test('that failed may be made again', async () => {
    let tries = 0;
    const approve = async (): Promise<void> => {
      if (++tries === 1) throw new AlertError('STORE_UNAVAILABLE', 'away');
    };
    const { press, ended } = await open({ approve });
    expect([await press(), await press(), await press()]).toEqual([500, 200, 200]);
    expect(tries).toBe(2);
    expect(ended).toEqual(['failed', 'approve', 'approve']);
  });

  test('is answered before Slack gives up waiting, and goes on', async () => {
    const clock = createFakeClock(systemClock.now());
    let finish = (): void => {};
    const { press, ended } = await open({ clock, approve: () => new Promise<void>((resolve) => (finish = resolve)) });
    const status = press();
    await waitFor(() => clock.sleepers() > 0);
    await clock.advance(2_499);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(await status).toBe(200);
    finish();
  });

  test.each<[string, unknown, number, PressRefusal]>([
    ['a response that is not there', new AlertError('RESPONSE_NOT_FOUND', 'x'), 404, 'not_found'],
    ['one that waits no more', new AlertError('RESPONSE_NOT_OPEN', 'x'), 409, 'not_open'],
    ['one of one’s own', new AlertError('OWN_APPROVAL', 'x'), 403, 'not_allowed'],
    ['one without the scope', new AlertError('PERMISSION_DENIED', 'x'), 403, 'not_allowed'],
    ['a desk that breaks', new Error('canary'), 500, 'failed'],
    ['a desk that breaks with nothing', undefined, 500, 'failed'],
  ])('on %s', async (_, error, status, refusal) => {
    const { press, ended } = await open({ approve: () => Promise.reject(error) });
    expect(await press()).toBe(status);
    expect(ended).toEqual([refusal]);
  });
});

describe('is refused, and nothing is done', () => {
  const refused = async (world: World, answer: Promise<{ status: number; text: string }>, as: PressRefusal) => {
    const { status, text } = await answer;
    expect([status, text]).toEqual([pressRefusals[as][0], '']);
    expect(world.ended.at(-1)).toBe(as);
    expect(world.done).toEqual([]);
  };

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    const world = await open();
    await refused(world, sendPress(world.url, world.request(), method), 'method');
  });

  test('a body that was parsed and written again', async () => {
    const world = await open();
    const { headers, body } = world.request();
    const again = new URLSearchParams({
      payload: JSON.stringify(JSON.parse(new URLSearchParams(body).get('payload') ?? ''), undefined, 1),
    }).toString();
    await refused(world, sendPress(world.url, { headers, body: again }), 'unsigned');
  });

  test('a body that something read before us', async () => {
    const world = await open({}, (handler) => (request, answer) => {
      void buffer(request).then(() => handler(request, answer));
    });
    await refused(world, sendPress(world.url, world.request()), 'unsigned');
  });

  test.each([-301_000, -86_400_000, 301_000, 86_400_000])('signed %d ms from now', async (away) => {
    const world = await open();
    await refused(world, sendPress(world.url, world.request({ at: systemClock.now() + away })), 'unsigned');
  });

  test.each([-299_000, 299_000])('not yet where it was signed %d ms from now', async (away) => {
    const { press } = await open();
    expect(await press({ at: systemClock.now() + away })).toBe(200);
  });

  test('another secret', async () => {
    const world = await open();
    await refused(world, sendPress(world.url, world.request({ signingSecret: 'another' })), 'unsigned');
  });

  test.each(['x-slack-signature', 'x-slack-request-timestamp'])('without %s', async (header) => {
    const world = await open();
    const { headers, body } = world.request();
    const less = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== header));
    await refused(world, sendPress(world.url, { headers: less, body }), 'unsigned');
  });

  test('the same request again', async () => {
    const world = await open();
    const request = world.request();
    expect((await sendPress(world.url, request)).status).toBe(200);
    expect((await sendPress(world.url, request)).status).toBe(401);
    expect([world.done.length, world.ended]).toEqual([1, ['approve', 'unsigned']]);
  });

  test('the same request again at another process that shares the cache', async () => {
    const replay = createReplayCache();
    const [one, other] = [await open({ replay }), await open({ replay })];
    const request = one.request();
    expect((await sendPress(one.url, request)).status).toBe(200);
    await refused(other, sendPress(other.url, request), 'unsigned');
  });

  test('when nobody can tell whether it was here before', async () => {
    const world = await open({ replay: createReplayCache(0) });
    await refused(world, sendPress(world.url, world.request()), 'full');
  });

  test.each(['U0STRANGER', 'anna@clinic.test', '__proto__', 'u0anna'])('of %s, signed and all', async (user) => {
    const world = await open();
    await refused(world, sendPress(world.url, world.request({ user })), 'unmapped');
  });

  test('of another workspace, where one is named', async () => {
    const world = await open({ team: 'T0OURS' });
    await refused(world, sendPress(world.url, world.request({ team: 'T0TEAM' })), 'other_team');
    expect((await sendPress(world.url, world.request({ team: 'T0OURS' }))).status).toBe(200);
  });

  const payloadOf = (payload: unknown): string => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const good = {
    type: 'block_actions',
    user: { id: 'U0ANNA' },
    actions: [{ action_id: approvalActions.approve, value: response }],
  };

  test.each<[string, string]>([
    ['nothing', ''],
    ['no form', '{"a":1}'],
    ['no JSON', 'payload=%7B'],
    ['a list', payloadOf([good])],
    ['null', payloadOf(null)],
    ['another type', payloadOf({ ...good, type: 'view_submission' })],
    ['no user', payloadOf({ ...good, user: undefined })],
    ['no action', payloadOf({ ...good, actions: [] })],
    ['two actions', payloadOf({ ...good, actions: [good.actions[0], good.actions[0]] })],
    ['an action of another app', payloadOf({ ...good, actions: [{ action_id: 'deploy', value: response }] })],
    ['a value that is no response', payloadOf({ ...good, actions: [{ ...good.actions[0], value: '../etc/passwd' }] })],
    ['two payloads', `${payloadOf(good)}&${payloadOf(good)}`],
  ])('%s, signed and all', async (_, body) => {
    const world = await open();
    await refused(world, sendPress(world.url, signAsSlack(signingSecret, body)), 'malformed');
    expect((await sendPress(world.url, signAsSlack(signingSecret, payloadOf(good)))).status).toBe(200);
  });

  test('more than Slack sends', async () => {
    const world = await open();
    const huge = signAsSlack(signingSecret, `payload=${'x'.repeat(300_000)}`);
    // The peer may be cut off while it still sends.
    await sendPress(world.url, huge).catch(() => undefined);
    await waitFor(() => world.ended.length > 0);
    expect([world.ended, world.done]).toEqual([['too_large'], []]);
  });

  test('an empty secret is refused as a failure: everybody knows it', async () => {
    const world = await open({ signingSecret: '' });
    await refused(world, sendPress(world.url, world.request({ signingSecret: 'x' })), 'failed');
  });
});

describe('the buttons', () => {
  test('are two, ask back, and hold the response and nothing else', () => {
    const { elements } = approvalButtons({ response, summary });
    expect(elements.map(({ action_id: id, value, style }) => [id, value, style])).toEqual([
      [approvalActions.approve, response, 'primary'],
      [approvalActions.reject, response, 'danger'],
    ]);
    for (const { confirm } of elements)
      expect(confirm.text).toEqual({ type: 'plain_text', text: summary, emoji: false });
  });

  test('are taken by Slack whatever the summary is', async () => {
    for (const words of ['', '<!channel> <https://evil.example|x>', 'é'.repeat(4_000), '😀'.repeat(400)]) {
      const [block] = (await posted(response, words)) as [ReturnType<typeof approvalButtons>];
      for (const { confirm } of block.elements) expect(confirm.text.text.length).toBeLessThanOrEqual(300);
    }
  });
});

test('every refusal has a status that is no success, and says what it is', () => {
  for (const [status, meaning] of Object.values(pressRefusals)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});
