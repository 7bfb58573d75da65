import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestCertificate } from '@therapytrain/alerts-testkit';

const program = '/usr/sbin/postfix';
const daemons = '/usr/lib/postfix/sbin';

/** Why Postfix cannot be run here; undefined if it can. It takes other users' rights, so it wants to be root. */
export const missing: string | undefined = !existsSync(program)
  ? `there is no ${program} (Debian: postfix)`
  : process.getuid?.() !== 0
    ? 'Postfix is started by root only'
    : undefined;

/** Postfix on loopback, delivering into Maildirs. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** The authority to trust, as PEM. */
  readonly ca: string;
  /** The mails in the mailbox of a local part, as they lie there. */
  mailbox(user: string): readonly string[];
  /** What Postfix wrote in its log. */
  log(): string;
  stop(): void;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

// Mail for anywhere else has no way out of it.
const mainOf = (folder: string): string => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
daemon_directory = ${daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = ${folder}
maillog_file = ${folder}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.clinic.test
mydestination =
alias_maps =
default_transport = error:there is no way out
relay_transport = error:there is no way out
virtual_mailbox_domains = clinic.test
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = texthash:${folder}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
message_size_limit = 50000
in_flow_delay = 0
virtual_mailbox_limit = 0
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:${folder}/access
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = ${folder}/cert.pem
smtpd_tls_key_file = ${folder}/key.pem
smtpd_tls_session_cache_database =
`;

const masterOf = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;

/** Starts Postfix with the mailboxes, in a folder of its own. It defers mail for `later@clinic.test`. */
export const startPostfix = async (mailboxes: readonly string[]): Promise<MailServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'postfix-'));
  const { cert, key } = createTestCertificate();
  const port = await freePort();
  const write = (name: string, text: string, mode = 0o644): void => writeFileSync(join(folder, name), text, { mode });
  chmodSync(folder, 0o755);
  for (const name of ['queue', 'data', 'mail']) mkdirSync(join(folder, name), { mode: 0o755 });
  chownSync(join(folder, 'data'), Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' })), 0);
  chownSync(join(folder, 'mail'), 65_534, 65_534);
  write('cert.pem', cert);
  write('key.pem', key, 0o600);
  write('main.cf', mainOf(folder));
  write('master.cf', masterOf(port));
  write('mailboxes', mailboxes.map((mailbox) => `${mailbox} ${mailbox.split('@')[0]}/\n`).join(''));
  write('access', 'later@clinic.test 450 4.7.1 Greylisted, see you in five minutes\n');
  const postfix = (command: string) => spawnSync(program, ['-c', folder, command], { encoding: 'utf8' });
  const log = (): string => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');
  const { status, stderr } = postfix('start');
  if (status !== 0) throw new Error(`Postfix does not start: ${stderr}${log()}`);
  return {
    host: '127.0.0.1',
    port,
    ca: cert,
    log,
    mailbox: (user) => {
      const place = join(folder, 'mail', user, 'new');
      return existsSync(place) ? readdirSync(place).map((name) => readFileSync(join(place, name), 'latin1')) : [];
    },
    stop: () => {
      postfix('stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
