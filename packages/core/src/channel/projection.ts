import type { Alert } from '../alert.ts';
import type { AlertTypes } from '../alert-type.ts';
import { canonicalJson } from '../fingerprint.ts';
import type { MetadataValue } from '../metadata.ts';
import type { Instant } from '../ports.ts';
import { Sensitivity } from '../sensitivity.ts';
import { type AlertSeverity, severities, severityName } from '../severity.ts';
import { type Conceal, createConceal, type Hidden } from './conceal.ts';
import type {
  Clearance,
  ClearedText,
  Fact,
  IncidentStory,
  Notice,
  NoticeAlert,
  NoticeEvent,
  NoticeIncident,
  SilenceStory,
  Story,
  UpTo,
} from './notice.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { safeText } from './safe-text.ts';
import { remembered } from './views.ts';

/** What the projection goes by. */
export interface ProjectionFacts {
  /** Says how sensitive each metadata key is. */
  readonly types: AlertTypes;
  readonly pseudonyms: Pseudonyms;
}

/** Turns what there is to tell into what may be told at a clearance. */
export type Project = <C extends Clearance>(story: Story, clearance: C) => Notice<UpTo<C>>;

/** Bounds of a notice, in UTF-16 code units where it is text. Channels cut further, to their peers' limits. */
const bounds = {
  alerts: 10,
  headline: 120,
  title: 200,
  message: 4096,
  fact: 512,
  comment: 2048,
  by: 128,
  owner: 128,
  ask: 300,
} as const;

const words = (key: string): readonly string[] =>
  key
    .replaceAll(/([a-z0-9])([A-Z])|[_.-]/g, (_, a: string = '', b: string = '') => `${a} ${b}`)
    .split(' ')
    .filter(Boolean);

// Of declared keys and of types, of which a deployment has few.
const labelOf = remembered((key) => {
  const kept = words(key).filter((word, place) => place === 0 || word !== 'Id');
  const [first = '', ...rest] = kept.map((word) => (/^ip$/i.test(word) ? 'IP' : word.toLowerCase()));
  return [first.slice(0, 1).toUpperCase() + first.slice(1), ...rest].join(' ');
});

// `userId` is a user, `ipAddress` an address; anything else is called by its first word.
/** What a pseudonym of the value of a metadata key is called. */
export const pseudonymLabel = (key: string): string => {
  const [first = 'value', ...rest] = words(key).map((word) => word.toLowerCase());
  return rest.at(-1) === 'address' ? 'address' : first;
};

/** The texts and numbers in a value, as texts. */
export const leavesOf = (value: MetadataValue | undefined): readonly string[] => {
  if (value === null || value === undefined || typeof value === 'boolean') return [];
  if (typeof value === 'object') return Object.values(value).flatMap((each) => leavesOf(each as MetadataValue));
  return [String(value)];
};

const textOf = (value: MetadataValue): string => (typeof value === 'string' ? value : canonicalJson(value));

/** What is said in place of a value that has no pseudonym. */
export const withheldWord = (sensitivity: Sensitivity): string =>
  sensitivity === Sensitivity.SECRET ? '[secret]' : sensitivity === Sensitivity.HEALTH ? '[health data]' : '[withheld]';

const eventWords: Readonly<Record<NoticeEvent, string>> = {
  alert: '',
  opened: '',
  updated: '',
  escalated: '[ESCALATED] ',
  acknowledged: '[ACKNOWLEDGED] ',
  resolved: '[RESOLVED] ',
  digest: '',
  reminded: '[REMINDER] ',
  silence_ended: '[SILENCE ENDED] ',
};

interface Clearing {
  readonly facts: ProjectionFacts;
  readonly clearance: Clearance;
  readonly conceal: Conceal;
}

const cleared = <L extends Clearance>({ conceal }: Clearing, text: string, lines: 'one' | 'many', max: number) => {
  const safe = safeText(conceal.hide(text), { lines, max });
  // Making it safe may have joined what was apart.
  return (conceal.isClear(safe) ? safe : '[withheld: it could not be cleared]') as ClearedText<L>;
};

