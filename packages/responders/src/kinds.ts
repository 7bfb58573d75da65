import type { ResponderKind } from '@therapytrain/alerts-core/responder';
import { blockAddress } from './block-address/index.ts';
import { lockAccount } from './lock-account/index.ts';
import { revokeAccess } from './revoke-access/index.ts';
import { revokeSessions } from './revoke-sessions/index.ts';
import { stepUp } from './step-up/index.ts';
import { suspectAddress } from './suspect-address/index.ts';
import { throttleAddress } from './throttle-address/index.ts';
import { webhookAction } from './webhook-action/index.ts';

/** The responders there are. What a policy may say of them, in the gateway and in its tools, follows from this list. */
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
