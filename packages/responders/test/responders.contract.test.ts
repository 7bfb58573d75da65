import { responderContract } from '@therapytrain/alerts-testkit';
import {
  blockAddress,
  lockAccount,
  revokeAccess,
  revokeSessions,
  stepUp,
  suspectAddress,
  throttleAddress,
} from '@therapytrain/alerts-responders';
import { openDecision } from './support/open.ts';

for (const each of [blockAddress, suspectAddress, lockAccount, revokeAccess, revokeSessions, stepUp]) {
  responderContract(each.kind, openDecision(each));
}
responderContract(throttleAddress.kind, openDecision(throttleAddress, { per_minute: 30 }));
