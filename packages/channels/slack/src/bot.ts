import type { Attempt, Clearance, Notice, NoticeEvent, Outcome } from '@therapytrain/alerts-core/channel';
import type { Called, Caller } from './caller.ts';
import { isTs, lookInChannel, lookInThread, type Sight } from './look.ts';
import { type Message, render, renderReply, type Words } from './render.ts';

/** What a bot goes by. */
export interface BotFacts {
  readonly channel: string;
  readonly broadcastEscalations: boolean;
  /** The operator's own words; see the option `text`. */
  readonly words: Words | undefined;
}

/** A message in Slack: what a `ref` names. */
interface Place {
  readonly channel: string;
  readonly ts: string;
}

// Changes of an incident's state, which its thread tells. Mere news changes the message and disturbs nobody.
const threaded: readonly NoticeEvent[] = ['opened', 'escalated', 'acknowledged', 'resolved', 'reminded'];
// The message is not there any more, or is not in a channel of ours: a new one takes its place.
const lost = ['message_not_found', 'channel_not_found', 'thread_not_found', 'is_archived', 'not_in_channel'];
// The workspace forbids to change it. It is there, so its thread tells everything.
const fixed = ['edit_window_closed', 'cant_update_message'];
// Slack says of these that part of the work may have been done.
const unsure: readonly (string | undefined)[] = ['internal_error', 'fatal_error', 'service_unavailable', undefined];

/** `progress` that asks the next attempt to look for this one. */
const look = 'look';

const channelId = /^[CGD][A-Z0-9]{5,}$/;

/** True for the id of a channel; a name cannot be read back. */
export const isChannelId = (channel: string): boolean => channelId.test(channel);

const placeOf = (ref: string | undefined): Place | undefined => {
  const [, channel, ts] = /^([CGD][A-Z0-9]{1,32}):([\d.]{1,32})$/.exec(ref ?? '') ?? [];
  return channel !== undefined && isTs(ts) ? { channel, ts } : undefined;
};

const refOf = ({ channel, ts }: { readonly channel?: unknown; readonly ts?: unknown }): { readonly ref?: string } => {
  const ref = `${String(channel)}:${String(ts)}`;
  return placeOf(ref) ? { ref } : {};
};

// The library's types are of changeable lists.
const contentOf = ({ text, blocks, metadata }: Message) => ({
  text,
  blocks: [...blocks],
  metadata: { event_type: metadata.event_type, event_payload: { ...metadata.event_payload } },
  parse: 'none' as const,
  link_names: false,
});

const duplicate = (sight: Sight): string => (sight === 'unknown' ? ', possible duplicate' : '');

const proofOf = ({ ts }: { readonly ts?: unknown }, sight: Sight): string =>
  `${isTs(ts) ? ts : 'posted'}${duplicate(sight)}`;

/** What is posted goes without previews of links, and is not read as markup. */
const quiet = { mrkdwn: false, unfurl_links: false, unfurl_media: false } as const;

const post = (caller: Caller, channel: string, message: Message) =>
  caller.write('chat.postMessage', (client) => client.chat.postMessage({ channel, ...contentOf(message), ...quiet }));

const reply = (caller: Caller, { channel, ts }: Place, message: Message, broadcast: boolean) =>
  caller.write('chat.postMessage', (client) =>
    client.chat.postMessage({
      channel,
      thread_ts: ts,
      reply_broadcast: broadcast,
      ...contentOf(message),
      ...quiet,
    }),
  );

/** A failure after which the message may stand all the same asks the next attempt to look. */
const failed = (called: Exclude<Called<unknown>, { readonly data: unknown }>, looks: boolean): Outcome => {
  const { outcome, word } = called;
  const again = looks || (outcome.kind === 'retry' && outcome.reason === 'peer_failed' && unsure.includes(word));
  return again && outcome.kind !== 'reject' && outcome.kind !== 'done' ? { ...outcome, progress: look } : outcome;
};

const isFailure = (sight: Sight): sight is Exclude<Sight, string | { readonly ts: string }> =>
  typeof sight === 'object' && 'outcome' in sight;

/** What is to be told, and whether it may have been told before. */
interface Told {
  readonly notice: Notice<Clearance>;
  readonly key: string;
  readonly looks: boolean;
}

const postNew = async ({ channel, words }: BotFacts, told: Told, caller: Caller): Promise<Outcome> => {
  const { notice, key, looks } = told;
  // Only an id can be read back.
  const sight = !looks ? 'absent' : isChannelId(channel) ? await lookInChannel(caller, channel, key) : 'unknown';
  if (isFailure(sight)) return failed(sight, looks);
  if (typeof sight === 'object')
    return { kind: 'done', ...refOf({ channel, ts: sight.ts }), proof: `${sight.ts}, found` };
  const posted = await post(caller, channel, render(notice, key, words));
  if ('outcome' in posted) return failed(posted, looks);
  return { kind: 'done', ...refOf(posted.data), proof: proofOf(posted.data, sight) };
};

const answer = async (facts: BotFacts, told: Told, place: Place, caller: Caller): Promise<Outcome> => {
  const { notice, key, looks } = told;
  const sight = looks ? await lookInThread(caller, place.channel, place.ts, key) : 'absent';
  if (isFailure(sight)) return failed(sight, looks);
  if (typeof sight === 'object') return { kind: 'done', ...refOf(place), proof: `${sight.ts}, found` };
  const broadcast = facts.broadcastEscalations && notice.event === 'escalated';
  const replied = await reply(caller, place, renderReply(notice, key), broadcast);
  if ('outcome' in replied) return failed(replied, looks);
  return { kind: 'done', ...refOf(place), proof: proofOf(replied.data, sight) };
};

/** Tells of notices with the methods of the Web API: one message per incident, kept up to date, with a thread. */
export const createBot =
  (facts: BotFacts) =>
  async (notice: Notice<Clearance>, attempt: Attempt, caller: Caller): Promise<Outcome> => {
    const { key, ref, doubtful, progress } = attempt;
    const told: Told = { notice, key, looks: doubtful === true || progress === look };
    const place = notice.incident && placeOf(ref);
    if (!place) return postNew(facts, told, caller);
    // To say the same twice changes nothing, so a doubtful update is just made again.
    const updated = await caller.write('chat.update', (client) =>
      client.chat.update({ ...place, ...contentOf(render(notice, key, facts.words)) }),
    );
    if ('data' in updated) {
      if (threaded.includes(notice.event)) return answer(facts, told, place, caller);
      return { kind: 'done', ...refOf(place), proof: `${place.ts}, updated` };
    }
    if (fixed.includes(updated.word ?? '')) return answer(facts, told, place, caller);
    return lost.includes(updated.word ?? '') ? postNew(facts, told, caller) : failed(updated, told.looks);
  };
