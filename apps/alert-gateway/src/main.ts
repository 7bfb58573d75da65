import { readFileSync } from 'node:fs';
import {
  AlertError,
  type NewAuditEntry,
  type Ports,
  type Store,
  systemPorts,
  systemRandom,
} from '@therapytrain/alerts-core';
import { createPseudonyms, Secret } from '@therapytrain/alerts-core/channel';
import { createSqliteLog, openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import {
  createAlertMetrics,
  createLogger,
  createPolicyMetrics,
  type Logger,
  startTelemetry,
  type Telemetry,
  traceLog,
  traceServer,
  watchAudit,
} from '@therapytrain/alerts-telemetry';
import { createReadFiles, type ReadFiles, watchFiles } from './file-watch.ts';
import { type Audit, startAudit } from './audit/audit.ts';
import { auditFigures } from './audit/figures.ts';
import { loadAuditKeys } from './audit/keys.ts';
import { witnessKey, type WitnessOptions } from './audit/witness.ts';
import { type FollowUp, startFollowUp } from './follow-up.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Identity, startIdentity } from './identity/identity.ts';
import { loadKey } from './keys.ts';
import { createObserver } from './observer.ts';
import { type GatewayOptions, readOptions } from './options.ts';
import { startEntry } from './policy-audit.ts';
import { faultLine, type LoadedPolicy, loadPolicyFile, readPolicyFile } from './policy-file.ts';
import { createPolicyInForce, type PolicyInForce } from './policy-in-force.ts';
import { signingSecretOf, type SlackApprovalServer, startSlackApprovals } from './slack-approvals.ts';
import { welcome } from './welcome.ts';

// Together below 20 s (reliability.md §4.2).
const notice = 3_000;
const drainWithin = 15_000;
const exitIoErr = 74;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const endOnBadDisk =
  (what: 'log' | 'store' | 'audit log', options: GatewayOptions, logger: Logger) =>
  (err: AlertError): void => {
    logger.fatal(
      { err, path: options.data },
      `the disk of the ${what} failed; ending, so that nothing is acknowledged in vain`,
    );
    process.stderr.write(`alert-gateway: ${err.message} (${String(err.cause)})\n`);
    process.exit(exitIoErr);
  };

const isOfBadDisk = (error: unknown): boolean =>
  error instanceof Error && ((error as NodeJS.ErrnoException).code === 'EIO' || isOfBadDisk(error.cause));

const openLog = (options: GatewayOptions, logger: Logger) =>
  createSqliteLog({
    directory: options.data,
    onFatal: endOnBadDisk('log', options, logger),
    ...(options.unsafeSynchronous ? { unsafeSynchronous: options.unsafeSynchronous } : {}),
  });

interface PolicyParts {
  readonly options: GatewayOptions;
  readonly store: Store;
  readonly ports: Ports;
  readonly meter: Telemetry['meter'];
  readonly logger: Logger;
  readonly files: ReadFiles;
}

/** The one place that changes the policy: on SIGHUP, when its file or that of a secret changes, and when somebody asks. */
const startPolicy = async (
  first: LoadedPolicy,
  followUp: FollowUp,
  { options, store, ports, meter, logger, files }: PolicyParts,
): Promise<{ readonly policies: PolicyInForce; stop(): void }> => {
  const record = (audit: readonly NewAuditEntry[], request?: string): Promise<void> =>
    store.commit({ audit, ...(request !== undefined && { request }) });
  await record([startEntry(first.policy.version, ports.clock.now())]);
  const policies = createPolicyInForce({
    file: options.policy,
    first,
    read: (file) => readPolicyFile(file, process.env, files.begin()),
    policy: followUp.policy,
    prepare: followUp.prepare,
    record,
    applied: store.applied,
    clock: ports.clock,
    metrics: createPolicyMetrics(meter),
    logger,
  });
  const reload = (cause: 'signal' | 'file'): void => {
    policies.reload({ cause, by: 'gateway' }).catch((err: unknown) => {
      // What refuses a policy has been told already.
      if (!(err instanceof AlertError) || err.code === 'NOT_CONFIGURED')
        logger.error({ err }, 'the policy was not read');
    });
  };
  process.on('SIGHUP', () => reload('signal'));
  const watching = watchFiles(files, ports.clock, () => reload('file'));
  return { policies, stop: () => watching.stop() };
};

/** Who may call; undefined where no identities file is given, which `readOptions` allows on this machine only. */
const openIdentity = async (
  { identities: file, tlsCert, tlsKey, clientCa, data }: GatewayOptions,
  audit: Audit,
  { store, ports, logger }: Pick<PolicyParts, 'store' | 'ports' | 'logger'>,
): Promise<Identity | undefined> => {
  if (file === undefined) return undefined;
  return startIdentity({
    file,
    directory: data,
    tls: tlsCert !== undefined && tlsKey !== undefined ? { cert: tlsCert, key: tlsKey, clientCa } : undefined,
    ports,
    record: (entries) => store.commit({ audit: entries }),
    commitment: audit.subjects.commit,
    onChange: (what, err) => {
      if (err === undefined) logger.info({ reason: what }, 'read again, and in force');
      else logger.error({ err, reason: what }, 'not valid; what was in force before still is');
    },
    onFailure: (err) => logger.error({ err }, 'the audit of callers was not written'),
  });
};

/** Takes presses of buttons in Slack; undefined where nobody said where. */
const openSlackApprovals = async (
  { slackApprovals: listen, slackSigningSecret }: GatewayOptions,
  identity: Identity,
  { responses: desk }: FollowUp,
  { ports, logger }: Pick<PolicyParts, 'ports' | 'logger'>,
): Promise<SlackApprovalServer | undefined> => {
  if (listen === undefined || slackSigningSecret === undefined) return undefined;
  const server = await startSlackApprovals({
    ...{ listen, desk, clock: ports.clock, principalOf: identity.slack },
    signingSecret: signingSecretOf(slackSigningSecret, process.env),
    onPress: (reason) => logger.info({ reason }, 'a button in Slack was pressed'),
  });
  logger.info({ address: server.address }, 'taking presses of buttons in Slack');
  return server;
};

const witnessOf = ({ auditWitness: url, auditWitnessKey: key }: GatewayOptions): WitnessOptions | undefined =>
  url === undefined || key === undefined ? undefined : { url, key: witnessKey(key).vkey };

const openAudit = async (store: Store, ports: Ports, options: GatewayOptions, logger: Logger): Promise<Audit> => {
  const { data: directory, auditKey, auditKeyPrevious } = options;
  const keys = loadAuditKeys(
    {
      directory,
      ...(auditKey !== undefined && { key: auditKey }),
      ...(auditKeyPrevious !== undefined && { previous: auditKeyPrevious }),
    },
    ...([systemRandom, process.env] as const),
  );
  const signed = 'the audit log is signed by this key';
  logger.info(
    { verifierKey: keys.current.vkey },
    keys.made ? `${signed}, made just now: keep it elsewhere too` : signed,
  );
  return startAudit({
    ...{ store, directory, keys, ports },
    subjectKey: loadKey('subject', directory, systemRandom),
    witness: witnessOf(options),
    onFailure: (err) => {
      logger.error({ err }, 'the audit log is not well: no response is made, and alerts are kept');
      // A disk that failed to sync once must not be trusted with anything again.
      if (!isOfBadDisk(err)) return;
      const cause = new AlertError('STORE_UNAVAILABLE', 'the disk of the audit log failed', { cause: err });
      endOnBadDisk('audit log', options, logger)(cause);
    },
    onWitnessFailure: (reason) => logger.warn({ reason }, 'the witness has not cosigned the audit log'),
  });
};

/** Builds the parts, wraps them in telemetry, and serves: the only place where all parts meet. */
const serve = async (options: GatewayOptions, telemetry: Telemetry, logger: Logger) => {
  const files = createReadFiles();
  const first = loadPolicyFile(options.policy, {
    onRead: files.begin(),
    onLint: (lint) => logger.warn({ reason: faultLine(lint) }, 'the policy'),
  });
  const disk = await openLog(options, logger);
  const store = await openSqliteStore({ directory: options.data, onFatal: endOnBadDisk('store', options, logger) });
  const { tracer, meter } = telemetry;
  const log = traceLog(disk, tracer, meter);
  const ports = systemPorts(log.bounds().newestId);
  const audit = await openAudit(store, ports, options, logger);
  watchAudit(meter, auditFigures(audit, ports.clock));
  const pseudonymKey = new Secret(Buffer.from(loadKey('pseudonym', options.data, systemRandom)).toString('hex'));
  const followUp = await startFollowUp({
    ...{ log, store, ports, tracer, meter, logger },
    mayAct: audit.publisher.mayAct,
    commitment: audit.subjects.commit,
    policy: first.policy,
    pseudonymKey,
  });
  const identity = await openIdentity(options, audit, { store, ports, logger });
  const policy = await startPolicy(first, followUp, { options, store, ports, meter, logger, files });
  const gateway = await startGateway({
    log,
    policy: followUp.policy,
    desk: followUp.desk,
    responses: followUp.responses,
    decisions: followUp.decisions,
    lag: followUp.lag,
    planned: followUp.planned,
    admission: { maxLag: options.maxPlanLag },
    policies: policy.policies,
    planning: followUp.planning,
    audit,
    ports,
    ...(identity && { identity }),
    pseudonyms: createPseudonyms(pseudonymKey),
    cursorKey: loadKey('cursor', options.data, systemRandom),
    listen: options.listen,
    reflection: options.reflection,
    version,
    observer: createObserver({
      tracer,
      tracing: (service) => traceServer(service, tracer, meter),
      metrics: createAlertMetrics(meter, (type) => followUp.policy().types.declared.has(type)),
      logger,
    }),
  });
  const approvals = identity && (await openSlackApprovals(options, identity, followUp, { ports, logger }));
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // Whoever pressed Ctrl-C has nobody to move elsewhere first.
    policy.stop();
    await gateway.stop(drainWithin, signal === 'SIGTERM' ? notice : 0);
    await approvals?.stop();
    await identity?.stop();
    await followUp.stop();
    await audit.stop();
    await store.close();
    await log.close();
    await telemetry.shutdown();
  };
  return { gateway, stop };
};

