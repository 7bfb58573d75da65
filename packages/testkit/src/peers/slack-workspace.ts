import { faultsOfMessage } from './slack-rules.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A channel of the fake workspace. */
export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly archived?: boolean;
  /** False: the bot was not invited. Default: true. */
  readonly member?: boolean;
}

/** A message as the fake workspace keeps it. */
export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks?: unknown;
  readonly metadata?: { readonly event_type: string; readonly event_payload: Fields };
  /** The message that this one answers. */
  readonly thread_ts?: string;
  /** True for an answer that is shown in the channel too. */
  readonly broadcast: boolean;
  /** How often it was changed. */
  readonly edits: number;
}

/** What the workspace goes by. */
export interface WorkspaceFacts {
  readonly channels: readonly SlackChannel[];
  readonly scopes: readonly string[];
  /** Addresses that a message may link to. */
  readonly links: readonly string[];
  /** Messages per second and channel, and how many may come at once. Undefined: no limit. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Told of everything that the real Slack would refuse, and of what must never reach it. */
  readonly violated: (what: string) => void;
}

/** An answer of a method: `ok` with its fields, or an error word; `retryAfter`, in seconds, makes it a 429. */
export type SlackAnswer = Fields & { readonly ok: boolean; readonly retryAfter?: number };

const refusal = (error: string, more: Fields = {}): SlackAnswer => ({ ok: false, error, ...more });

const message = ['channel', 'text', 'blocks', 'metadata', 'parse', 'link_names'];
const paging = ['channel', 'limit', 'cursor', 'oldest', 'latest', 'inclusive', 'include_all_metadata'];
const known: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': [...message, 'mrkdwn', 'thread_ts', 'reply_broadcast', 'unfurl_links', 'unfurl_media'],
  'chat.update': [...message, 'ts', 'reply_broadcast'],
  'conversations.history': paging,
  'conversations.replies': [...paging, 'ts'],
};

const needed: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
};

/** Slack's limit of messages per channel: a bucket that fills again with time. */
const createLimit = (rate: WorkspaceFacts['rate']) => {
  const buckets = new Map<string, { left: number; at: number }>();
  return (channel: string): boolean => {
    if (!rate) return true;
    const now = performance.now();
    const { left, at } = buckets.get(channel) ?? { left: rate.burst, at: now };
    const filled = Math.min(rate.burst, left + ((now - at) / 1_000) * rate.perSecond);
    buckets.set(channel, { left: Math.max(0, filled - 1), at: now });
    return filled >= 1;
  };
};

const page = (all: readonly SlackMessage[], args: Fields): SlackAnswer => {
  const from = Number(args['cursor'] ?? 0);
  const limit = Math.min(Number(args['limit'] ?? 100), 999);
  const withMetadata = String(args['include_all_metadata']) === 'true' || args['include_all_metadata'] === '1';
  const more = from + limit < all.length;
  return {
    ok: true,
    messages: all.slice(from, from + limit).map(({ metadata, ...rest }) => ({
      type: 'message',
      ...rest,
      ...(withMetadata && metadata && { metadata }),
    })),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  };
};

const kept = (args: Fields): Pick<SlackMessage, 'text' | 'blocks' | 'metadata'> => ({
  text: String(args['text'] ?? ''),
  ...(args['blocks'] !== undefined && { blocks: args['blocks'] }),
  ...(args['metadata'] !== undefined && { metadata: args['metadata'] as NonNullable<SlackMessage['metadata']> }),
});

const read = (
  channels: readonly SlackChannel[],
  messages: readonly SlackMessage[],
  method: string,
  args: Fields,
): SlackAnswer => {
  const channel = channels.find(({ id }) => id === args['channel']);
  if (!channel) return refusal('channel_not_found');
  if (channel.member === false) return refusal('not_in_channel');
  const here = messages.filter((each) => each.channel === channel.id);
  if (method === 'conversations.history') {
    return page(here.filter(({ thread_ts, broadcast }) => thread_ts === undefined || broadcast).toReversed(), args);
  }
  const thread = here.filter(({ ts, thread_ts }) => ts === args['ts'] || thread_ts === args['ts']);
  return thread.length === 0 ? refusal('thread_not_found') : page(thread, args);
};

