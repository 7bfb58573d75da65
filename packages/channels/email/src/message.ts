import { createHash } from 'node:crypto';
import type { AlertSeverity, Instant } from '@therapytrain/alerts-core';
import type { Clearance, Notice } from '@therapytrain/alerts-core/channel';
import type { SendMailOptions } from 'nodemailer';
import { domainOf } from './address.ts';
import type { EmailOptions } from './options.ts';
import type { Rendered } from './render.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** The name in Message-IDs and in EHLO. */
export const hostnameOf = ({ hostname, from }: Pick<EmailOptions, 'hostname' | 'from'>): string =>
  hostname ?? domainOf(from.address);

/** The Message-ID of a delivery (RFC 5322 §3.6.4): the same for each try, so that servers and readers drop doubles. */
export const messageIdOf = (key: string, hostname: string): string => `<${digest(key)}@${hostname}>`;

/** What all mails of an incident answer to. No mail bears it, so the thread holds together even if the first is lost. */
export const threadIdOf = (incident: string, hostname: string): string => `<incident.${digest(incident)}@${hostname}>`;

// `Importance` is of RFC 2156 §2.2, `X-Priority` of older Microsoft and Eudora programs.
const importance: Readonly<Record<AlertSeverity, Readonly<Record<string, string>>>> = {
  1: { Importance: 'low', 'X-Priority': '5 (Lowest)' },
  2: { Importance: 'normal', 'X-Priority': '3 (Normal)' },
  3: { Importance: 'high', 'X-Priority': '2 (High)' },
  4: { Importance: 'high', 'X-Priority': '1 (Highest)' },
};

// Ids come from the store and are plain; one that is not stands for itself by its digest.
const plainId = (id: string): string => (/^[A-Za-z0-9._:-]{1,128}$/.test(id) ? id : digest(id));

const headersOf = ({ severity, alerts, incident }: Notice<Clearance>, listId: string | undefined) => ({
  ...importance[severity],
  // RFC 3834 §5: no vacation notes and no bounces of the polite sort.
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'All',
  ...(listId !== undefined && { 'List-Id': `<${listId}>` }),
  ...(alerts[0] && { 'X-Alert-Id': plainId(alerts[0].id) }),
  ...(incident && { 'X-Alert-Group': plainId(incident.id) }),
});

/** What a mail is made of. */
export interface MessageParts {
  readonly notice: Notice<Clearance>;
  readonly rendered: Rendered;
  readonly key: string;
  readonly now: Instant;
  /** Who is still to be told; the header names all. */
  readonly to: readonly string[];
}

/** The mail for nodemailer. Pure: a later try makes the same mail, but for its date and its envelope. */
export const messageOf = (options: EmailOptions, parts: MessageParts): SendMailOptions => {
  const { notice, rendered, key, now, to } = parts;
  const hostname = hostnameOf(options);
  const thread = notice.incident && threadIdOf(notice.incident.id, hostname);
  return {
    ...rendered,
    from: options.from,
    to: options.recipients.map((address) => ({ name: '', address })),
    ...(options.replyTo && { replyTo: options.replyTo }),
    ...(thread !== undefined && { inReplyTo: thread, references: thread }),
    envelope: { from: options.from.address, to: [...to] },
    messageId: messageIdOf(key, hostname),
    date: new Date(now),
    headers: headersOf(notice, options.listId),
    // No line of the notice stands in the message as it is, so none can look like SMTP or like a header to anybody.
    encoding: 'base64',
    xMailer: false,
  };
};
