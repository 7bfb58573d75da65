import { afterEach, describe, expect, test } from '@jest/globals';
import { type SlackPeer, type SlackPeerOptions, startSlackPeer } from '../src/peers/slack-peer.ts';

type Json = Readonly<Record<string, unknown>>;

let peer: SlackPeer;
const start = async (options: SlackPeerOptions = {}): Promise<SlackPeer> => (peer = await startSlackPeer(options));
afterEach(() => peer.stop());

const call = async (method: string, args: Json, token = peer.token): Promise<Json & { readonly status: number }> => {
  const answer = await fetch(new URL(method, peer.apiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  return { status: answer.status, ...((await answer.json()) as Json) };
};

const channel = 'C0SECURITY';
const plain = (text: string) => ({ type: 'plain_text', text });
const post = (message: Json) => call('chat.postMessage', { channel, text: 'x', ...message });
const section = (more: Json) => ({ type: 'section', ...more });
const fill = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

describe('what the real Slack refuses is refused and noted', () => {
  test.each<[string, Json, string]>([
    ['51 blocks', { blocks: fill(51, { type: 'divider' }) }, 'invalid_blocks'],
    ['a block of its own', { blocks: [{ type: 'headline' }] }, 'invalid_blocks'],
    ['blocks that are no list', { blocks: { type: 'divider' } }, 'invalid_blocks_format'],
    ['a long header', { blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] }, 'invalid_blocks'],
    ['markup in a header', { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] }, 'invalid_blocks'],
    ['a long section', { blocks: [section({ text: plain('x'.repeat(3_001)) })] }, 'invalid_blocks'],
    ['an empty section', { blocks: [section({})] }, 'invalid_blocks'],
    ['an empty text', { blocks: [section({ text: plain('') })] }, 'invalid_blocks'],
    ['eleven fields', { blocks: [section({ fields: fill(11, plain('x')) })] }, 'invalid_blocks'],
    ['a long field', { blocks: [section({ fields: [plain('x'.repeat(2_001))] })] }, 'invalid_blocks'],
    ['a key of its own', { blocks: [section({ text: plain('x'), colour: 'red' })] }, 'invalid_blocks'],
    ['eleven elements', { blocks: [{ type: 'context', elements: fill(11, plain('x')) }] }, 'invalid_blocks'],
    ['a block_id twice', { blocks: fill(2, { type: 'divider', block_id: 'a' }) }, 'invalid_blocks'],
    ['a long block_id', { blocks: [{ type: 'divider', block_id: 'a'.repeat(256) }] }, 'invalid_blocks'],
    ['rich text of its own', { blocks: [{ type: 'rich_text', elements: [{ type: 'bold' }] }] }, 'invalid_blocks'],
    ['too much', { blocks: fill(10, section({ text: plain('x'.repeat(2_000)) })) }, 'msg_blocks_too_long'],
    ['a long text', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['nothing', { text: '' }, 'no_text'],
    ['metadata that are none', { metadata: { event_type: 'x' } }, 'invalid_metadata_format'],
  ])('%s', async (_, message, word) => {
    await start();
    expect(await post(message)).toMatchObject({ ok: false, error: word });
    expect(peer.violations().length).toBeGreaterThan(0);
    expect(peer.messages()).toEqual([]);
    expect(peer.arrivals()).toEqual([]);
  });
});

describe('what the real Slack takes, and we must not send, is noted', () => {
  test.each<[string, Json]>([
    ['a call of everybody', { text: 'x <!channel>' }],
    ['a mention', { blocks: [section({ text: { type: 'mrkdwn', text: '<@U1>' } })] }],
    ['a channel', { blocks: [{ type: 'header', text: plain('<#C1|x>') }] }],
    ['a link', { text: '<https://evil.test|good>' }],
    [
      'a link in an element',
      {
        blocks: [
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: 'https://evil.test' }] }],
          },
        ],
      },
    ],
    ['no text beside blocks', { text: '', blocks: [{ type: 'divider' }] }],
    ['an argument of its own', { colour: 'red' }],
  ])('%s', async (_, message) => {
    await start({ links: ['https://good.test'] });
    expect(await post(message)).toMatchObject({ ok: true });
    expect(peer.violations()).toHaveLength(1);
  });

  test('a link that was listed is none', async () => {
    await start({ links: ['https://good.test/'] });
    await post({ text: '<https://good.test/|good> &lt;!channel&gt;' });
    expect(peer.violations()).toEqual([]);
  });
});

