import {
  type AlertMetrics,
  activeTraceParent,
  type Logger,
  type ServerTracing,
  traceDeliveries,
} from '@therapytrain/alerts-telemetry';
import type { Tracer } from '@opentelemetry/api';
import type { GatewayObserver } from './gateway.ts';

/** What sees the gateway: spans, metrics and logs. */
export interface ObserverParts {
  readonly tracer: Tracer;
  /** Wraps the handlers of a service, by its full name. */
  readonly tracing: (service: string) => ServerTracing;
  readonly metrics: AlertMetrics;
  readonly logger: Logger;
}

/** Ties telemetry to the places of the gateway where something happens. */
export const createObserver = ({ tracer, tracing, metrics, logger }: ObserverParts): GatewayObserver => {
  const traced = traceDeliveries(tracer);
  return {
    handlers: tracing,
    traceParent: activeTraceParent,
    onDefect: (err) => logger.error({ err }, 'defect'),
    onReported: metrics.reported,
    onShed: metrics.shed,
    hub: {
      delivered: (alerts) => {
        metrics.delivered(alerts.length);
        traced(alerts);
      },
      ended: metrics.streamEnded,
    },
    onRetained: (count, unplanned) => {
      metrics.removed(count, unplanned);
      logger.info({ count }, 'alerts past their retention were let go');
      if (unplanned > 0) {
        logger.error(
          { count: unplanned },
          'alerts were let go that nobody was told of: the log is too small for the lag',
        );
      }
    },
    watch: metrics.watch,
  };
};

/** Sees nothing; for tests of what does not depend on being seen. */
export const blindObserver: GatewayObserver = {
  handlers: () => ({
    unary: (_, handler) => handler,
    bidi: (_, handler) => handler,
    stream: (_, handler) => (call) => void handler(call),
  }),
  traceParent: () => '',
  onDefect: (thrown) => {
    throw thrown;
  },
  onReported: () => {},
  onShed: () => {},
  hub: { delivered: () => {}, ended: () => {} },
  onRetained: () => {},
  watch: () => {},
};
