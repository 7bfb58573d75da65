import { parseOptions } from '@therapytrain/alerts-core/channel';
import { channelContract, type OpenChannelSubject, skewedPorts, startSlackPeer } from '@therapytrain/alerts-testkit';
import { slack } from '../src/index.ts';
import { links, reachOf } from './support/open.ts';

const clearances = ['PUBLIC', 'INTERNAL', 'PERSONAL', 'HEALTH'] as const;
const timeout = 500;

const open =
  (way: 'token' | 'webhook'): OpenChannelSubject =>
  async ({ clearance, skew }) => {
    const peer = await startSlackPeer({ links });
    const options = parseOptions(slack.options, {
      ...(way === 'token' ? { token: peer.token, channel: 'C0SECURITY' } : { webhookUrl: peer.webhookUrl }),
      ...reachOf(peer),
      ...(clearance && { clearance: clearances[clearance - 1] }),
      timeout: `${timeout}ms`,
    });
    const stop = async (): Promise<void> => {
      await peer.stop();
      if (peer.violations().length > 0) throw new Error(`Slack would refuse: ${peer.violations().join('; ')}`);
    };
    const secrets = [peer.token, new URL(peer.webhookUrl).pathname];
    return { peer: { ...peer, stop }, channel: slack.create(options, skewedPorts(skew)), secrets, timeout };
  };

channelContract('slack with a bot token', open('token'));
channelContract('slack with an incoming webhook', open('webhook'));
