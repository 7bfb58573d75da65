import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { slackApprovals } from '@therapytrain/alerts-channel-slack';
import { AlertError, type Clock, may, type Principal } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';
import type { ResponseDesk } from '@therapytrain/alerts-manager';
import { lacks } from './identity/refusals.ts';
import { splitAddress } from './options.ts';

/** What presses of buttons in Slack are taken with. */
export interface SlackApprovalParts {
  /** `host:port`, of its own. Slack comes by https: TLS ends in front of it. */
  readonly listen: string;
  readonly signingSecret: Secret;
  /** The principal that a Slack user is, as the identities in force say; undefined for nobody. */
  readonly principalOf: (slackUser: string) => Principal | undefined;
  readonly desk: Pick<ResponseDesk, 'approve' | 'reject'>;
  readonly clock: Clock;
  /** Told of every press by its end: `approve`, `reject`, or why it did not count. */
  readonly onPress: (ended: string) => void;
}

/** Presses are taken. */
export interface SlackApprovalServer {
  /** With the port that was taken. */
  readonly address: string;
  /** Takes none any more, and cuts off who is still connected. */
  stop(): Promise<void>;
}

// One press is small and comes at once; who is slower is not Slack.
const bounds = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8_192,
} as const;
const mostConnections = 64;
const checkEvery = 1_000;

/** The signing secret of a reference, `file:PATH` or `env:NAME`. Throws `NOT_CONFIGURED`, which never tells it. */
export const signingSecretOf = (reference: string, env: NodeJS.ProcessEnv): Secret => {
  const [, kind, name = ''] = /^(env|file):(.+)$/.exec(reference) ?? [];
  if (kind === undefined) {
    throw new AlertError('NOT_CONFIGURED', 'the signing secret of Slack is named by env:NAME or file:PATH');
  }
  let text: string | undefined;
  try {
    text = kind === 'env' ? env[name] : readFileSync(name, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new AlertError('NOT_CONFIGURED', 'the file of the signing secret of Slack cannot be read', { cause });
  }
  if (!text) throw new AlertError('NOT_CONFIGURED', 'the signing secret of Slack is not there, or is empty');
  return new Secret(text);
};

/**
 * Serves the request URL of the Slack app's interactivity: a signed press of a button is a command of the principal that
 * the Slack user is, who needs the scope `responses.approve` as over gRPC. Resolves when it listens.
 */
export const startSlackApprovals = async (parts: SlackApprovalParts): Promise<SlackApprovalServer> => {
  const { listen, signingSecret, principalOf, desk, clock, onPress } = parts;
  const allowed =
    (verb: 'approve' | 'reject') =>
    async ({ by, ...command }: Parameters<ResponseDesk['approve']>[0]): Promise<unknown> => {
      // `by` is the Slack user until here: its rights are those of this moment.
      const principal = principalOf(by);
      if (!principal || !may(principal, 'responses.approve')) throw lacks('responses.approve');
      return desk[verb]({ ...command, by: principal.name });
    };
  const handle = slackApprovals({
    signingSecret,
    users: { get: (user) => (principalOf(user) ? user : undefined) },
    approve: allowed('approve'),
    reject: allowed('reject'),
    clock,
    onPress,
  });
  const server = createServer({ ...bounds, connectionsCheckingInterval: checkEvery }, (request, response) => {
    void handle(request, response);
  });
  server.maxConnections = mostConnections;
  const { host, port } = splitAddress(listen) ?? { host: '127.0.0.1', port: 0 };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  server.on('error', () => undefined);
  const bound = server.address();
  return {
    address: listen.replace(/:\d+$/, `:${bound !== null && typeof bound === 'object' ? bound.port : port}`),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
