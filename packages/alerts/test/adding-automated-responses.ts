import { AlertManager } from '@therapytrain/alerts';
import { rateLimiterService, securityAuditService, userService } from './fixtures/platform-services.ts';

const alertManager = AlertManager.getInstance();

import { AutomatedResponseHandler } from '@therapytrain/alerts';

// prettier-ignore
const automatedResponseHandler = new AutomatedResponseHandler(
  userService,
  rateLimiterService,
  securityAuditService
);

alertManager.registerHandler(automatedResponseHandler);
