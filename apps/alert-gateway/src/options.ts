import { BlockList, isIP } from 'node:net';
import type { LogLevel } from '@therapytrain/alerts-telemetry';
import { Command, InvalidArgumentError, Option } from 'commander';
import { admissionDefaults } from './admission.ts';

const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** What the gateway is started with. */
export interface GatewayOptions {
  readonly listen: string;
  readonly data: string;
  readonly policy?: string;
  readonly metrics?: string;
  readonly logLevel: LogLevel;
  readonly reflection: boolean;
  readonly insecure: boolean;
  /** Who may call; undefined: everybody of this machine. */
  readonly identities?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  /** Alerts. */
  readonly maxPlanLag: number;
  readonly auditKey?: string;
  readonly auditKeyPrevious?: string;
  readonly auditWitness?: string;
  readonly auditWitnessKey?: string;
  /** Where presses of buttons in Slack are taken; undefined: nowhere. */
  readonly slackApprovals?: string;
  readonly slackSigningSecret?: string;
  readonly unsafeSynchronous?: 'NORMAL';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Host and port of `host:port` or `[v6]:port`; undefined if it is neither. */
export const splitAddress = (address: string): { readonly host: string; readonly port: number } | undefined => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
};

/** True for addresses that only this machine can reach. A name counts only if it is `localhost`. */
export const isLoopback = (host: string): boolean => {
  const version = isIP(host);
  if (version === 0) return host === 'localhost';
  return loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
};

const address = (value: string): string => {
  if (splitAddress(value)) return value;
  throw new InvalidArgumentError('It must be HOST:PORT, e.g. 127.0.0.1:50051 or [::1]:50051.');
};

// With a value, because the environment has one: ALERTS_INSECURE=false must not mean yes.
const onOff = (flag: string, description: string): Option =>
  new Option(`${flag} [boolean]`, description)
    .preset('true')
    .argParser((value) => {
      if (value === 'true' || value === 'false') return value === 'true';
      throw new InvalidArgumentError('It must be true or false.');
    })
    .default(false);

const atLeastOne = (value: string): number => {
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
};

const examples = `
Every option can also be set by the environment variable that it names; the command line wins.

Examples:
  alert-gateway                                   keeps alerts in ./data, listens on 127.0.0.1:50051
  alert-gateway --policy policy.yaml --metrics 127.0.0.1:9464 --reflection
  ALERTS_DATA=/var/lib/alerts alert-gateway --log-level warn

Signals:
  SIGTERM, SIGINT   drain: finish what was begun, tell subscribers where to go on, end within 20 s;
                    SIGTERM, while somebody is connected, first serves on for 3 s and says that it is not ready
  the same again    end at once (nothing that was acknowledged is lost)
  SIGHUP            read the policy again; a bad one leaves the one in force as it was (a change of the
                    file, or of one that holds a secret of it, does the same by itself)

Exit codes:
  0   ended as it was told        1   could not start        74  the disk of the log failed
`;

const createServing = (version: string): Command =>
  new Command('alert-gateway')
    .description('Keeps security alerts durably, streams them, and never loses one that it acknowledged.')
    .version(version)
    .addOption(
      new Option('--listen <address>', 'where to listen for gRPC; port 0 takes a free one')
        .env('ALERTS_LISTEN')
        .default('127.0.0.1:50051')
        .argParser(address),
    )
    .addOption(
      new Option('--data <directory>', 'where alerts are kept; made if missing').env('ALERTS_DATA').default('data'),
    )
    .addOption(new Option('--policy <file>', 'policy in YAML; the built-in one if absent').env('ALERTS_POLICY'))
    .addOption(
      new Option('--metrics <address>', 'where to serve /metrics for Prometheus; nowhere if absent')
        .env('ALERTS_METRICS')
        .argParser(address),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to log, as JSON lines on the standard output')
        .env('ALERTS_LOG_LEVEL')
        .choices(logLevels)
        .default('info'),
    )
    .addOption(onOff('--reflection', 'answer server reflection, for grpcurl and the like').env('ALERTS_REFLECTION'))
    .addOption(
      onOff(
        '--insecure',
        'talk to other machines without encryption: TLS ends in front of the gateway; callers still prove who they are',
      ).env('ALERTS_INSECURE'),
    )
    .addOption(
      new Option(
        '--identities <file>',
        'who may call, in YAML; without it everybody of this machine may do everything',
      ).env('ALERTS_IDENTITIES'),
    )
    .addOption(
      new Option('--tls-cert <file>', "the gateway's certificate, in PEM; read again when it changes").env(
        'ALERTS_TLS_CERT',
      ),
    )
    .addOption(new Option('--tls-key <file>', 'the key of the certificate, in PEM').env('ALERTS_TLS_KEY'))
    .addOption(
      new Option('--client-ca <file>', "the authorities of clients' certificates, in PEM").env('ALERTS_CLIENT_CA'),
    )
    .addOption(
      new Option(
        '--max-plan-lag <alerts>',
        'how many alerts may be kept and not planned yet before LOW is sent away; MEDIUM at 1.5 times as many, HIGH at twice, CRITICAL never',
      )
        .env('ALERTS_MAX_PLAN_LAG')
        .default(admissionDefaults.maxLag)
        .argParser(atLeastOne),
    );