/** Makes a workspace with state: what is posted is there to be updated, answered and read back. */
export const createWorkspace = ({ channels, scopes, links, rate, violated }: WorkspaceFacts) => {
  const messages: SlackMessage[] = [];
  const mayPost = createLimit(rate);
  const byName = (name: unknown) =>
    channels.find((each) => each.id === name || each.name === String(name).replace(/^#/, ''));

  const faulty = (args: Fields): SlackAnswer | undefined => {
    const faults = faultsOfMessage(args, links);
    for (const { what } of faults) violated(what);
    const word = faults.find((fault) => fault.word !== undefined)?.word;
    return word === undefined ? undefined : refusal(word);
  };

  const post = (args: Fields): SlackAnswer => {
    const channel = byName(args['channel']);
    if (!channel) return refusal('channel_not_found');
    if (channel.archived) return refusal('is_archived');
    if (channel.member === false && !scopes.includes('chat:write.public')) return refusal('not_in_channel');
    const fault = faulty(args);
    if (fault) return fault;
    if (!mayPost(channel.id)) return refusal('ratelimited', { retryAfter: 1 });
    const parent = args['thread_ts'];
    if (parent !== undefined && !messages.some(({ ts, channel: of }) => ts === parent && of === channel.id)) {
      return refusal('thread_not_found');
    }
    const ts = `${1_790_000_000 + messages.length}.${String(100 + messages.length).padStart(6, '0')}`;
    const broadcast = String(args['reply_broadcast']) === 'true';
    const thread = parent === undefined ? {} : { thread_ts: String(parent) };
    const made: SlackMessage = { channel: channel.id, ts, ...kept(args), ...thread, broadcast, edits: 0 };
    messages.push(made);
    return { ok: true, channel: channel.id, ts, message: made };
  };

  const update = (args: Fields): SlackAnswer => {
    if (!channels.some(({ id }) => id === args['channel'])) return refusal('channel_not_found');
    const place = messages.findIndex(({ ts, channel }) => ts === args['ts'] && channel === args['channel']);
    const old = messages[place];
    if (!old) return refusal('message_not_found');
    const fault = faulty(args);
    if (fault) return fault;
    messages[place] = { ...old, ...kept(args), edits: old.edits + 1 };
    return { ok: true, channel: old.channel, ts: old.ts, text: old.text };
  };

  return {
    messages: (): readonly SlackMessage[] => messages,
    /** Forgets a message, as a person who deletes it. */
    remove: (ts: string): void => {
      const place = messages.findIndex((each) => each.ts === ts);
      if (place >= 0) messages.splice(place, 1);
    },
    /** What a method answers to its arguments. */
    call: (method: string, args: Fields): SlackAnswer => {
      const allowed = known[method];
      if (!allowed) return refusal('unknown_method');
      for (const key of Object.keys(args)) if (!allowed.includes(key)) violated(`${method} has no argument ${key}`);
      const asks = needed[method] ?? [];
      if (asks.length > 0 && !asks.some((scope) => scopes.includes(scope))) {
        return refusal('missing_scope', { needed: asks.join(','), provided: scopes.join(',') });
      }
      if (method === 'chat.postMessage') return post(args);
      if (method === 'chat.update') return update(args);
      if (method === 'auth.test') return { ok: true, team_id: 'T0TEAM', user_id: 'U0BOT', bot_id: 'B0BOT' };
      return read(channels, messages, method, args);
    },
    /** What an incoming webhook answers: a status and a word. It posts to the first channel. */
    hook: (args: Fields): readonly [status: number, word: string] => {
      if (args['text'] === '' && args['blocks'] === undefined) return [400, 'missing_text_or_fallback_or_attachments'];
      const { ok, error, retryAfter } = post({ ...args, channel: args['channel'] ?? channels[0]?.id });
      if (ok) return [200, 'ok'];
      if (retryAfter !== undefined) return [429, 'rate_limited'];
      return error === 'is_archived'
        ? [410, 'channel_is_archived']
        : [error === 'channel_not_found' ? 404 : 400, String(error)];
    },
  };
};
