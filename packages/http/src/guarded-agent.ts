import { lookup as systemLookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Allow } from './allow.ts';
import { resolvedFault, targetFault } from './url-fault.ts';

/** One address of a name. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a name. Rejects with an error that has a `code` if there are none. */
export type Resolve = (name: string) => Promise<readonly ResolvedAddress[]>;

/** How connections are made. */
export interface GuardOptions {
  /** What may be called beside public addresses over https. Default: nothing. */
  readonly allow?: Allow;
  /** Default: the machine's resolver, with its hosts file. */
  readonly resolve?: Resolve;
  /** The most connections to one host at a time; more requests wait for one. Default: 8. */
  readonly connections?: number;
  /** Certificates (PEM) that are trusted beside those of the machine. */
  readonly ca?: string;
}

/** The `code` of {@link UnsafeAddress}. */
export const unsafeAddressCode = 'ERR_UNSAFE_ADDRESS';

/** A connection that was not made, since its address must not be called. Holds neither the address nor the name. */
export class UnsafeAddress extends Error {
  override readonly name = 'UnsafeAddress';
  readonly code = unsafeAddressCode;

  constructor(fault: string) {
    super(`the address ${fault}`);
  }
}

/** The machine's resolver, with its hosts file. */
export const systemResolve: Resolve = (name) => systemLookup(name, { all: true });

// Said, so that neither NODE_OPTIONS nor NODE_TLS_REJECT_UNAUTHORIZED makes it less.
const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;

// Shorter than servers keep a connection without telling: the commonest span is 5 s.
const idleSpan = 4_000;

type Found = (error: NodeJS.ErrnoException | null, address: string | ResolvedAddress[], family?: number) => void;

const checked = async (name: string, protocol: string, allow: Allow, resolve: Resolve): Promise<ResolvedAddress[]> => {
  const addresses = await resolve(name);
  if (addresses.length === 0) throw Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' });
  for (const { address } of addresses) {
    const fault = resolvedFault(address, protocol, allow);
    if (fault !== undefined) throw new UnsafeAddress(fault);
  }
  return [...addresses];
};

/** A `lookup` for `net.connect`: gives only addresses that were checked, and none if one of them must not be called. */
const guardedLookup = (protocol: string, allow: Allow, resolve: Resolve): LookupFunction => {
  const lookup = (name: string, { all, family }: { all?: boolean; family?: unknown }, found: Found): void => {
    const give = (addresses: ResolvedAddress[]): void => {
      const wanted = family === 4 || family === 6 ? addresses.filter((each) => each.family === family) : addresses;
      const [first] = wanted;
      if (!first) return found(Object.assign(new Error('no such address'), { code: 'ENOTFOUND' }), []);
      if (all) found(null, wanted);
      else found(null, first.address, first.family);
    };
    checked(name, protocol, allow, resolve).then(give, (error: NodeJS.ErrnoException) => found(error, []));
  };
  return lookup as LookupFunction;
};

interface Connecting {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string | null;
  readonly socketPath?: string;
}

const connectFault = (protocol: string, allow: Allow, { host, port, path, socketPath }: Connecting) => {
  if (path || socketPath || !host) return 'is not one of the network';
  return targetFault({ protocol, host, port: Number(port) }, allow);
};

/**
 * An agent that connects only to addresses which were checked: the name is resolved once for each connection, every
 * address of it is checked, and the connection is made to one of those; the name is still the one of TLS and of `Host`.
 * Ports, and hosts that are addresses, are checked too. What must not be called ends with {@link UnsafeAddress}. It uses
 * no proxy and no Unix socket, and keeps its connections for 4 s. For libraries that take an agent.
 */
export const guardedAgent = <P extends 'https:' | 'http:'>(
  protocol: P,
  { allow = {}, resolve = systemResolve, connections = 8, ca }: GuardOptions = {},
): P extends 'https:' ? https.Agent : http.Agent => {
  // All of them are kept: with fewer, requests that end in one moment close what those of the next moment open again.
  const kept = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: idleSpan };
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
  const agent: http.Agent =
    protocol === 'https:' ? new https.Agent({ ...kept, ...tls, ...trusted }) : new http.Agent(kept);
  const connect = agent.createConnection.bind(agent);
  const lookup = guardedLookup(protocol, allow, resolve);
  agent.createConnection = (options, created) => {
    const fault = connectFault(protocol, allow, options as Connecting);
    if (fault === undefined) return connect({ ...options, lookup } as typeof options, created);
    process.nextTick(() => created?.(new UnsafeAddress(fault), undefined as never));
    return undefined;
  };
  return agent as P extends 'https:' ? https.Agent : http.Agent;
};
