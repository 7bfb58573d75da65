import { afterEach, describe, expect, test } from '@jest/globals';
import { namedWait, waitFor } from '@therapytrain/alerts-testkit';
import { closeAll, openBot, type Pair } from './support/open.ts';

afterEach(async () => expect(await closeAll()).toEqual([]));

const methods = ({ peer }: Pair): readonly string[] => peer.calls().map(({ method }) => method);
const says = (word: string, more: object = {}) => ({
  status: 200,
  body: JSON.stringify({ ok: false, error: word, ...more }),
});
const refOf = (outcome: Awaited<ReturnType<Pair['tell']>>): string =>
  (outcome.kind === 'done' ? outcome.ref : undefined) ?? 'none';

describe('a new message', () => {
  test('is posted quietly, is found by its key, and gives a ref', async () => {
    const pair = await openBot();
    const outcome = await pair.tell('opened', { key: 'dlv-new' });
    const [message] = pair.peer.messages();
    expect(outcome).toEqual({ kind: 'done', ref: `C0SECURITY:${message?.ts}`, proof: message?.ts });
    expect(message?.metadata?.event_payload['delivery_id']).toBe('dlv-new');
    const [call] = pair.peer.calls();
    expect(call?.args).toMatchObject({
      channel: 'C0SECURITY',
      unfurl_links: 'false',
      unfurl_media: 'false',
      link_names: 'false',
      mrkdwn: 'false',
      parse: 'none',
    });
    expect(call?.args).not.toHaveProperty('thread_ts');
    expect(call?.headers['user-agent']).toBe('therapytrain-alerts-channel-slack');
    expect(call?.headers.authorization).toBe(`Bearer ${pair.peer.token}`);
  });

  test('goes to a channel by its name, and has the id in its ref', async () => {
    const pair = await openBot({ channel: '#security' });
    expect(refOf(await pair.tell('alert'))).toMatch(/^C0SECURITY:\d+\.\d+$/);
  });

  test('shows the words of the operator', async () => {
    const pair = await openBot({ text: '*{{ severity }}* {{ alerts[0].message }}' });
    expect((await pair.tell('alert')).kind).toBe('done');
    expect(JSON.stringify(pair.peer.messages()[0]?.blocks)).toContain('*HIGH* Failed login attempt');
  });
});

describe('buttons for what is asked', () => {
  const asks = [{ id: '0199a000-0000-7000-8000-00000000000a', text: 'Approval is asked (lock)' }];
  const kinds = ({ peer }: Pair): readonly unknown[] =>
    (peer.messages()[0]?.blocks as readonly { type: string }[]).map(({ type }) => type);

  test.each([true, false])('are there where the options say %s', async (approvals) => {
    const pair = await openBot({ approvals });
    expect((await pair.tell('opened', {}, { asks })).kind).toBe('done');
    expect(kinds(pair).includes('actions')).toBe(approvals);
  });

  test('go when it is asked no more', async () => {
    const pair = await openBot({ approvals: true });
    const ref = refOf(await pair.tell('opened', {}, { asks }));
    await pair.tell('updated', { ref });
    expect(kinds(pair)).not.toContain('actions');
  });
});

