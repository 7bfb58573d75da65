import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type HttpPeer,
  type OtlpReceiver,
  type SlackPeer,
  type SmtpPeer,
  startHttpPeer,
  startOtlpReceiver,
  startSlackPeer,
  startSmtpPeer,
} from '@therapytrain/alerts-testkit';
import type { Canaries } from './values.ts';

/** Everybody outside to whom the gateway speaks. */
export interface CanaryPeers {
  readonly mail: SmtpPeer;
  readonly chat: SlackPeer;
  readonly hook: HttpPeer;
  /** One that refuses everything, so that what is said of failures is seen too. */
  readonly failing: HttpPeer;
  readonly telemetry: OtlpReceiver;
  stop(): Promise<void>;
}

/** Starts them all on the loopback. */
export const startCanaryPeers = async ({ webhookPath }: Canaries): Promise<CanaryPeers> => {
  const [mail, chat, hook, failing, telemetry] = await Promise.all([
    startSmtpPeer(),
    startSlackPeer(),
    startHttpPeer({ path: `/${webhookPath}` }),
    startHttpPeer({ path: `/${webhookPath}` }),
    startOtlpReceiver(),
  ]);
  failing.behave('fail');
  return {
    ...{ mail, chat, hook, failing, telemetry },
    stop: async () => {
      await Promise.all([mail.stop(), chat.stop(), hook.stop(), failing.stop(), telemetry.close()]);
    },
  };
};

const allow = (port: number | string): string => `allow: { cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }`;

/** Writes the policy; its secrets come from files and the environment, as they must. Returns file and environment. */
export const writePolicy = (
  directory: string,
  { mail, chat, hook, failing, telemetry }: CanaryPeers,
  canaries: Canaries,
): { readonly file: string; readonly env: Readonly<Record<string, string>> } => {
  const secret = join(directory, 'hook.secret');
  writeFileSync(secret, canaries.webhookSecret);
  const file = join(directory, 'policy.yaml');
  const webhook = (name: string, port: number): string =>
    `  ${name}: { kind: webhook, url: { env: ${name.toUpperCase()}_URL }, secret: { file: ${secret} }, ` +
    `headers: { x-token: { env: HOOK_TOKEN } }, ${allow(port)} }`;
  writeFileSync(
    file,
    [
      'types:',
      '  CANARY:',
      '    title: A canary',
      '    default_severity: HIGH',
      '    owner: Nobody',
      '    metadata:',
      '      user: { sensitivity: PERSONAL, identifies: true, description: a }',
      '      finding: { sensitivity: HEALTH, description: b }',
      '      token: { sensitivity: SECRET, description: c }',
      '      room: { sensitivity: PUBLIC, description: d }',
      'channels:',
      `  mail: { kind: email, host: ${mail.host}, port: ${mail.port}, user: ${mail.user}, pass: { env: MAIL_PASS }, ` +
        `from: alerts@clinic.test, recipients: [security@clinic.test], ` +
        `tls: { servername: localhost, ca: ${JSON.stringify(mail.ca)} } }`,
      `  unable: { kind: email, host: ${mail.host}, port: ${mail.port}, user: nobody, pass: { env: BAD_PASS }, ` +
        `from: alerts@clinic.test, recipients: [security@clinic.test], ` +
        `tls: { servername: localhost, ca: ${JSON.stringify(mail.ca)} } }`,
      `  chat: { kind: slack, token: { env: SLACK_TOKEN }, channel: C0SECURITY, apiUrl: ${chat.apiUrl}, ` +
        `${allow(new URL(chat.apiUrl).port)} }`,
      webhook('hook', hook.port),
      webhook('failing', failing.port),
      'receivers: { all: { channels: [mail, unable, chat, hook, failing] } }',
      'routes: [{ receivers: [all], first_notify_after: 0s, batch_updates_every: 1s }]',
      '',
    ].join('\n'),
  );
  const env = {
    MAIL_PASS: mail.pass,
    BAD_PASS: canaries.mailPassword,
    SLACK_TOKEN: chat.token,
    HOOK_URL: hook.url,
    FAILING_URL: failing.url,
    HOOK_TOKEN: canaries.webhookHeader,
    OTEL_EXPORTER_OTLP_ENDPOINT: telemetry.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
  return { file, env };
};
