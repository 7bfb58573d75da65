import { isIP } from 'node:net';
import { addressFault, isAllowed } from './addresses.ts';
import { type Allow, portFault } from './allow.ts';

/** Where a connection is to be made. */
export interface Target {
  readonly protocol: string;
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

const schemePorts: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

const bare = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** Why a resolved address must not be called with this protocol; undefined if it may. */
export const resolvedFault = (address: string, protocol: string, allow: Allow): string | undefined => {
  if (protocol === 'http:' && !isAllowed(address, allow)) {
    return addressFault(address, allow) ?? 'is not in a range that may be called without TLS';
  }
  return addressFault(address, allow);
};

/** Why no connection may be made there; undefined if one may. Names are left to be resolved: see `resolvedFault`. */
export const targetFault = ({ protocol, host, port }: Target, allow: Allow): string | undefined => {
  if (protocol !== 'https:' && !(protocol === 'http:' && allow.plaintext)) return 'is not https';
  const fault = portFault(port, allow);
  if (fault !== undefined) return fault;
  return isIP(host) ? resolvedFault(host, protocol, allow) : undefined;
};

/**
 * Why a URL must not be called, as the end of a sentence without anything of the URL; undefined if it may. The URL is
 * read as the WHATWG URL standard does, which turns decimal, octal, hexadecimal, short and full-width hosts into the
 * IPv4 address they stand for. A name is only known to be safe when it is resolved, at each connection.
 */
export const urlFault = (url: string, allow: Allow = {}): string | undefined => {
  if (!URL.canParse(url)) return 'is not a URL';
  const { protocol, hostname, port, username, password } = new URL(url);
  if (!(protocol in schemePorts)) return 'is not https';
  if (username !== '' || password !== '') return 'has a user name or a password in it';
  if (hostname === '') return 'has no host';
  return targetFault({ protocol, host: bare(hostname), port: Number(port || schemePorts[protocol]) }, allow);
};
