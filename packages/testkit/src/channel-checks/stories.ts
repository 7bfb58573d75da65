import { type Alert, AlertSeverity, createAlertTypes, type Metadata, Sensitivity } from '@therapytrain/alerts-core';
import {
  createProjection,
  createPseudonyms,
  type IncidentStory,
  type Notice,
  type NoticeEvent,
  Secret,
  tellsOfIncident,
  type Clearance,
  type Story,
  type UpTo,
} from '@therapytrain/alerts-core/channel';

const at = Date.UTC(2026, 10, 24, 9, 30);

/** The types of the contract: the built-in ones, and one whose metadata hold a key of every sensitivity. */
export const contractTypes = createAlertTypes({
  EVERY_SENSITIVITY: {
    title: 'Something of every sensitivity',
    defaultSeverity: AlertSeverity.HIGH,
    metadata: {
      region: { sensitivity: Sensitivity.PUBLIC, identifies: false, description: 'Where.' },
      component: { sensitivity: Sensitivity.INTERNAL, identifies: true, description: 'Which component.' },
      userId: { sensitivity: Sensitivity.PERSONAL, identifies: true, description: 'Who.' },
      diagnosis: { sensitivity: Sensitivity.HEALTH, identifies: false, description: 'What of.' },
      sessionToken: { sensitivity: Sensitivity.SECRET, identifies: false, description: 'With what.' },
    },
  },
});

const project = createProjection({
  types: contractTypes,
  pseudonyms: createPseudonyms(new Secret('the contract of a channel: a key of no worth')),
});

let made = 0;

/** An alert as a gateway would have kept it. */
export const sampleAlert = (message: string, metadata: Metadata = {}, more: Partial<Alert> = {}): Alert => {
  const place = ++made;
  return {
    id: `0199a000-0000-7000-8000-${String(place).padStart(12, '0')}`,
    sequence: place,
    type: 'EVERY_SENSITIVITY',
    severity: AlertSeverity.HIGH,
    message,
    metadata,
    source: 'sign-in',
    occurredAt: at - 60_000,
    receivedAt: at - 59_000,
    fingerprint: '0'.repeat(32),
    dedupKey: '',
    traceParent: '',
    ...more,
  };
};

/** An incident as a manager would tell of it. */
export const sampleIncident = (more: Partial<IncidentStory> = {}): IncidentStory => ({
  id: 'inc-0199a000',
  title: 'Failed logins at the sign-in service',
  severity: AlertSeverity.HIGH,
  state: 'OPEN',
  count: 3,
  firstSeen: at - 600_000,
  lastSeen: at - 60_000,
  ...more,
});

const states = { acknowledged: 'ACKNOWLEDGED', resolved: 'RESOLVED' } as const;

/** A story of the event, with what such a story has. */
export const sampleStory = (event: NoticeEvent, alerts: readonly Alert[], more: Partial<Story> = {}): Story => {
  const state = event === 'acknowledged' || event === 'resolved' ? states[event] : 'OPEN';
  const by = event === 'acknowledged' || event === 'resolved' || event === 'escalated' ? { by: 'Robin (on call)' } : {};
  const incident = tellsOfIncident(event) ? { incident: sampleIncident({ state, ...by }) } : {};
  const held = { author: 'Robin', severity: AlertSeverity.HIGH, alerts: 12, incidents: 3 };
  const silence = event === 'silence_ended' ? { silence: held } : {};
  return {
    event,
    at,
    alerts,
    link: 'https://alerts.clinic.test/incidents/inc-0199a000',
    ...incident,
    ...silence,
    ...more,
  };
};

/** The value, of which nothing can be changed any more, through and through. */
export const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) frozen(each);
    Object.freeze(value);
  }
  return value;
};

/** The notice of a story at a clearance. Nothing of it can be changed: a channel that tries throws. */
export const noticeOf = <C extends Clearance>(story: Story, clearance: C): Notice<UpTo<C>> =>
  frozen(project(story, clearance));
