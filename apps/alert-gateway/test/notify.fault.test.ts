import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createAlertClient } from '@therapytrain/alerts-client';
import {
  type ChannelPeer,
  type HttpPeer,
  type SlackPeer,
  type SmtpPeer,
  startHttpPeer,
  startSlackPeer,
  startSmtpPeer,
  waitFor,
} from '@therapytrain/alerts-testkit';
import { after, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';

interface Peers {
  readonly mail: SmtpPeer;
  readonly chat: SlackPeer;
  readonly hook: HttpPeer;
}

const startPeers = async (): Promise<Peers> => {
  const [mail, chat, hook] = await Promise.all([startSmtpPeer(), startSlackPeer(), startHttpPeer()]);
  for (const peer of [mail, chat, hook] as readonly ChannelPeer[]) after(() => peer.stop());
  return { mail, chat, hook };
};

const policyFor = ({ mail, chat, hook }: Peers): string => {
  const chatPort = new URL(chat.apiUrl).port;
  return `
channels:
  mail:
    kind: email
    host: ${mail.host}
    port: ${mail.port}
    user: ${mail.user}
    pass: { env: MAIL_PASS }
    from: alerts@clinic.test
    recipients: [security@clinic.test]
    tls: { servername: localhost, ca: ${JSON.stringify(mail.ca)} }
  chat:
    kind: slack
    token: { env: SLACK_TOKEN }
    channel: C0SECURITY
    apiUrl: ${chat.apiUrl}
    allow: { cidrs: [127.0.0.0/8], ports: [${chatPort}], plaintext: true }
  hook:
    kind: webhook
    url: { env: HOOK_URL }
    unsigned: true
    allow: { cidrs: [127.0.0.0/8], ports: [${hook.port}], plaintext: true }
receivers:
  security: { channels: [mail, chat, hook] }
routes:
  - receivers: [security]
    batch_updates_every: 1s
`;
};

describe('a gateway that tells people', () => {
  test('loses nothing to kill -9 while its peers fail, and accounts for every alert on every channel', async () => {
    const peers = await startPeers();
    const { mail, chat, hook } = peers;
    const data = await temporaryDirectory();
    const policy = join(data, 'policy.yaml');
    writeFileSync(policy, policyFor(peers));
    const env = { MAIL_PASS: mail.pass, SLACK_TOKEN: chat.token, HOOK_URL: hook.url };
    const start = async (): Promise<Child> => {
      const child = startChild(['--listen', '127.0.0.1:0', '--data', data, '--policy', policy], env);
      after(() => child.signal('SIGKILL'));
      await child.listening();
      return child;
    };
    let child = await start();
    let client = createAlertClient({ address: await child.listening(), source: 'sign-in' });
    const reported = async (user: string): Promise<void> => {
      await client.report({ type: 'AUTH_FAILURE', message: `Failed login of ${user}`, metadata: { userId: user } });
    };
    const again = async (): Promise<void> => {
      await client.close();
      child.signal('SIGKILL');
      await child.ended();
      child = await start();
      client = createAlertClient({ address: await child.listening(), source: 'sign-in' });
    };
    after(() => client.close());

    // A peer that cannot be reached now, and is there again later.
    hook.behave('fail');
    for (let user = 0; user < 20; user++) await reported(`user-${user}`);
    await waitFor(() => hook.attempts() > 0, { what: 'a first attempt that fails' });
    await again();
    hook.behave('accept');
    for (let user = 20; user < 40; user++) await reported(`user-${user}`);
    await again();

    const accounts = async () => Object.fromEntries((await client.accounting()).map((each) => [each.channel, each]));
    const settled = await waitFor(
      async () => {
        const all = await accounts();
        const done = ['mail', 'chat', 'hook'].every((name) => all[name]?.accepted === 40 && all[name].pending === 0);
        return done ? all : undefined;
      },
      { deadline: 60_000, what: 'every delivery to be settled' },
    );
    for (const name of ['mail', 'chat', 'hook'])
      expect(settled[name]).toMatchObject({ accepted: 40, delivered: 40, dead: 0 });
    const incidents = await client.incidents.list({});
    expect(incidents.incidents).toHaveLength(40);

    // Each incident arrived at each peer, at least once; twice only where the process died before it could write it down.
    const ids = new Set(incidents.incidents.map(({ id }) => id));
    expect(
      new Set(chat.messages().map(({ metadata }) => (metadata?.event_payload as { incident?: string }).incident)),
    ).toEqual(ids);
    const seen = [mail, chat, hook].map((peer) => new Set(peer.arrivals().map(({ id }) => id)).size);
    for (const count of seen) expect(count).toBeGreaterThanOrEqual(40);
    for (const peer of [mail, chat, hook]) {
      for (const { raw, text } of peer.arrivals()) expect(raw + text).not.toMatch(/user-\d/);
    }
    expect(chat.violations()).toEqual([]);
  }, 120_000);
});
