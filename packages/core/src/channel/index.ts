export { type Attempt, type Channel, type ChannelKind, clearance, defineChannel, raisedClearance } from './channel.ts';
export { type Deadline, withDeadline } from './deadline.ts';
export { escapeHtml, escapeSlack } from './escape.ts';
export {
  type Clearance,
  type ClearedText,
  type Fact,
  type IncidentState,
  incidentStates,
  type IncidentStory,
  type Notice,
  type NoticeAlert,
  type NoticeAsk,
  type NoticeEvent,
  noticeEvents,
  type SilenceStory,
  tellsOfIncident,
  type NoticeIncident,
  type Story,
  type UpTo,
} from './notice.ts';
export { openChannel, type OpenChannel, type OpenOptions, parseOptions } from './open-channel.ts';
export {
  type Ambiguous,
  type Done,
  type Misconfigured,
  type Outcome,
  outcomeOf,
  type OutcomeReason,
  outcomeReasons,
  type RecipientOutcome,
  recipientStates,
  type Reject,
  type Retry,
} from './outcome.ts';
export { createProjection, type Project, type ProjectionFacts } from './projection.ts';
export { createPseudonyms, type Pseudonyms, randomPseudonymKey } from './pseudonyms.ts';
export { cut, safeText, type SafeTextOptions } from './safe-text.ts';
export { isSecret, Secret, secret } from './secret.ts';
export { createReaderView, type ReaderView } from './reader-view.ts';
