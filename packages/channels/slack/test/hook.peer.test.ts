import { afterEach, describe, expect, test } from '@jest/globals';
import { namedWait } from '@therapytrain/alerts-testkit';
import { closeAll, openHook } from './support/open.ts';

afterEach(async () => expect(await closeAll()).toEqual([]));

describe('an incoming webhook', () => {
  test('gets one message for each notice, quietly, with its key', async () => {
    const { peer, tell } = await openHook();
    expect(await tell('opened', { key: 'dlv-h' })).toEqual({ kind: 'done', proof: 'webhook ok' });
    expect(await tell('resolved', { ref: 'C0SECURITY:1.2' })).toEqual({ kind: 'done', proof: 'webhook ok' });
    expect(peer.messages()).toHaveLength(2);
    expect(peer.messages()[0]?.metadata?.event_payload['delivery_id']).toBe('dlv-h');
    const [call] = peer.calls();
    expect(call?.args).toMatchObject({ unfurl_links: false, unfurl_media: false, mrkdwn: false });
    expect(call?.args).not.toHaveProperty('channel');
    expect(call?.headers['user-agent']).toBe('therapytrain-alerts-channel-slack');
    expect(call?.headers.authorization).toBeUndefined();
  });

  test('is asked for another channel where the options name one', async () => {
    const { peer, tell } = await openHook({ channel: '#security' });
    await tell('alert');
    expect(peer.arrivals()[0]?.recipients).toEqual(['#security']);
  });

  test('has no way to look, and says so', async () => {
    const { tell } = await openHook();
    expect(await tell('alert', { doubtful: true })).toEqual({ kind: 'done', proof: 'webhook ok, possible duplicate' });
  });

  test.each<[string, object]>([
    [
      'throttle-after',
      { kind: 'retry', reason: 'throttled', after: namedWait, scope: expect.stringMatching(/^slack:webhook:/) },
    ],
    ['throttle', { kind: 'retry', reason: 'throttled' }],
    ['fail', { kind: 'retry', reason: 'peer_failed' }],
    ['refuse', { kind: 'reject', reason: 'refused', detail: 'invalid_blocks' }],
    ['unauthorised', { kind: 'misconfigured', reason: 'credentials', detail: 'invalid_token' }],
    ['forbidden', { kind: 'misconfigured', reason: 'permission', detail: 'action_prohibited' }],
    ['unknown-target', { kind: 'reject', reason: 'unknown_target', detail: 'channel_not_found' }],
    ['gone', { kind: 'reject', reason: 'gone', detail: 'channel_is_archived' }],
    ['too-large', { kind: 'reject', reason: 'too_large', detail: 'msg_too_long' }],
    ['garbage', { kind: 'ambiguous', reason: 'answer_unreadable' }],
    ['cut-after', { kind: 'ambiguous', reason: 'answer_lost' }],
    ['redirect', { kind: 'misconfigured', reason: 'unsafe_address' }],
  ])('says %s', async (behaviour, expected) => {
    const { peer, tell } = await openHook();
    peer.behave(behaviour as 'fail');
    expect(await tell('alert')).toMatchObject(expected);
  });

  test.each<[string, { status: number; body: string }, object]>([
    [
      'a word it may add',
      { status: 400, body: 'new_word' },
      { kind: 'reject', reason: 'refused', detail: 'status 400' },
    ],
    ['that it was taken away', { status: 404, body: 'no_service' }, { kind: 'reject', reason: 'gone' }],
    ['a word with a good status', { status: 200, body: 'no_text' }, { kind: 'ambiguous', reason: 'answer_unreadable' }],
    ['that it failed', { status: 500, body: 'rollup_error' }, { kind: 'retry', reason: 'peer_failed' }],
  ])('says %s', async (_, reply, expected) => {
    const { peer, tell } = await openHook();
    peer.says('webhook', reply);
    expect(await tell('alert')).toMatchObject(expected);
  });
});

describe('the check', () => {
  const never = new AbortController().signal;

  test('proves the webhook, and posts nothing', async () => {
    const { channel, peer } = await openHook();
    expect(await channel.check(never)).toEqual({ kind: 'done', proof: 'webhook ok' });
    expect(peer.messages()).toEqual([]);
  });

  test('tells one that is not there', async () => {
    const { channel, peer } = await openHook();
    peer.says('webhook', { status: 404, body: 'no_service' });
    expect(await channel.check(never)).toMatchObject({ kind: 'reject', reason: 'gone' });
  });
});
