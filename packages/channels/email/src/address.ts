import { isIP } from 'node:net';
import { z } from 'zod';

// RFC 5321 §4.1.2 without quoted local parts and address literals: nobody's mailbox needs them, and they hide much.
const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Octets: RFC 5321 §4.5.3.1.1 to 4.5.3.1.3; a path is at most 256 with its angle brackets. */
const longest = { local: 64, domain: 255, address: 254 } as const;

/** True for a domain name of letters, digits and hyphens, in its ASCII form (RFC 1035 §2.3.1, RFC 5890 §2.3.2.1). */
export const isDomain = (text: string): boolean =>
  text.length <= longest.domain && text.split('.').every((part) => label.test(part));

/** True for an address as it stands in an SMTP envelope, such as `on-call@clinic.example`, and nothing else. */
export const isAddress = (text: string): boolean => {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  return (
    at > 0 &&
    text.length <= longest.address &&
    local.length <= longest.local &&
    atoms.test(local) &&
    isDomain(text.slice(at + 1))
  );
};

/** The domain of an address. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** A bare address: no display name, no comment, nothing that could end a command or a header. */
export const address = (): z.ZodType<string, string> =>
  z.string().refine(isAddress, 'is not a bare address such as on-call@clinic.example, in ASCII');

/** A name and an address. */
export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

const mailboxPattern = /^(?:"?([^"<>\\\p{C}]{0,64}?)"?\s*<([^<>]+)>|([^<>]+))$/u;

const mailboxOf = (text: string): Mailbox | undefined => {
  const [, name = '', inBrackets, bare] = mailboxPattern.exec(text.trim()) ?? [];
  const found = inBrackets ?? bare ?? '';
  return isAddress(found) ? { name: name.trim(), address: found } : undefined;
};

/** An address that may bear a name: `alerts@clinic.example` or `Security alerts <alerts@clinic.example>`. */
export const mailbox = (): z.ZodType<Mailbox, string> =>
  z
    .string()
    .refine(mailboxOf, 'is not an address such as alerts@clinic.example or Alerts <alerts@clinic.example>')
    .transform((text) => mailboxOf(text) as Mailbox);

/** A host to connect to: a domain name or an IP address, without scheme, port or user. */
export const host = (): z.ZodType<string, string> =>
  z.string().refine((text) => isIP(text) !== 0 || isDomain(text), 'is not a host name or an IP address');

/** A domain name. */
export const domain = (): z.ZodType<string, string> => z.string().refine(isDomain, 'is not a domain name in ASCII');