describe('the life of an incident', () => {
  test('is one message that is kept up to date, and a thread of what changed', async () => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    for (const event of ['updated', 'updated', 'escalated', 'updated', 'acknowledged', 'resolved'] as const) {
      expect(refOf(await pair.tell(event, { ref }))).toBe(ref);
    }
    const [first, ...replies] = pair.peer.messages();
    expect(first).toMatchObject({ ts: ref.split(':')[1], edits: 6 });
    expect(first?.text).toContain('[RESOLVED]');
    expect(replies.map(({ thread_ts, broadcast, text }) => [thread_ts, broadcast, text.split(' ')[0]])).toEqual([
      [first?.ts, true, '[ESCALATED]'],
      [first?.ts, false, '[ACKNOWLEDGED]'],
      [first?.ts, false, '[RESOLVED]'],
    ]);
  });

  test('is told of in the thread when it begins again', async () => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    await pair.tell('opened', { ref });
    expect(pair.peer.messages().map(({ thread_ts }) => thread_ts === undefined)).toEqual([true, false]);
  });

  test('keeps an escalation in its thread where that is asked for', async () => {
    const pair = await openBot({ broadcastEscalations: false });
    const ref = refOf(await pair.tell('opened'));
    await pair.tell('escalated', { ref });
    expect(pair.peer.messages()[1]).toMatchObject({ broadcast: false });
  });

  test('goes on in a new message if the first was deleted', async () => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    await pair.tell('updated');
    pair.peer.remove(ref.split(':')[1] ?? '');
    const next = refOf(await pair.tell('acknowledged', { ref }));
    expect(next).not.toBe(ref);
    expect(pair.peer.messages().at(-1)).toMatchObject({ ts: next.split(':')[1] });
  });

  test.each(['edit_window_closed', 'cant_update_message'])('goes on in the thread after %s', async (word) => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    pair.peer.says('chat.update', says(word));
    expect(refOf(await pair.tell('updated', { ref }))).toBe(ref);
    expect(pair.peer.messages()[1]).toMatchObject({ thread_ts: ref.split(':')[1] });
  });

  test('is not told twice if only the message could be changed, and the reply was doubtful', async () => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    pair.peer.says('chat.postMessage', { status: 503, body: '' });
    const first = await pair.tell('resolved', { ref, key: 'dlv-r' });
    expect(first).toMatchObject({ kind: 'retry', reason: 'peer_failed', progress: 'look' });
    pair.peer.says('chat.postMessage', undefined);
    const progress = first.kind === 'retry' ? (first.progress ?? '') : '';
    expect((await pair.tell('resolved', { ref, key: 'dlv-r', number: 2, progress })).kind).toBe('done');
    expect((await pair.tell('resolved', { ref, key: 'dlv-r', number: 3, doubtful: true })).kind).toBe('done');
    expect(pair.peer.messages()).toHaveLength(2);
    expect(methods(pair)).toContain('conversations.replies');
  });

  test('ignores a ref for what is no incident', async () => {
    const pair = await openBot();
    const ref = refOf(await pair.tell('opened'));
    expect(refOf(await pair.tell('digest', { ref }))).not.toBe(ref);
  });
});

describe('a doubtful delivery', () => {
  test('is looked for, and not posted again', async () => {
    const pair = await openBot({ timeout: '300ms' });
    pair.peer.behave('hang-after');
    const late = await pair.tell('opened', { key: 'dlv-d' });
    expect(late).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
    pair.peer.behave('accept');
    const found = await pair.tell('opened', { key: 'dlv-d', number: 2, doubtful: true });
    const [message] = pair.peer.messages();
    expect(found).toEqual({ kind: 'done', ref: `C0SECURITY:${message?.ts}`, proof: `${message?.ts}, found` });
    expect(pair.peer.messages()).toHaveLength(1);
  });

  test('is posted where it is not found, and nobody is told that it may be there twice', async () => {
    const pair = await openBot();
    await pair.tell('alert');
    const outcome = await pair.tell('alert', { number: 2, doubtful: true });
    expect(outcome).toMatchObject({ kind: 'done', proof: expect.not.stringContaining('duplicate') });
    expect(pair.peer.messages()).toHaveLength(2);
  });

  test('is found on a later page', async () => {
    const pair = await openBot();
    await pair.tell('alert', { key: 'dlv-old' });
    for (let count = 0; count < 150; count++) await pair.tell('alert');
    expect(await pair.tell('alert', { key: 'dlv-old', doubtful: true })).toMatchObject({
      proof: expect.stringContaining('found'),
    });
    expect(methods(pair).filter((method) => method === 'conversations.history')).toHaveLength(2);
  });

  test.each<[string, Parameters<typeof openBot>]>([
    ['the token may not read', [{}, { scopes: ['chat:write'] }]],
    ['the channel is only known by its name', [{ channel: 'security' }]],
    [
      'the bot is not in the channel',
      [
        {},
        {
          channels: [{ id: 'C0SECURITY', name: 'security', member: false }],
          scopes: ['chat:write', 'chat:write.public', 'channels:history'],
        },
      ],
    ],
  ])('is posted again, and says so, where %s', async (_, given) => {
    const pair = await openBot(...given);
    expect(await pair.tell('alert', { doubtful: true })).toMatchObject({
      kind: 'done',
      proof: expect.stringContaining('possible duplicate'),
    });
  });

  test.each([
    ['{"ok":true,"messages":7}', 'duplicate'],
    ['{"ok":true}', 'duplicate'],
    ['{"ok":true,"messages":[null,7,{"metadata":7},{"metadata":{"event_payload":null}}]}', '1790000000'],
    ['{"ok":true,"messages":[{"ts":{},"metadata":{"event_payload":{"delivery_id":"dlv-x"}}}]}', '1790000000'],
    ['{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":7}}', '1790000000'],
    ['{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":"again"}}', 'duplicate'],
  ])('is posted where Slack says %s of the past', async (body, proof) => {
    const pair = await openBot();
    pair.peer.says('conversations.history', { status: 200, body });
    const outcome = await pair.tell('alert', { key: 'dlv-x', doubtful: true });
    expect(outcome).toMatchObject({ kind: 'done', proof: expect.stringContaining(proof) });
    expect(pair.peer.messages()).toHaveLength(1);
  });

  test('waits where nobody can look now', async () => {
    const pair = await openBot();
    pair.peer.says('conversations.history', { ...says('ratelimited'), status: 429, headers: { 'retry-after': '3' } });
    expect(await pair.tell('alert', { doubtful: true })).toMatchObject({
      kind: 'retry',
      reason: 'throttled',
      after: 3_000,
      progress: 'look',
    });
    expect(pair.peer.messages()).toHaveLength(0);
  });
});

