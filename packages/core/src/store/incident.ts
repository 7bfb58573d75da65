import type { IncidentState } from '../channel/notice.ts';
import type { AlertFacts } from '../expression.ts';
import type { Cursor } from '../log.ts';
import type { Instant } from '../ports.ts';
import type { AlertSeverity } from '../severity.ts';

/** How many of its newest alerts an incident names. */
export const incidentAlerts = 10;

/** Alerts that are told and handled together. */
export interface Incident {
  /** UUID version 7, without a meaning: it names the incident to people and peers. */
  readonly id: string;
  /** What its alerts have in common: 32 lower-case hexadecimal digits. At most one incident of a key is not resolved. */
  readonly key: string;
  /** 1 when it is opened, and one more with every change; who changes it names the one that was read. */
  readonly version: number;
  readonly state: IncidentState;
  readonly title: string;
  /** The highest that one of its alerts had. */
  readonly severity: AlertSeverity;
  readonly count: number;
  /** By the alerts' own time. */
  readonly firstSeen: Instant;
  /** By the alerts' own time. */
  readonly lastSeen: Instant;
  /** By our time. */
  readonly openedAt: Instant;
  /** By our time. */
  readonly updatedAt: Instant;
  /** The newest alert's facts, with the incident's severity: what expressions are evaluated on. */
  readonly facts: AlertFacts;
  /** Places in the log of the newest alerts, newest first, at most {@link incidentAlerts}. */
  readonly newest: readonly Cursor[];
  /** Who acknowledged or resolved it last; empty if nobody did. */
  readonly by: string;
  /** What they wrote, or the last comment; empty if there is none. */
  readonly comment: string;
  /** Whose it is; empty if nobody's. */
  readonly assignee: string;
  readonly acknowledgedAt: Instant | undefined;
  readonly resolvedAt: Instant | undefined;
  /**
   * Until when somebody should have acknowledged it, since people were told of it; undefined where there is no response
   * time for it. It stays when it has passed: an incident that is still open then is overdue.
   */
  readonly acknowledgeBy: Instant | undefined;
  /** How often it was escalated. */
  readonly escalations: number;
  /** Channels that a notice of it was planned for: these are told that it ended. */
  readonly told: readonly string[];
}

/** What a silence held back of one incident: added to what it held back of it before. */
export interface Hidden {
  readonly silence: string;
  readonly incident: string;
  /** Whole and not negative. */
  readonly alerts: number;
  /** The incident's; the highest of all counts. */
  readonly severity: AlertSeverity;
  /** The channels that would have been told. */
  readonly channels: readonly string[];
}

/** All that a silence has held back so far. */
export interface HiddenTotal {
  readonly silence: string;
  readonly alerts: number;
  readonly incidents: number;
  /** The highest of its incidents. */
  readonly severity: AlertSeverity;
  /** By name. */
  readonly channels: readonly string[];
}

/** A period in which notices of what matches are held back. */
export interface Silence {
  readonly id: string;
  /** CEL over an alert's facts. */
  readonly when: string;
  readonly author: string;
  readonly reason: string;
  readonly from: Instant;
  /** Every silence ends. */
  readonly until: Instant;
  /** What is more severe than this breaks through. */
  readonly upTo: AlertSeverity;
  readonly createdAt: Instant;
}
