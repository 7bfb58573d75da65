export { Alert, AlertSeverity as WireSeverity } from './gen/therapytrain/alerts/v1/alert.pb.ts';
export {
  AlertServiceClient,
  AlertServiceService,
  type AlertServiceServer,
  Draining,
  GetAlertRequest,
  GetAlertResponse,
  Heartbeat,
  ListAlertsRequest,
  ListAlertsResponse,
  ReportAlertRequest,
  ReportAlertResponse,
  ReportAlertResult,
  ReportAlertsRequest,
  ReportAlertsResponse,
  StreamAlertsRequest,
  StreamAlertsResponse,
  StreamedAlert,
} from './gen/therapytrain/alerts/v1/alert_service.pb.ts';
export { BadRequest, ErrorInfo, RetryInfo } from './gen/google/rpc/error_details.pb.ts';
export { Status } from './gen/google/rpc/status.pb.ts';
export { descriptorSet } from './descriptor.ts';
