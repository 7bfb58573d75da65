export { type AddressRange, canonicalAddress, overlap, readAddress, type ReadAddress, readRange } from './address.ts';
export {
  type Decision,
  type DecisionFeed,
  type DecisionKind,
  decisionKindNames,
  decisionKinds,
  longestSession,
} from './decision.ts';
export {
  createProtection,
  type Protection,
  type ProtectionOptions,
  type ProtectionRule,
  protectionRules,
  userForm,
} from './protected.ts';
export {
  defineResponder,
  type Effect,
  type Responder,
  type ResponderKind,
  type ResponderPorts,
  type ResponseAttempt,
  type Step,
  type Target,
  type TargetKind,
  targetKinds,
} from './responder.ts';
