export { traceClient } from './rpc/client.ts';
export { traceServer, type ServerTracing } from './rpc/server.ts';
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from './logs/logger.ts';
export {
  createAlertMetrics,
  type AlertMetrics,
  type GatewayFigures,
  type ShedReason,
} from './metrics/alert-metrics.ts';
export { metricDefinitions, type MetricDefinition, type MetricName } from './metrics/definitions.ts';
export { prometheusName } from './metrics/prometheus.ts';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './setup/telemetry.ts';
export { linkedSpan, traceDeliveries } from './spans.ts';
export { activeTraceParent, isTracing } from './trace-context.ts';
export { traceChannel } from './trace-channel.ts';
export { traceResponder } from './trace-responder.ts';
export { traceLog } from './trace-log.ts';
export { type DeliveryFigures, watchDeliveries } from './metrics/delivery-metrics.ts';
export { countBreaches, countRows, type IncidentFigures, watchIncidents } from './metrics/incident-metrics.ts';
export { countDetections } from './metrics/detection-metrics.ts';
export {
  createPolicyMetrics,
  type PolicyCause,
  type PolicyFigures,
  type PolicyMetrics,
} from './metrics/policy-metrics.ts';
export { type ResponseFigures, revertSlack, watchResponses } from './metrics/response-metrics.ts';
export { type AuditFigures, watchAudit } from './metrics/audit-metrics.ts';