// In the order in which the help tells them.
const addTrust = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--audit-key <reference>',
        'the key that signs the audit log: file:PATH or env:NAME; one in the data directory, made at the first start, if absent',
      ).env('ALERTS_AUDIT_KEY'),
    )
    .addOption(
      new Option(
        '--audit-key-previous <reference>',
        'the key before, while it hands over: it signs the new one, and checkpoints beside it',
      ).env('ALERTS_AUDIT_KEY_PREVIOUS'),
    )
    .addOption(
      new Option('--audit-witness <url>', 'a witness (c2sp.org/tlog-witness) that is to cosign checkpoints').env(
        'ALERTS_AUDIT_WITNESS',
      ),
    )
    .addOption(
      new Option('--audit-witness-key <vkey>', 'the verifier key of the witness').env('ALERTS_AUDIT_WITNESS_KEY'),
    )
    .addOption(
      new Option(
        '--slack-approvals <address>',
        'where to take the presses of Approve and Reject in Slack, which come from its Interactivity; nowhere if absent',
      )
        .env('ALERTS_SLACK_APPROVALS')
        .argParser(address),
    )
    .addOption(
      new Option(
        '--slack-signing-secret <reference>',
        'the signing secret of the Slack app, by which presses are known: file:PATH or env:NAME',
      ).env('ALERTS_SLACK_SIGNING_SECRET'),
    );

/** The command line of the gateway. */
export const createCommand = (version: string): Command =>
  addTrust(createServing(version))
    .addOption(
      new Option('--unsafe-synchronous <mode>', 'lose acknowledged alerts when the power fails; for the fault harness')
        .choices(['NORMAL'])
        .hideHelp(),
    )
    .addHelpText('after', examples);

const isReachable = (address: string | undefined): boolean => {
  const host = address && splitAddress(address)?.host;
  return host !== undefined && host !== '' && !isLoopback(host);
};

const tlsFault = ({ tlsCert, tlsKey, clientCa, identities }: GatewayOptions): string | undefined => {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) return '--tls-cert and --tls-key are given together.';
  if (clientCa !== undefined && tlsCert === undefined) return '--client-ca needs --tls-cert and --tls-key.';
  if (clientCa !== undefined && identities === undefined) {
    return '--client-ca needs --identities: a certificate says nothing about what its owner may do.';
  }
  return undefined;
};

const slackFault = (options: GatewayOptions): string | undefined => {
  const { slackApprovals, slackSigningSecret, identities, insecure } = options;
  if ((slackApprovals === undefined) !== (slackSigningSecret === undefined)) {
    return '--slack-approvals and --slack-signing-secret are given together.';
  }
  if (slackApprovals === undefined) return undefined;
  if (identities === undefined) {
    return '--slack-approvals needs --identities: it says which principal a Slack user is, and what that may do.';
  }
  if (isReachable(slackApprovals) && !insecure) {
    return (
      `--slack-approvals ${slackApprovals} can be reached from other machines, and is not encrypted. Listen on 127.0.0.1 ` +
      'or [::1] behind what ends TLS, or accept it with --insecure where that is another machine.'
    );
  }
  return undefined;
};

const auditFault = ({ auditWitness, auditWitnessKey }: GatewayOptions): string | undefined => {
  if ((auditWitness === undefined) !== (auditWitnessKey === undefined)) {
    return '--audit-witness and --audit-witness-key go together.';
  }
  return auditWitness === undefined || URL.canParse(auditWitness)
    ? undefined
    : '--audit-witness must be a URL, e.g. https://witness.example/alerts';
};

/** What is wrong with options that are each right by themselves. */
const faultIn = (options: GatewayOptions): string | undefined => {
  const { listen, metrics, identities, tlsCert, insecure } = options;
  if (isReachable(listen) && identities === undefined) {
    return (
      `--listen ${listen} can be reached from other machines, and nobody would have to prove who it is. ` +
      'Make certificates, a token and an identities file with `alertctl init DIRECTORY`, which says how to go on; ' +
      'or listen on 127.0.0.1 or [::1].'
    );
  }
  if (isReachable(listen) && tlsCert === undefined && !insecure) {
    return (
      `--listen ${listen} can be reached from other machines, and tokens and alerts would cross the network in the ` +
      'clear. Give --tls-cert and --tls-key (`alertctl init DIRECTORY` makes them), or accept it with --insecure where ' +
      'TLS ends in front of the gateway.'
    );
  }
  if (isReachable(metrics) && !insecure) {
    return (
      `--metrics ${metrics ?? ''} can be reached from other machines, and metrics are neither encrypted nor ` +
      'authenticated. Listen on 127.0.0.1 or [::1], or accept it with --insecure.'
    );
  }
  return tlsFault(options) ?? slackFault(options) ?? auditFault(options);
};

/** Reads command line and environment. Exits with a clear message where they are wrong. */
export const readOptions = (
  version: string,
  argv: readonly string[],
  command: Command = createCommand(version),
): GatewayOptions => {
  command.parse(argv);
  const options = command.opts<GatewayOptions>();
  const fault = faultIn(options);
  if (fault !== undefined) command.error(`error: ${fault}`);
  return options;
};