// The first signal drains; the second ends at once, which loses nothing that was acknowledged.
const stopOnSignal = (stop: (signal: NodeJS.Signals) => Promise<void>, logger: Logger): void => {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      logger.info({ signal }, 'draining');
      stop(signal).then(
        () => process.exit(0),
        (err: unknown) => {
          logger.error({ err }, 'could not stop in order');
          process.exit(1);
        },
      );
    });
  }
};

const announce = (gateway: Gateway, options: GatewayOptions, telemetry: Telemetry, logger: Logger): void => {
  logger.info({ address: gateway.address, version, node: process.version, path: options.data }, 'listening');
  if (telemetry.metricsAddress) logger.info({ address: telemetry.metricsAddress }, 'serving metrics');
  if (process.env['ALERTS_WELCOME']) process.stderr.write(welcome(gateway.address, options));
};

const main = async (): Promise<void> => {
  const options = readOptions(version, process.argv);
  const logger = createLogger({ level: options.logLevel });
  const telemetry = await startTelemetry({
    version,
    metrics: options.metrics,
    onProblem: (reason) => logger.warn({ reason }, 'telemetry'),
  });
  const { gateway, stop } = await serve(options, telemetry, logger);
  stopOnSignal(stop, logger);
  announce(gateway, options, telemetry, logger);
};

const reasonOf = (error: unknown): string => {
  if (error instanceof AlertError) return error.message;
  return error instanceof Error ? error.message : String(error);
};

main().catch((error: unknown) => {
  process.stderr.write(`alert-gateway: ${reasonOf(error)}\n`);
  process.exit(1);
});