describe('the workspace', () => {
  test.each<[string, SlackPeerOptions, string, Json, string]>([
    ['a scope that is missing', { scopes: [] }, 'chat.postMessage', { channel, text: 'x' }, 'missing_scope'],
    ['a channel that is not there', {}, 'chat.postMessage', { channel: 'C0NONE', text: 'x' }, 'channel_not_found'],
    [
      'an archived channel',
      { channels: [{ id: channel, name: 'a', archived: true }] },
      'chat.postMessage',
      { channel, text: 'x' },
      'is_archived',
    ],
    [
      'a channel without the bot',
      { channels: [{ id: channel, name: 'a', member: false }] },
      'chat.postMessage',
      { channel, text: 'x' },
      'not_in_channel',
    ],
    [
      'a thread that is not there',
      {},
      'chat.postMessage',
      { channel, text: 'x', thread_ts: '1.1' },
      'thread_not_found',
    ],
    ['a message that is not there', {}, 'chat.update', { channel, text: 'x', ts: '1.1' }, 'message_not_found'],
    ['history by a name', {}, 'conversations.history', { channel: 'security' }, 'channel_not_found'],
    ['a method that is none', {}, 'chat.shout', {}, 'unknown_method'],
  ])('knows of %s', async (_, options, method, args, word) => {
    await start(options);
    expect(await call(method, args)).toMatchObject({ ok: false, error: word });
  });

  test('lets nobody in without the token', async () => {
    await start();
    expect(await call('auth.test', {}, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' });
    expect(await call('auth.test', {})).toMatchObject({ ok: true });
  });

  test('keeps messages, threads and metadata, and shows metadata to who asks', async () => {
    await start();
    const metadata = { event_type: 'x', event_payload: { delivery_id: 'dlv-1' } };
    const { ts } = await post({ metadata });
    await post({ thread_ts: ts, text: 'in the thread' });
    await post({ thread_ts: ts, text: 'in both', reply_broadcast: true });
    expect(await call('chat.update', { channel, ts, text: 'changed' })).toMatchObject({ ok: true });
    const history = await call('conversations.history', { channel, include_all_metadata: true });
    expect(history['messages']).toMatchObject([{ text: 'in both' }, { text: 'changed', metadata }]);
    const bare = await call('conversations.history', { channel });
    expect(JSON.stringify(bare)).not.toContain('dlv-1');
    const replies = await call('conversations.replies', { channel, ts, limit: 2 });
    expect(replies).toMatchObject({ messages: [{ text: 'changed' }, { text: 'in the thread' }], has_more: true });
    expect(peer.arrivals().map(({ id }) => id)).toEqual(['dlv-1', '', '', '']);
    expect(peer.attempts()).toBe(4);
  });

  test('limits how fast a channel is posted to', async () => {
    await start({ rate: { perSecond: 1, burst: 1 } });
    expect(await post({})).toMatchObject({ ok: true });
    expect(await post({})).toMatchObject({ status: 429, error: 'ratelimited' });
  });
});

test.each<[string, number, string]>([
  ['{"text":"x"}', 200, 'ok'],
  ['{"text":""}', 400, 'missing_text_or_fallback_or_attachments'],
  ['{"text":"x","channel":"#none"}', 404, 'channel_not_found'],
  ['no json', 400, 'invalid_payload'],
])('the webhook answers %s with %d %s', async (body, status, word) => {
  await start();
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(peer.webhookUrl, { method: 'POST', headers, body });
  expect([answer.status, await answer.text()]).toEqual([status, word]);
});
