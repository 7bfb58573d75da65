import { readFileSync } from 'node:fs';
import { AlertError, systemPorts, systemRandom } from '@therapytrain/alerts-core';
import { createSqliteLog } from '@therapytrain/alerts-store-sqlite';
import {
  createAlertMetrics,
  createLogger,
  type Logger,
  startTelemetry,
  type Telemetry,
  traceLog,
  traceServer,
} from '@therapytrain/alerts-telemetry';
import { type Gateway, startGateway } from './gateway.ts';
import { loadCursorKey } from './keys.ts';
import { createObserver } from './observer.ts';
import { type GatewayOptions, readOptions } from './options.ts';
import { loadPolicy } from './policy-file.ts';
import { welcome } from './welcome.ts';

// Together below 20 s (reliability.md §4.2).
const notice = 3_000;
const drainWithin = 15_000;
const exitIoErr = 74;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const openLog = (options: GatewayOptions, logger: Logger) =>
  createSqliteLog({
    directory: options.data,
    onFatal: (err) => {
      logger.fatal(
        { err, path: options.data },
        'the disk of the log failed; ending, so that nothing is acknowledged in vain',
      );
      process.stderr.write(`alert-gateway: ${err.message} (${String(err.cause)})\n`);
      process.exit(exitIoErr);
    },
    ...(options.unsafeSynchronous ? { unsafeSynchronous: options.unsafeSynchronous } : {}),
  });

/** Builds the parts, wraps them in telemetry, and serves: the only place where all parts meet. */
const serve = async (options: GatewayOptions, telemetry: Telemetry, logger: Logger) => {
  const policy = loadPolicy(options.policy);
  const log = await openLog(options, logger);
  const { tracer, meter } = telemetry;
  const gateway = await startGateway({
    log: traceLog(log, tracer, meter),
    policy,
    ports: systemPorts(log.bounds().newestId),
    cursorKey: loadCursorKey(options.data, systemRandom),
    listen: options.listen,
    reflection: options.reflection,
    version,
    observer: createObserver({
      tracer,
      tracing: traceServer('therapytrain.alerts.v1.AlertService', tracer, meter),
      metrics: createAlertMetrics(meter, (type) => policy.types.declared.has(type)),
      logger,
    }),
  });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // Whoever pressed Ctrl-C has nobody to move elsewhere first.
    await gateway.stop(drainWithin, signal === 'SIGTERM' ? notice : 0);
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
