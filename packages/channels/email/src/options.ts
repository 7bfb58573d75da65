import { createPrivateKey } from 'node:crypto';
import { duration, Sensitivity } from '@therapytrain/alerts-core';
import { clearance, type Secret, secret } from '@therapytrain/alerts-core/channel';
import { template } from '@therapytrain/alerts-templates';
import { z } from 'zod';
import { address, domain, host, mailbox } from './address.ts';

// nodemailer signs with RSA only, and sends unsigned, without a word, where the key is of another sort.
const isRsaKey = (key: Secret): boolean => {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key.reveal());
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 1024;
  } catch {
    return false;
  }
};

const dkim = z
  .strictObject({
    domain: domain().describe('The signing domain (d=); that of `from`, or one above it.'),
    selector: domain().describe('The selector (s=): the key is at <selector>._domainkey.<domain>.'),
    privateKey: secret()
      .refine(isRsaKey, 'is not an RSA private key in PEM of at least 1024 bits')
      .describe('The RSA key in PEM; 2048 bits are usual (RFC 8301).'),
  })
  .describe('Signs each mail (RFC 6376). Default: the server signs, or nobody does.');

const tls = z
  .strictObject({
    required: z
      .boolean()
      .default(true)
      .describe('Never sends without TLS. False is for a relay on the same machine, and does not go with `user`.'),
    ca: z.string().min(1).optional().describe('The authority to trust, in PEM, in place of those that Node knows.'),
    servername: host().optional().describe('The name that the certificate must bear. Default: `host`.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('The oldest TLS that will do.'),
  })
  .prefault({});

const templates = z
  .strictObject({
    subject: template('line').optional().describe('The subject. Not with a clearance above INTERNAL.'),
    text: template('text').optional().describe('The plain text.'),
    html: template('html').optional().describe('The HTML; values are escaped.'),
  })
  .describe('LiquidJS templates in place of the built-in parts; what one leaves out stays built in.');

const distinct = (addresses: readonly string[]): boolean =>
  new Set(addresses.map((each) => each.toLowerCase())).size === addresses.length;

const fields = z.strictObject({
  host: host().describe('The SMTP server.'),
  port: z.int().min(1).max(65_535).default(587).describe('Its port: 587 for STARTTLS, 465 for TLS from the start.'),
  secure: z.boolean().optional().describe('TLS from the start. Default: true if `port` is 465, else STARTTLS.'),
  user: z.string().min(1).max(320).optional().describe('Whom to sign in as. Default: nobody.'),
  pass: secret().optional().describe('The password of `user`.'),
  from: mailbox().describe('The sender: alerts@clinic.example or Alerts <alerts@clinic.example>.'),
  recipients: z
    .array(address())
    .min(1, 'names nobody')
    .max(50, 'names more than 50')
    .refine(distinct, 'names somebody twice')
    .describe('Who is told: 1 to 50 bare addresses. Each sees the others.'),
  replyTo: mailbox().optional().describe('Where answers go. Default: to `from`.'),
  listId: domain().optional().describe('The List-Id for mail rules (RFC 2919), such as alerts.clinic.example.'),
  hostname: domain()
    .optional()
    .describe('The name in Message-IDs and in EHLO; the same for ever. Default: the domain of `from`.'),
  tls,
  dkim: dkim.optional(),
  connections: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe('The most connections at once; they are used 100 times each.'),
  timeout: duration()
    .refine((span) => span >= 50 && span <= 600_000, 'is not between 50ms and 10m')
    .prefault('30s')
    .describe('The longest that one attempt takes, waiting for a connection included.'),
  clearance: clearance(),
  template: templates.optional(),
});

/** The options of the channel. */
export const options = fields.superRefine(({ user, pass, tls: { required }, ...rest }, context) => {
  const fault = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: path.split('.'), message });
  if (user !== undefined && pass === undefined) fault('pass', 'is needed beside user');
  if (user === undefined && pass !== undefined) fault('user', 'is needed beside pass');
  // The password would go over the wire for everybody to read.
  if (user !== undefined && !required) fault('tls.required', 'cannot be false where there is a user');
  if (rest.template?.subject && rest.clearance > Sensitivity.INTERNAL) {
    fault('template.subject', 'cannot be had with a clearance above INTERNAL, which a subject never shows');
  }
});

/** The options, parsed. */
export type EmailOptions = z.output<typeof options>;

/** The options as they are given. */
export type EmailInput = z.input<typeof options>;
