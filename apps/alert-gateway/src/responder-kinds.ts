import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import {
  blockAddress,
  lockAccount,
  revokeAccess,
  revokeSessions,
  stepUp,
  suspectAddress,
  throttleAddress,
  webhookAction,
} from '@therapytrain/alerts-responders';

/** The responders there are. What a policy may say of them follows from this list. */
export const responderKinds: readonly ResponderKind[] = [
  blockAddress,
  throttleAddress,
  suspectAddress,
  lockAccount,
  revokeSessions,
  revokeAccess,
  stepUp,
  webhookAction,
];
