import type { WebClient } from '@slack/web-api';
import type { Caller, Refused } from './caller.ts';

/**
 * What came of looking for an earlier delivery: where it stands, that it is not there, that nobody can tell, or why we
 * could not look now.
 */
export type Sight = { readonly ts: string } | 'absent' | 'unknown' | Refused;

const pageSize = 100;
const mostPages = 3;

// Words that say: these credentials may not read here, now or later. Then the notice goes out again.
const blind = ['missing_scope', 'not_in_channel', 'channel_not_found', 'no_permission', 'access_denied'];
const blindToo = ['not_allowed_token_type', 'method_not_supported_for_channel_type', 'enterprise_is_restricted'];

interface Wanted {
  readonly key: string;
  /** A message that is not meant: the head of a thread bears the key of what changed it last. */
  readonly but?: string;
}

const tsPattern = /^\d{1,12}\.\d{1,9}$/;

/** True for what may name a message in its channel; nothing else of an answer is shown or kept. */
export const isTs = (value: unknown): value is string => typeof value === 'string' && tsPattern.test(value);

type Fields = Readonly<Record<string, unknown>>;

// What a peer says may be of any form.
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const tsIn = (messages: readonly unknown[], { key, but }: Wanted): string | undefined =>
  messages
    .map(fieldsOf)
    .filter(({ metadata }) => fieldsOf(fieldsOf(metadata)['event_payload'])['delivery_id'] === key)
    .map(({ ts }) => ts)
    .filter(isTs)
    .find((ts) => ts !== but);

const search = async (
  caller: Caller,
  method: string,
  wanted: Wanted,
  read: (client: WebClient, paging: { readonly limit: number; readonly cursor?: string }) => Promise<unknown>,
): Promise<Sight> => {
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages++) {
    const called = await caller.read(method, (client) =>
      read(client, { limit: pageSize, ...(cursor !== undefined && { cursor }) }),
    );
    if ('outcome' in called) {
      const { word = '' } = called;
      if (word === 'thread_not_found') return 'absent';
      return [...blind, ...blindToo].includes(word) ? 'unknown' : called;
    }
    const { messages, has_more: more, response_metadata: next } = fieldsOf(called.data);
    if (!Array.isArray(messages)) return 'unknown';
    const ts = tsIn(messages, wanted);
    if (ts !== undefined) return { ts };
    const { next_cursor: following } = fieldsOf(next);
    if (!more || typeof following !== 'string' || following === '') return 'absent';
    cursor = following;
  }
  return 'unknown';
};

/**
 * Looks in the newest messages of a channel for the delivery of the key. Not by time: our clock and Slack's may differ.
 */
export const lookInChannel = (caller: Caller, channel: string, key: string): Promise<Sight> =>
  search(caller, 'conversations.history', { key }, (client, paging) =>
    client.conversations.history({ channel, include_all_metadata: true, ...paging }),
  );

/** Looks in a thread for the delivery of the key, from its beginning on. */
export const lookInThread = (caller: Caller, channel: string, ts: string, key: string): Promise<Sight> =>
  search(caller, 'conversations.replies', { key, but: ts }, (client, paging) =>
    client.conversations.replies({ channel, ts, include_all_metadata: true, ...paging }),
  );
