import {
  type Attempt,
  type Channel,
  type Clearance,
  type Notice,
  type NoticeEvent,
  type Outcome,
  parseOptions,
  type Story,
} from '@therapytrain/alerts-core/channel';
import { systemPorts } from '@therapytrain/alerts-core';
import {
  noticeOf,
  sampleAlert,
  sampleStory,
  type SlackPeer,
  type SlackPeerOptions,
  startSlackPeer,
} from '@therapytrain/alerts-testkit';
import type { z } from 'zod';
import { slack } from '../../src/index.ts';

type Given = z.input<typeof slack.options>;

/** The address that sample stories link to: the only one that a message may have. */
export const links = ['https://alerts.clinic.test/incidents/inc-0199a000'];

/** What lets a channel call the peer, which is on loopback and without TLS. */
export const reachOf = ({ apiUrl }: SlackPeer): Pick<Given, 'apiUrl' | 'allow'> => ({
  apiUrl,
  allow: { cidrs: ['127.0.0.0/8'], ports: [Number(new URL(apiUrl).port)], plaintext: true },
});

/** A channel on a peer of its own. */
export interface Pair {
  readonly peer: SlackPeer;
  readonly channel: Channel;
  /** One attempt with a notice of the event, about an incident where such a notice is about one. */
  tell(event: NoticeEvent, attempt?: Partial<Attempt>, story?: Partial<Story>): Promise<Outcome>;
}

const pairs: Pair[] = [];
let keys = 0;

/** A notice of the event. */
export const noticeFor = (event: NoticeEvent, story: Partial<Story> = {}): Notice<Clearance> =>
  noticeOf(sampleStory(event, [sampleAlert('Failed login attempt', { component: 'sign-in' })], story), 2);

const pairOf = (peer: SlackPeer, given: Given): Pair => {
  const parsed = parseOptions(slack.options, { ...reachOf(peer), timeout: '2s', ...given });
  const channel = slack.create(parsed, systemPorts());
  const pair: Pair = {
    peer,
    channel,
    tell: (event, attempt = {}, story = {}) =>
      channel.deliver(noticeFor(event, story), {
        key: `dlv-${++keys}`,
        number: 1,
        signal: new AbortController().signal,
        ...attempt,
      }),
  };
  pairs.push(pair);
  return pair;
};

/** Opens a channel that has a bot token. */
export const openBot = async (given: Given = {}, options: SlackPeerOptions = {}): Promise<Pair> => {
  const peer = await startSlackPeer({ links, ...options });
  return pairOf(peer, { token: peer.token, channel: 'C0SECURITY', ...given });
};

/** Opens a channel that has an incoming webhook. */
export const openHook = async (given: Given = {}, options: SlackPeerOptions = {}): Promise<Pair> => {
  const peer = await startSlackPeer({ links, ...options });
  return pairOf(peer, { webhookUrl: peer.webhookUrl, ...given });
};

/** Closes all that were opened, and gives what the real Slack would have refused. */
export const closeAll = async (): Promise<readonly string[]> => {
  const closed = pairs.splice(0);
  for (const { channel, peer } of closed) {
    await channel.close();
    await peer.stop();
  }
  return closed.flatMap(({ peer }) => peer.violations());
};
