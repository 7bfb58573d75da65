import { AlertManager, AlertType, AlertSeverity } from '@therapytrain/alerts';

const alertManager = AlertManager.getInstance();

// Create a basic alert
// prettier-ignore
await alertManager.createAlert(
  AlertType.AUTH_FAILURE,
  AlertSeverity.HIGH,
  'Failed login attempt',
  { userId: 'user123', ipAddress: '192.168.1.1' }
);

// Use convenience methods for common scenarios
await alertManager.handleAuthFailure('user123', '192.168.1.1');
await alertManager.handleUnusualAccess('user123', '/api/sensitive', 'Multiple failed attempts');
await alertManager.handleRateLimitBreach('192.168.1.1', '/api/login', 100);
