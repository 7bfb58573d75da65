import { noticeOf, type OpenChannelSubject, sampleAlert, sampleStory, skewedPorts } from '@therapytrain/alerts-testkit';
import { systemPorts } from '@therapytrain/alerts-core';
import { type Attempt, type Channel, type Clearance, parseOptions } from '@therapytrain/alerts-core/channel';
import { email } from '@therapytrain/alerts-channel-email';
import type { z } from 'zod';
import { type SmtpPeer, startSmtpPeer } from '@therapytrain/alerts-testkit';

type Input = z.input<typeof email.options>;

/** The three who are told in the tests. */
export const recipients = ['on-call@clinic.test', 'second.line@clinic.test', 'head@clinic.test'] as const;

/** Where a server is, and how to sign in there. */
export type Server = Pick<SmtpPeer, 'host' | 'port' | 'user' | 'pass' | 'ca'>;

/** Options that work with a server. */
export const optionsFor = ({ host, port, user, pass, ca }: Server, more: Partial<Input> = {}): Input => ({
  host,
  port,
  user,
  pass,
  tls: { ca },
  from: 'Security alerts <alerts@clinic.test>',
  recipients: [...recipients],
  ...more,
});

const channels = new Set<Channel>();
const peers = new Set<SmtpPeer>();

/** The channel on a server, in the machine's time. */
export const channelOn = (server: Server, more: Partial<Input> = {}): Channel => {
  const channel = email.create(parseOptions(email.options, optionsFor(server, more)), systemPorts());
  channels.add(channel);
  return channel;
};

/** A peer that is stopped by {@link stopAll}. */
export const peerOf = async (...options: Parameters<typeof startSmtpPeer>): Promise<SmtpPeer> => {
  const peer = await startSmtpPeer(...options);
  peers.add(peer);
  return peer;
};

/** Ends every channel and peer of a test. */
export const stopAll = async (): Promise<void> => {
  for (const channel of channels) await channel.close();
  for (const peer of peers) await peer.stop();
  channels.clear();
  peers.clear();
};

/** A notice of one alert. */
export const notice = noticeOf(
  sampleStory('alert', [sampleAlert('Failed login attempt', { component: 'sign-in' })]),
  2,
);

let made = 0;

/** An attempt of a delivery of its own. */
export const attemptOf = (more: Partial<Attempt> = {}): Attempt => ({
  key: `dlv-${++made}`,
  number: 1,
  signal: new AbortController().signal,
  ...more,
});

const names = ['PUBLIC', 'INTERNAL', 'PERSONAL', 'HEALTH'] as const;
const nameOf = (clearance: Clearance): (typeof names)[number] => names[clearance - 1] ?? 'INTERNAL';

/** How long one attempt may take in the contract, in milliseconds: greeting and TLS handshake of a loaded machine fit in. */
const timeout = 1_500;

/** Opens the channel on a peer of its own, as the contract asks. */
export const openSubject: OpenChannelSubject = async ({ clearance, skew }) => {
  const peer = await startSmtpPeer();
  const options = parseOptions(
    email.options,
    optionsFor(peer, { timeout: `${timeout}ms`, ...(clearance !== undefined && { clearance: nameOf(clearance) }) }),
  );
  const channel = email.create(options, skewedPorts(skew));
  return { channel, peer, timeout, secrets: [peer.pass, peer.user, ...recipients, 'alerts@clinic.test'] };
};
