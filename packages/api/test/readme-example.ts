import { type AlertServiceClient, ReportAlertRequest, WireSeverity } from '@therapytrain/alerts-api';

/** Reports that a component is down, and gives the id of the alert once it is durable. */
export const reportDown = (client: AlertServiceClient, component: string): Promise<string> => {
  const report = ReportAlertRequest.fromPartial({
    type: 'SYSTEM_HEALTH',
    severity: WireSeverity.CRITICAL,
    message: 'System health changed',
    metadata: { component, status: 'down' },
  });
  return new Promise((resolve, reject) => {
    client.reportAlert(report, (error, response) => (error ? reject(error) : resolve(response.alertId)));
  });
};
