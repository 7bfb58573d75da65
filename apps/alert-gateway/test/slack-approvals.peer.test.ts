import { writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type AlertClient, createAlertClient } from '@therapytrain/alerts-client';
import { createToken, systemRandom } from '@therapytrain/alerts-core';
import { pressSlackButton, type SlackPeer, startSlackPeer, waitFor } from '@therapytrain/alerts-testkit';
import { after, temporaryDirectory } from './support.ts';
import { type Child, startChild } from './support/child.ts';

const signingSecret = 'canary-signing-secret-77b2e1';

const policyOf = ({ apiUrl }: SlackPeer): string => `
channels:
  team:
    kind: slack
    token: { env: SLACK_TOKEN }
    channel: C0SECURITY
    apiUrl: ${apiUrl}
    allow: { cidrs: ['127.0.0.0/8'], ports: [${new URL(apiUrl).port}], plaintext: true }
    approvals: true
receivers:
  security: { channels: [team] }
routes:
  - receivers: [security]
responders:
  lock: { kind: lock-account }
playbooks:
  - name: lock
    when: type == 'AUTH_FAILURE'
    mode: approve
    steps: [{ responder: lock, target: userId, for: 1h }]
`;

interface Asked {
  readonly response: string;
  readonly blocks: readonly unknown[];
}

interface Block {
  readonly type: string;
  readonly elements?: readonly { readonly value?: string; readonly action_id?: string }[];
}

describe('a button in Slack', () => {
  let slack: SlackPeer;
  let gateway: Child;
  let client: AlertClient;
  let url: string;

  const begin = async (): Promise<void> => {
    slack = await startSlackPeer();
    after(() => slack.stop(), 'all');
    const directory = await temporaryDirectory('all');
    const policy = join(directory, 'policy.yaml');
    const identities = join(directory, 'identities.yaml');
    const { id, digest, text } = createToken(systemRandom);
    const token = `{ id: ${id}, sha256: ${digest}, expires: '2999-01-01T00:00:00Z' }`;
    writeFileSync(policy, policyOf(slack));
    writeFileSync(
      identities,
      `principals:
  sign-in: { scopes: [alerts.write, alerts.read, responses.approve], tokens: [${token}], slack: [U0SIGNIN] }
  alice: { scopes: [responses.approve], slack: [U0ALICE] }
  bob: { scopes: [alerts.read], slack: [U0BOB] }
`,
    );
    const words = ['--data', join(directory, 'data'), '--policy', policy, '--listen', '127.0.0.1:0'];
    const approvals = ['--slack-approvals', '127.0.0.1:0', '--slack-signing-secret', 'env:SLACK_SIGNING'];
    const env = { SLACK_TOKEN: slack.token, SLACK_SIGNING: signingSecret };
    gateway = startChild([...words, '--identities', identities, ...approvals], env);
    after(async () => {
      gateway.signal('SIGKILL');
      await gateway.ended();
    }, 'all');
    const address = await gateway.listening();
    const said = gateway.logged().find((line) => line.includes('taking presses'));
    url = `http://${(JSON.parse(said ?? '{}') as { address: string }).address}/`;
    client = createAlertClient({ address, token: text });
    after(() => client.close(), 'all');
  };
  beforeAll(begin, 60_000);

  /** Reports a failed login of a user, and waits for the buttons about it in Slack. */
  const asked = async (user: string): Promise<Asked> => {
    const before = slack.messages().length;
    await client.report({
      type: 'AUTH_FAILURE',
      severity: 3,
      message: `login of ${user} failed`,
      metadata: { userId: user },
    });
    const buttons = (): readonly Block[] =>
      slack
        .messages()
        .slice(before)
        .flatMap(({ blocks }) => (blocks as readonly Block[]).filter(({ type }) => type === 'actions'));
    await waitFor(() => buttons().length > 0, { deadline: 30_000, what: 'the buttons' });
    expect(slack.violations()).toEqual([]);
    expect(buttons()[0]?.elements?.map((each) => each.action_id)).toEqual([
      'alerts.response.approve',
      'alerts.response.reject',
    ]);
    return { response: buttons()[0]?.elements?.[0]?.value ?? '', blocks: buttons() };
  };
  const press = async (
    { blocks }: Asked,
    user: string,
    verb: 'approve' | 'reject' = 'approve',
    secret = signingSecret,
  ): Promise<number> => {
    const action = `alerts.response.${verb}`;
    return (await pressSlackButton({ url, user, blocks, action, signingSecret: secret })).status;
  };
  const stateOf = async ({ response }: Asked): Promise<string> => (await client.responses.get(response)).state;

  test('makes what was asked, as the principal that pressed it', async () => {
    const question = await asked('u-1');
    expect(await press(question, 'U0ALICE')).toBe(200);
    await waitFor(async () => (await stateOf(question)) === 'in_force', { deadline: 30_000, what: 'the lock' });
    // Nothing else is told of the incident: the message loses its buttons because the question is answered.
    const stillAsked = () => JSON.stringify(slack.messages()).includes(question.response);
    await waitFor(() => !stillAsked(), { deadline: 30_000, what: 'the message without its buttons' });
    const { approvals } = await client.responses.get(question.response);
    expect(approvals.map(({ by }) => by)).toEqual(['alice']);
    // Once more it is too late.
    expect(await press(question, 'U0ALICE')).toBe(200);
    expect(await press(question, 'U0ALICE', 'reject')).toBe(409);
  });

  test('counts for nothing from who is nobody here, may not, caused it, or is not Slack', async () => {
    const question = await asked('u-2');
    expect(await press(question, 'U0STRANGER')).toBe(403);
    expect(await press(question, 'U0BOB')).toBe(403);
    expect(await press(question, 'U0SIGNIN')).toBe(403);
    expect(await press(question, 'U0ALICE', 'approve', 'another secret')).toBe(401);
    expect((await fetch(url)).status).toBe(405);
    expect(await stateOf(question)).toBe('waiting');
    expect(await press(question, 'U0ALICE', 'reject')).toBe(200);
    expect(await stateOf(question)).toBe('rejected');
    const log = gateway.logged().join('\n');
    for (const secret of [signingSecret, slack.token, 'u-2']) expect(log).not.toContain(secret);
  });

  test('who sends slowly is cut off', async () => {
    const began = performance.now();
    const ended = new Promise<number | undefined>((resolve) => {
      const request = httpRequest(url, { method: 'POST', headers: { 'content-length': '100' } }, ({ statusCode }) =>
        resolve(statusCode),
      );
      request.on('error', () => resolve(undefined));
      request.write('x');
    });
    expect([408, 400, undefined]).toContain(await ended);
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 40_000);
});
