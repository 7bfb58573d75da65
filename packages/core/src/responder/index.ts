export { type Decision, type DecisionFeed, type DecisionKind, decisionKinds, longestSession } from './decision.ts';
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
} from './responder.ts';