/** What the alert holds above the clearance, and what is said instead. */
export const hiddenIn = (
  { types, pseudonyms }: ProjectionFacts,
  clearance: Clearance,
  alert: Pick<Alert, 'type' | 'metadata'>,
): readonly Hidden[] =>
  Object.entries(alert.metadata).flatMap(([key, value]) => {
    const sensitivity = types.sensitivityOf(alert.type, key);
    if (sensitivity <= clearance) return [];
    return leavesOf(value).map((leaf) => ({
      value: leaf,
      by: sensitivity === Sensitivity.PERSONAL ? pseudonyms.of(pseudonymLabel(key), leaf) : withheldWord(sensitivity),
    }));
  });

const factOf = <L extends Clearance>(clearing: Clearing, type: string, key: string, value: MetadataValue) => {
  const { clearance, facts } = clearing;
  const sensitivity = facts.types.sensitivityOf(type, key);
  const known = facts.types.declared.get(type)?.metadata;
  // An undeclared key is the reporter's own word, and may be a person's name.
  if (!known || !Object.hasOwn(known, key)) return undefined;
  const fact = { key, label: labelOf(key) };
  if (sensitivity <= clearance) {
    return { ...fact, text: cleared<L>(clearing, textOf(value), 'one', bounds.fact), pseudonym: false };
  }
  const [leaf, ...others] = leavesOf(value);
  if (sensitivity !== Sensitivity.PERSONAL || leaf === undefined || others.length > 0) return undefined;
  return { ...fact, text: facts.pseudonyms.of(pseudonymLabel(key), leaf) as ClearedText<L>, pseudonym: true };
};

const alertAt = <L extends Clearance>(clearing: Clearing, alert: Alert): NoticeAlert<L> => {
  const { id, type, severity, source, occurredAt, metadata } = alert;
  const facts: Fact<L>[] = Object.entries(metadata)
    .map(([key, value]) => factOf<L>(clearing, type, key, value))
    .filter((fact) => fact !== undefined);
  const free = clearing.clearance >= Sensitivity.INTERNAL ? alert.message : '';
  return {
    id,
    type,
    title: titleOf(clearing.facts, type),
    severity,
    source,
    occurredAt,
    message: cleared(clearing, free, 'many', bounds.message),
    facts,
    withheld: Object.keys(metadata).length - facts.length,
  };
};

const titleOf = ({ types }: ProjectionFacts, type: string): string =>
  types.declared.get(type)?.title ?? labelOf(type.toLowerCase());

const incidentAt = <L extends Clearance>(
  clearing: Clearing,
  incident: IncidentStory,
  title: string,
): NoticeIncident<L> => {
  const text = (value: string | undefined, max: number, lines: 'one' | 'many') =>
    value === undefined || clearing.clearance < Sensitivity.INTERNAL
      ? undefined
      : cleared<L>(clearing, value, lines, max);
  const { id, state, count, firstSeen, lastSeen, acknowledgeBy } = incident;
  return {
    id,
    title: text(incident.title, bounds.title, 'one') ?? (title as ClearedText<L>),
    state,
    count,
    firstSeen,
    lastSeen,
    by: text(incident.by, bounds.by, 'one'),
    comment: text(incident.comment, bounds.comment, 'many'),
    ...(acknowledgeBy !== undefined && { acknowledgeBy }),
  };
};

const severityIn = ({ incident, silence, alerts, incidents = [] }: Story): AlertSeverity =>
  [...incidents, ...alerts.map(({ severity }) => severity)].reduce(
    (most, severity) => (severity > most ? severity : most),
    incident?.severity ?? silence?.severity ?? (1 as AlertSeverity),
  );

const minuteOf = (at: Instant): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

// A reminder says how long there is still, or since when there is no time left, where everybody sees it first.
const eventWordOf = ({ event, at, incident }: Story): string => {
  const by = incident?.acknowledgeBy;
  if (event !== 'reminded' || by === undefined) return eventWords[event];
  return at < by ? `[ACKNOWLEDGE BY ${minuteOf(by)} UTC] ` : `[OVERDUE SINCE ${minuteOf(by)} UTC] `;
};

