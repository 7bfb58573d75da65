import { type AlertHandler, AlertManager } from '@therapytrain/alerts-manager';
import { AlertSeverity } from '@therapytrain/alerts-core';

/** Rings for what cannot wait. Its failures are logged and counted, and touch neither callers nor other handlers. */
export const createPager = (ring: (text: string) => Promise<void>): AlertHandler => ({
  handleAlert: async ({ severity, type, id }) => {
    if (severity >= AlertSeverity.HIGH) await ring(`${type} ${id}`);
  },
});

/** Call it once, before the first alert. Everybody else asks for `AlertManager.getInstance()`. */
export const startAlerts = (ring: (text: string) => Promise<void>): AlertManager => {
  const manager = AlertManager.configure({ source: 'login-service' });
  manager.registerHandler(createPager(ring));
  return manager;
};