describe('what Slack says', () => {
  test.each<[string, object]>([
    ['throttle-after', { kind: 'retry', reason: 'throttled', after: namedWait }],
    ['throttle', { kind: 'retry', reason: 'throttled' }],
    ['fail', { kind: 'retry', reason: 'peer_failed', progress: 'look' }],
    ['refuse', { kind: 'reject', reason: 'refused', detail: 'invalid_blocks' }],
    ['unauthorised', { kind: 'misconfigured', reason: 'credentials', detail: 'invalid_auth' }],
    ['forbidden', { kind: 'misconfigured', reason: 'permission', detail: 'missing_scope' }],
    ['unknown-target', { kind: 'reject', reason: 'unknown_target', detail: 'channel_not_found' }],
    ['gone', { kind: 'reject', reason: 'gone', detail: 'is_archived' }],
    ['too-large', { kind: 'reject', reason: 'too_large', detail: 'msg_too_long' }],
    ['garbage', { kind: 'ambiguous', reason: 'answer_unreadable' }],
    ['oversized', { kind: 'ambiguous', reason: 'answer_unreadable' }],
    ['cut-after', { kind: 'ambiguous', reason: 'answer_lost' }],
    ['redirect', { kind: 'misconfigured', reason: 'unsafe_address' }],
  ])('%s', async (behaviour, expected) => {
    const pair = await openBot();
    pair.peer.behave(behaviour as 'fail');
    expect(await pair.tell('alert')).toMatchObject(expected);
    expect(pair.peer.attempts()).toBe(1);
  });

  test.each<[string, { status?: number; body: string }, object]>([
    ['a word it may add', says('new_word'), { kind: 'retry', reason: 'peer_failed', detail: 'new_word' }],
    [
      'a scope that is missing',
      says('missing_scope', { needed: 'chat:write' }),
      { detail: 'missing_scope: chat:write' },
    ],
    ['a scope that is none', says('missing_scope', { needed: 'Secret Channel' }), { detail: 'missing_scope' }],
    ['an error that is no word', says('Text with C0SECURITY'), { reason: 'answer_unreadable' }],
    ['null', { body: 'null' }, { kind: 'ambiguous', reason: 'answer_unreadable' }],
    ['a list', { body: '[1]' }, { kind: 'ambiguous', reason: 'answer_unreadable' }],
    [
      'warnings that are none',
      { body: '{"ok":true,"response_metadata":{"warnings":7}}' },
      { reason: 'answer_unreadable' },
    ],
    ['ok and no more', { body: '{"ok":true}' }, { kind: 'done', proof: 'posted' }],
    ['ok, and what is no name', { body: '{"ok":true,"channel":"x:y","ts":"C0SECURITY"}' }, { proof: 'posted' }],
    ['500', { status: 500, body: 'oops' }, { kind: 'retry', reason: 'peer_failed', progress: 'look' }],
    ['429 without a word', { status: 429, body: '' }, { kind: 'retry', reason: 'throttled' }],
    ['401', { status: 401, body: '' }, { kind: 'misconfigured', reason: 'credentials' }],
  ])('%s', async (_, reply, expected) => {
    const pair = await openBot();
    pair.peer.says('chat.postMessage', { status: 200, ...reply });
    const outcome = await pair.tell('alert');
    expect(outcome).toMatchObject(expected);
    expect(JSON.stringify(outcome)).not.toMatch(/Secret|C0SECURITY|xox/);
  });

  test('the library is not told of a type that it would unpack without a bound', async () => {
    const pair = await openBot();
    const headers = { 'content-type': 'application/gzip' };
    pair.peer.says('chat.postMessage', { status: 200, headers, body: '{"ok":true}' });
    expect(await pair.tell('alert')).toMatchObject({ kind: 'done' });
  });
});

