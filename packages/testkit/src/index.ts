export { applies, channelChecks, channelContract, type ChannelContractOptions } from './channel-contract.ts';
export { type HostileInput, hostileInputs } from './channel-checks/hostile-inputs.ts';
export { contractTypes, noticeOf, sampleAlert, sampleIncident, sampleStory } from './channel-checks/stories.ts';
export {
  type Arrival,
  type ChannelCheck,
  type ChannelPeer,
  type ChannelSubject,
  namedWait,
  type OpenChannelSubject,
  type PeerBehaviour,
  type SubjectWish,
} from './channel-checks/subject.ts';
export { createTestCertificate, type TestCertificate, type TestCertificateOptions } from './peers/certificate.ts';
export { type HttpPeer, type HttpPeerOptions, type HttpVerdict, startHttpPeer } from './peers/http-peer.ts';
export { type PagerdutyIncident, type PagerdutyPeer, startPagerdutyPeer } from './peers/pagerduty-peer.ts';
export { type SlackCall, type SlackPeer, type SlackPeerOptions, startSlackPeer } from './peers/slack-peer.ts';
export { type MailArrival, type SmtpPeer, type SmtpPeerOptions, startSmtpPeer } from './peers/smtp-peer.ts';
export type { SmtpAct, SmtpStage } from './peers/smtp-stages.ts';
export { skewedPorts } from './skewed-ports.ts';
export { alertDrafts, metadataOf } from './alert-drafts.ts';
export { draftOf, requestIdOf, type NumberedDraft } from './draft-of.ts';
export { createFakeClock, epoch, type FakeClock } from './fake-clock.ts';
export type { LogCheck, LogSubject, OpenLog } from './log-checks/subject.ts';
export type { ContractOptions, TestRunner } from './contract.ts';
export { logChecks, logContract, type LogContractOptions } from './log-contract.ts';
export { createMemoryStore, type MemoryStoreParts } from './memory-store.ts';
export { type OtlpReceiver, type Received, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';
export { seededRandom } from './seeded-random.ts';
export { defaultSource, stamp } from './stamp.ts';
export {
  assertBalanced,
  incidentOf,
  jobOf,
  type OpenStore,
  silenceOf,
  type StoreCheck,
  type StoreSubject,
} from './store-checks/subject.ts';
export { storeChecks, storeContract } from './store-contract.ts';
export { testPorts, type TestPorts, type TestPortsOptions } from './test-ports.ts';
export { waitFor, type WaitOptions } from './wait-for.ts';
export { type ActionPeer, type ActionPeerOptions, startActionPeer } from './peers/action-peer.ts';
export { createDecisionWorld, type DecisionWorld } from './peers/decision-world.ts';
export type { AskedEffect } from './peers/fenced-effects.ts';
export { appliesTo, responderChecks, responderContract, type ResponderContractOptions } from './responder-contract.ts';
export type {
  OpenResponderSubject,
  ResponderCheck,
  ResponderEffect,
  ResponderNeed,
  ResponderSubject,
  ResponderWish,
  ResponderWorld,
} from './responder-checks/subject.ts';
export {
  pressSlackButton,
  sendPress,
  signAsSlack,
  type SignedPress,
  slackPress,
  type SlackPress,
} from './peers/slack-press.ts';
export { type Planted, plantedIn } from './planted.ts';
