import { readAddress } from '@therapytrain/alerts-core/responder';

/**
 * The bits of an address: a whole number of 32 bits for IPv4, text of eight units of 16 bits for IPv6. Text, since the
 * engine hashes a big number by its lowest 64 bits alone, so that all networks of one length would lie in one place.
 */
export type AddressBits = number | string;

const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;
const nine = 0x39;
const groups = 8;

const hexOf = (code: number): number => {
  if (code >= zero && code <= nine) return code - zero;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
};

/** Four decimal parts from a place on; undefined for anything else. */
const readParts = (text: string, from: number): number | undefined => {
  let bits = 0;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let at = from; at <= text.length; at++) {
    const code = at === text.length ? dot : text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0 || part > 255 || parts === 4) return undefined;
      bits = bits * 256 + part;
      parts++;
      part = 0;
      digits = 0;
      // A zero in front may mean octal elsewhere.
    } else if (code < zero || code > nine || digits === 3 || (digits > 0 && part === 0)) return undefined;
    else {
      part = part * 10 + code - zero;
      digits++;
    }
  }
  return parts === 4 ? bits : undefined;
};

const mapped = '::ffff:';

// Used again for each address: it is read and made text of within one call.
const units = new Uint16Array(groups);

const unit = (at: number): number => units[at] as number;

const textOfUnits = (): string =>
  String.fromCharCode(unit(0), unit(1), unit(2), unit(3), unit(4), unit(5), unit(6), unit(7));

const bitsOfUnits = (): AddressBits => {
  const isMapped = unit(5) === 0xffff && (unit(0) | unit(1) | unit(2) | unit(3) | unit(4)) === 0;
  return isMapped ? unit(6) * 0x1_0000 + unit(7) : textOfUnits();
};

/** Moves what was found behind a `::` to the end. False where there is no room for what it stands for, or too little. */
const closeGap = (gap: number, found: number): boolean => {
  if (gap < 0) return found === groups;
  if (found >= groups) return false;
  for (let at = groups - 1, from = found - 1; at >= gap; at--) units[at] = from >= gap ? unit(from--) : 0;
  return true;
};

/** Groups of hexadecimal digits, with one `::` at most, into {@link units}; false for anything else. */
const readGroups = (text: string): boolean => {
  const isOpen = text.startsWith('::');
  let gap = isOpen ? 0 : -1;
  let found = 0;
  let group = 0;
  let digits = 0;
  for (let at = isOpen ? 2 : 0; at <= text.length; at++) {
    const code = at === text.length ? colon : text.charCodeAt(at);
    if (code !== colon) {
      const value = hexOf(code);
      if (value < 0 || digits === 4) return false;
      group = group * 16 + value;
      digits++;
      continue;
    }
    // What ends in a colon must end in two, and nothing begins with one.
    if (digits === 0) return at === text.length && gap === found && closeGap(gap, found);
    if (found === groups) return false;
    units[found++] = group;
    group = 0;
    digits = 0;
    if (at < text.length && text.charCodeAt(at + 1) === colon) {
      if (gap >= 0) return false;
      gap = found;
      at++;
    }
  }
  return closeGap(gap, found);
};

const mostCharacters = 64;

const readByCore = (text: string): AddressBits | undefined => {
  // Longer than any form of an address.
  const bytes = text.length > mostCharacters ? undefined : readAddress(text)?.toByteArray();
  if (!bytes) return undefined;
  if (bytes.length === 4) return bytes.reduce((bits, byte) => bits * 256 + byte, 0);
  for (let at = 0; at < groups; at++) units[at] = (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0);
  return textOfUnits();
};

/**
 * The bits of an address in whatever form, as `readAddress` of core reads it, IPv4-mapped ones as IPv4; undefined for what
 * is none. It stands in the way of every request: the forms that a system writes are read here, in a tenth of the time,
 * and core's reader is asked about any other.
 */
export const addressBits = (text: string): AddressBits | undefined => {
  const parts = readParts(text, text.startsWith(mapped) ? mapped.length : 0);
  if (parts !== undefined) return parts;
  return readGroups(text) ? bitsOfUnits() : readByCore(text);
};