const numbered = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const heldBack = ({ author, alerts, incidents }: SilenceStory, severity: string, free: boolean): string => {
  const what = `${numbered(alerts, 'alert')} of ${numbered(incidents, 'incident')}`;
  return `${free ? `${author}: ` : ''}it held back ${what}, the most severe ${severity}`;
};

const digestText = (story: Story, total: number): string => {
  const { incidents } = story;
  if (!incidents) return `${total} alerts, the most severe ${severityName(severityIn(story))}`;
  const counts = severities
    .toReversed()
    .map((each) => [incidents.filter((severity) => severity === each).length, severityName(each)] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`);
  return `${numbered(total, 'alert')} of ${numbered(incidents.length, 'incident')}: ${counts.join(', ')}`;
};

const headlineOf = (clearing: Clearing, story: Story, title: string): ClearedText<1 | 2> => {
  const { event, incident, silence, alerts, total = alerts.length } = story;
  const severity = severityName(severityIn(story));
  const free = clearing.clearance >= Sensitivity.INTERNAL;
  const about = (free ? incident?.title : undefined) ?? title;
  const said = event === 'alert' && free && alerts[0] ? `: ${alerts[0].message}` : '';
  const whole = event === 'digest' ? digestText(story, total) : `${severity} ${about}${said}`;
  const text = silence ? heldBack(silence, severity, free) : whole;
  return cleared<1 | 2>(clearing, `${eventWordOf(story)}${text}`, 'one', bounds.headline);
};

const webLink = (link: string | undefined): string | undefined =>
  link !== undefined && /^https?:\/\/[\x21-\x7e]+$/.test(link) && URL.canParse(link) ? new URL(link).href : undefined;

/** Whose it is and what to do about it, of which the owner is a name of the staff. */
const handlingIn = <L extends Clearance>(clearing: Clearing, { owner, runbook }: Story) => {
  const told = owner === undefined || clearing.clearance < Sensitivity.INTERNAL ? undefined : owner;
  const address = webLink(runbook);
  return {
    ...(told !== undefined && { owner: cleared<L>(clearing, told, 'one', bounds.owner) }),
    ...(address?.startsWith('https:') && { runbook: address }),
  };
};

const asksIn = <L extends Clearance>(clearing: Clearing, { asks = [] }: Story) =>
  asks.length === 0 || clearing.clearance < Sensitivity.INTERNAL
    ? {}
    : { asks: asks.map(({ id, text }) => ({ id, text: cleared<L>(clearing, text, 'one', bounds.ask) })) };

/**
 * Makes the projection of a deployment: the one door through which an alert reaches a channel. At a clearance, PERSONAL
 * values above it are replaced by pseudonyms and all others left out; wherever a value above it is found in any other
 * text (the message, a fact, a title, a comment) it is replaced there too, however it is written. Every text is made
 * safe (see `safeText`) and bounded. Values that are not text or numbers (true, null), and values of a word of fewer
 * than four letters inside a longer word, are not looked for in other texts.
 */
export const createProjection =
  (facts: ProjectionFacts): Project =>
  <C extends Clearance>(story: Story, clearance: C): Notice<UpTo<C>> => {
    const clearingAt = (level: Clearance): Clearing => {
      const hidden = story.alerts.slice(0, bounds.alerts).flatMap((alert) => hiddenIn(facts, level, alert));
      return { facts, clearance: level, conceal: createConceal(hidden) };
    };
    const clearing = clearingAt(clearance);
    const most = Math.min(clearance, Sensitivity.INTERNAL) as Clearance;
    const title = titleOf(facts, story.alerts[0]?.type ?? 'ALERT');
    return {
      event: story.event,
      clearance: clearance as Clearance as UpTo<C>,
      at: story.at,
      severity: severityIn(story),
      headline: headlineOf(most === clearance ? clearing : clearingAt(most), story, title),
      incident: story.incident && incidentAt(clearing, story.incident, title),
      alerts: story.alerts.slice(0, bounds.alerts).map((alert) => alertAt<UpTo<C>>(clearing, alert)),
      total: Math.max(story.total ?? 0, story.alerts.length),
      link: webLink(story.link),
      ...handlingIn<UpTo<C>>(clearing, story),
      ...asksIn<UpTo<C>>(clearing, story),
    };
  };