describe('limits', () => {
  test('one per second and channel: what is too much waits, and the scope says who else', async () => {
    const pair = await openBot({}, { rate: { perSecond: 1, burst: 2 } });
    const outcomes = [await pair.tell('alert'), await pair.tell('alert'), await pair.tell('alert')];
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'retry']);
    expect(outcomes[2]).toMatchObject({
      reason: 'throttled',
      after: 1_000,
      scope: expect.stringMatching(/^slack:chat\.postMessage:[0-9a-f]{12}$/),
    });
  });
});

describe('time', () => {
  test('runs out over all calls together', async () => {
    const pair = await openBot({ timeout: '300ms' });
    const ref = refOf(await pair.tell('opened'));
    pair.peer.behave('drip');
    expect(await pair.tell('acknowledged', { ref })).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
    expect(methods(pair).at(-1)).toBe('chat.update');
  });

  test('an attempt that is given up leaves no connection behind', async () => {
    const pair = await openBot();
    const giving = new AbortController();
    pair.peer.behave('hang-after');
    const told = pair.tell('alert', { signal: giving.signal });
    await waitFor(() => pair.peer.arrivals().length === 1, { what: 'the notice' });
    giving.abort();
    expect(await told).toMatchObject({ kind: 'ambiguous', reason: 'answer_late' });
    await waitFor(() => pair.peer.connections() === 0, { what: 'the connection to end' });
  });

  test('looking is not telling: what is given up while it looks can be tried again', async () => {
    const pair = await openBot({ timeout: '300ms' });
    pair.peer.behave('hang-after');
    expect(await pair.tell('alert', { doubtful: true })).toMatchObject({ kind: 'retry', reason: 'timed_out' });
    expect(pair.peer.attempts()).toBe(0);
  });
});

describe('the check', () => {
  const never = new AbortController().signal;

  test('proves token and channel', async () => {
    const { channel, peer } = await openBot();
    expect(await channel.check(never)).toEqual({ kind: 'done', proof: 'auth.test and conversations.history ok' });
    expect(peer.attempts()).toBe(0);
  });

  test('says that a doubtful delivery cannot be looked for', async () => {
    const proof = 'auth.test ok; a doubtful delivery cannot be looked for';
    const unread = await openBot({}, { scopes: ['chat:write'] });
    const byName = await openBot({ channel: 'security' });
    expect(await unread.channel.check(never)).toEqual({ kind: 'done', proof });
    expect(await byName.channel.check(never)).toEqual({ kind: 'done', proof });
  });

  test('tells a token that may not write', async () => {
    const { channel } = await openBot({}, { scopes: ['channels:history'] });
    expect(await channel.check(never)).toMatchObject({ reason: 'permission', detail: 'missing_scope: chat:write' });
  });

  test('tells a channel that the bot was not invited to, unless it may post there all the same', async () => {
    const channels = [{ id: 'C0SECURITY', name: 'security', member: false }];
    const closed = await openBot({}, { channels });
    expect(await closed.channel.check(never)).toMatchObject({ kind: 'misconfigured', detail: 'not_in_channel' });
    const open = await openBot({}, { channels, scopes: ['chat:write', 'chat:write.public', 'channels:history'] });
    expect((await open.channel.check(never)).kind).toBe('done');
  });

  test('tells a channel that is not there', async () => {
    const { channel } = await openBot({ channel: 'C0NOWHERE' });
    expect(await channel.check(never)).toMatchObject({ kind: 'reject', reason: 'unknown_target' });
  });

  test('tells a token that is not known', async () => {
    const { channel } = await openBot({ token: 'xoxb-other' });
    expect(await channel.check(never)).toMatchObject({ reason: 'credentials', detail: 'invalid_auth' });
  });

  test('names a raised clearance', async () => {
    const { channel } = await openBot({ clearance: 'PERSONAL' });
    expect(await channel.check(never)).toMatchObject({
      proof: expect.stringContaining('clearance raised to PERSONAL'),
    });
  });
});
