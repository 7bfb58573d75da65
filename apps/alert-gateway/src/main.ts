import { readFileSync } from 'node:fs';
import { AlertError, systemPorts, systemRandom } from '@therapytrain/alerts-core';
import { createSqliteLog, openSqliteStore } from '@therapytrain/alerts-store-sqlite';
import { policyDifference } from '@therapytrain/alerts-manager';
import {
  createAlertMetrics,
  createLogger,
  type Logger,
  startTelemetry,
  type Telemetry,
  traceLog,
  traceServer,
} from '@therapytrain/alerts-telemetry';
import { type FollowUp, startFollowUp } from './follow-up.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { loadKey } from './keys.ts';
import { createObserver } from './observer.ts';
import { type GatewayOptions, readOptions } from './options.ts';
import { faultLine, loadPolicy } from './policy-file.ts';
import { welcome } from './welcome.ts';

// Together below 20 s (reliability.md §4.2).
const notice = 3_000;
const drainWithin = 15_000;
const exitIoErr = 74;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const endOnBadDisk =
  (what: 'log' | 'store', options: GatewayOptions, logger: Logger) =>
  (err: AlertError): void => {
    logger.fatal(
      { err, path: options.data },
      `the disk of the ${what} failed; ending, so that nothing is acknowledged in vain`,
    );
    process.stderr.write(`alert-gateway: ${err.message} (${String(err.cause)})\n`);
    process.exit(exitIoErr);
  };

const openLog = (options: GatewayOptions, logger: Logger) =>
  createSqliteLog({
    directory: options.data,
    onFatal: endOnBadDisk('log', options, logger),
    ...(options.unsafeSynchronous ? { unsafeSynchronous: options.unsafeSynchronous } : {}),
  });

const readPolicyFile = ({ policy }: GatewayOptions, logger: Logger) =>
  loadPolicy(policy, { onLint: (lint) => logger.warn({ reason: faultLine(lint) }, 'the policy') });

/** On SIGHUP the policy is read again. A bad one changes nothing, and is told. */
const reloadOnSignal = (options: GatewayOptions, followUp: FollowUp, logger: Logger): void => {
  process.on('SIGHUP', () => {
    const reload = async (): Promise<void> => {
      const before = followUp.policy();
      const next = readPolicyFile(options, logger);
      await followUp.use(next);
      for (const { kind, text } of policyDifference(before, next)) logger.info({ reason: kind }, `policy: ${text}`);
      logger.info({ version: next.version }, 'the policy was read again and is in force');
    };
    reload().catch((err: unknown) => logger.error({ err }, 'the policy was read again and is not in force'));
  });
};

/** Builds the parts, wraps them in telemetry, and serves: the only place where all parts meet. */
const serve = async (options: GatewayOptions, telemetry: Telemetry, logger: Logger) => {
  const policy = readPolicyFile(options, logger);
  const disk = await openLog(options, logger);
  const store = await openSqliteStore({ directory: options.data, onFatal: endOnBadDisk('store', options, logger) });
  const { tracer, meter } = telemetry;
  const log = traceLog(disk, tracer, meter);
  const ports = systemPorts(log.bounds().newestId);
  const followUp = await startFollowUp({ log, store, policy, ports, directory: options.data, tracer, meter, logger });
  const gateway = await startGateway({
    log,
    policy: followUp.policy,
    desk: followUp.desk,
    lag: followUp.lag,
    planned: followUp.planned,
    admission: { maxLag: options.maxPlanLag },
    ports,
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
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // Whoever pressed Ctrl-C has nobody to move elsewhere first.
    await gateway.stop(drainWithin, signal === 'SIGTERM' ? notice : 0);
    await followUp.stop();
    await log.close();
    await telemetry.shutdown();
  };
  reloadOnSignal(options, followUp, logger);
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
