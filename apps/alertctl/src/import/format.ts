import { type AlertDraft, AlertError, type AlertSeverity, checkDraft, type Instant } from '@therapytrain/alerts-core';

/** The formats that can be imported. */
export const formatNames = ['jsonl', 'sshd', 'cloudevents'] as const;

/** One of them. */
export type FormatName = (typeof formatNames)[number];

/** What a line is. No reason holds anything of the line. */
export type ImportedLine =
  /** `name` is what the line calls the event, where it has a name of its own: two lines of one name are one event. */
  | { readonly kind: 'alert'; readonly draft: AlertDraft; readonly name?: string }
  /** Well-formed, but nothing to report. The reason is one of few, to count by. */
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'bad'; readonly reason: string };

/** Reads the lines of one file, one after the other. */
export interface ImportFormat {
  readonly name: FormatName;
  read(line: string): ImportedLine;
}

/** What a format needs to know. */
export interface FormatFacts {
  /** The moment that a time without a year is not after. */
  readonly now: Instant;
  /** The severity for alerts that say none; the gateway's default for their type if undefined. */
  readonly defaultSeverity?: AlertSeverity | undefined;
  /** The year of the first line, for times without one; if undefined, each gets the last year it was not in the future. */
  readonly year?: number | undefined;
  /** Takes times without a zone as UTC and not as local. */
  readonly utc?: boolean | undefined;
  /** Successful logins are alerts too. */
  readonly includeAccepted?: boolean | undefined;
}

/** A line that says something, with its draft checked: bad with the rules it breaks, if it breaks any. */
export const alertFrom = (make: () => AlertDraft, name?: string): ImportedLine => {
  try {
    const draft = make();
    checkDraft(draft);
    return { kind: 'alert', draft, ...(name === undefined ? {} : { name }) };
  } catch (error) {
    if (error instanceof AlertError) return { kind: 'bad', reason: error.message };
    throw error;
  }
};
