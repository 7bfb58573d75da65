import { type AlertDraft, AlertSeverity, AlertType, type Metadata } from '@therapytrain/alerts-core';
import { alertFrom, type FormatFacts, type ImportedLine, type ImportFormat } from './format.ts';
import { createSyslog } from './syslog.ts';

/** What a message of sshd says happened: an alert without time and host, or the kind of thing that is no alert. */
type Said = Pick<AlertDraft, 'type' | 'message'> & { readonly severity: AlertSeverity; readonly metadata: Metadata };

interface Rule {
  readonly pattern: RegExp;
  readonly say: (groups: Readonly<Record<string, string | undefined>>) => Said;
}

/*
 * The user's name is the attacker's to choose, and may read like the rest of the message. So each pattern is anchored at
 * both ends and takes the longest name: the last address and port of the line are the server's own words.
 */
const from = String.raw`from (?<ip>\S+) port (?<port>\d+)`;
const key = String.raw`(?:: [A-Z0-9-]+ [A-Za-z0-9:+/=]+)?`;

const who = ({ user, ip, port }: Readonly<Record<string, string | undefined>>): Metadata => ({
  ...(user === undefined ? {} : { userId: shown(user) }),
  ...(ip === undefined ? {} : { ipAddress: shown(ip) }),
  ...(port === undefined ? {} : { port: Number(port) }),
});

const nameLimit = 256;

/** Control characters would have the alert refused, and so hide the attempt. */
const shown = (text: string): string =>
  text
    .toWellFormed()
    .slice(0, nameLimit)
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .toWellFormed();

// A client asks what it may try with `none`, and offers each key it has: neither says much.
const probes: ReadonlySet<string | undefined> = new Set(['none', 'publickey', 'hostbased']);

const failureSeverity = (method: string | undefined, unknownUser: boolean): AlertSeverity => {
  if (probes.has(method)) return AlertSeverity.LOW;
  return unknownUser ? AlertSeverity.MEDIUM : AlertSeverity.HIGH;
};

const failed: Rule['say'] = ({ method = '', unknown, ...groups }) => ({
  type: AlertType.AUTH_FAILURE,
  severity: failureSeverity(method, unknown !== undefined),
  message: unknown === undefined ? 'SSH login failed' : 'SSH login failed for an unknown user',
  metadata: { ...who(groups), method: shown(method), event: 'login_failed' },
});

const rules: readonly Rule[] = [
  {
    pattern: new RegExp(
      `^Failed (?<method>\\S+) for (?<unknown>(?:invalid|illegal) user )?(?<user>.*) ${from}(?: ssh2)?${key}$`,
      's',
    ),
    say: failed,
  },
  {
    // What a certificate calls itself is the attacker's too, so here the name is the first word.
    pattern:
      /^Failed (?<method>publickey) for (?:invalid user )?(?<user>\S*) from (?<ip>\S+) port (?<port>\d+) ssh2: [A-Z0-9-]+-CERT /,
    say: failed,
  },
  {
    pattern: /^(?:Invalid|Illegal) user (?<user>.*) from (?<ip>\S+?)(?: port (?<port>\d+))?$/s,
    say: (groups) => ({
      type: AlertType.AUTH_FAILURE,
      severity: AlertSeverity.LOW,
      message: 'SSH login by an unknown user',
      metadata: { ...who(groups), event: 'unknown_user' },
    }),
  },
  ...[
    new RegExp(
      `^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(?<user>.*) ${from}(?: ssh2)?$`,
      's',
    ),
    /^Disconnecting (?:authenticating|invalid) user (?<user>.*) (?<ip>\S+) port (?<port>\d+): Too many authentication failures$/s,
    /^Disconnecting: Too many authentication failures(?: for (?<user>.*))?$/s,
  ].map((pattern): Rule => ({
    pattern,
    say: (groups) => ({
      type: AlertType.RATE_LIMIT_BREACH,
      severity: AlertSeverity.HIGH,
      message: 'Too many SSH login attempts on one connection',
      metadata: { ...who(groups), endpoint: 'ssh', event: 'too_many_failures' },
    }),
  })),
  ...[
    /^reverse mapping checking getaddrinfo for .* \[(?<ip>\S+)\] failed(?: - POSSIBLE BREAK-IN ATTEMPT!)?$/s,
    /^Address (?<ip>\S+) maps to .*, but this does not map back to the address(?: - POSSIBLE BREAK-IN ATTEMPT!|\.)?$/s,
  ].map((pattern): Rule => ({
    pattern,
    say: (groups) => ({
      type: AlertType.UNUSUAL_ACCESS,
      severity: AlertSeverity.HIGH,
      message: 'Name and address of an SSH client do not match',
      metadata: { ...who(groups), resource: 'ssh', event: 'reverse_mapping_failed' },
    }),
  })),
];

const accepted: Rule = {
  pattern: new RegExp(`^Accepted (?<method>\\S+) for (?<user>.*) ${from}(?: ssh2)?(?:: .*)?$`, 's'),
  say: ({ method = '', ...groups }) => ({
    type: AlertType.UNUSUAL_ACCESS,
    severity: AlertSeverity.LOW,
    message: 'SSH login succeeded',
    metadata: { ...who(groups), resource: 'ssh', method: shown(method), event: 'login_succeeded' },
  }),
};

/** What is no alert, by kind; the first that matches counts. */
const skippedKinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['login succeeded', /^Accepted /],
  ['disconnect', /^(?:error: )?(?:Received disconnect|Disconnected|Disconnecting|Connection (?:closed|reset))/],
  ['pam', /^(?:error: )?(?:pam_|PAM)/],
  ['unknown user detail', /^input_userauth_request: invalid user/],
  [
    'no ssh client',
    /^(?:error: )?(?:Did not receive identification|Bad protocol version|kex_exchange_identification|banner exchange)/,
  ],
  ['session', /^(?:Starting session|Close session|User child is on pid|session )/],
  ['server', /^(?:Server listening|Received signal|Exiting on signal)/],
];

const readMessage = (message: string, rulesNow: readonly Rule[]): Said | string => {
  // sshd marks what happened before the login; the mark says nothing that the message does not.
  const text = message.trimEnd().replace(/ \[preauth\]$/, '');
  for (const { pattern, say } of rulesNow) {
    const match = pattern.exec(text);
    if (match) return say(match.groups ?? {});
  }
  return skippedKinds.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
};

const repeated = /^message repeated (\d{1,9}) times: \[ ?(.*)\]$/s;

/** The system log says of equal messages that there were more of them. */
const readRepeated = (message: string, rulesNow: readonly Rule[]): Said | string => {
  const [, times, inner] = repeated.exec(message.trimEnd()) ?? [];
  if (inner === undefined) return readMessage(message, rulesNow);
  const said = readMessage(inner, rulesNow);
  return typeof said === 'string' ? said : { ...said, metadata: { ...said.metadata, attempts: Number(times) } };
};

// OpenSSH 9.8 and 10 gave the parts of the server programs of their own.
const programs: ReadonlySet<string> = new Set(['sshd', 'sshd-session', 'sshd-auth']);

/** The log of an OpenSSH server. What an attacker writes into it cannot forge, or hide, an address. */
export const createSshdFormat = (facts: FormatFacts): ImportFormat => {
  const readSyslog = createSyslog(facts);
  const rulesNow = facts.includeAccepted ? [...rules, accepted] : rules;
  const read = (line: string): ImportedLine => {
    if (line.trim() === '') return { kind: 'skipped', reason: 'blank' };
    const entry = readSyslog(line);
    if (!entry) return { kind: 'bad', reason: 'is not a line of a system log' };
    if (!programs.has(entry.program)) return { kind: 'skipped', reason: 'not sshd' };
    const said = readRepeated(entry.message, rulesNow);
    if (typeof said === 'string') return { kind: 'skipped', reason: said };
    const metadata = { ...said.metadata, host: shown(entry.host) };
    return alertFrom(() => ({ ...said, metadata, occurredAt: entry.occurredAt }));
  };
  return { name: 'sshd', read };
};
