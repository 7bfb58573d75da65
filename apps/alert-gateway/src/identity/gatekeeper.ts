import { type Metadata, type ServerInterceptor, ServerInterceptingCall } from '@grpc/grpc-js';

import { AlertError, type Clock, clearanceOf, may, Sensitivity } from '@therapytrain/alerts-core';
import { every } from '../every.ts';
import { rememberCaller } from '../rpc/caller.ts';
import { asAlertError, statusOf } from '../rpc/status.ts';
import type { AccessLog, Credential } from './access-log.ts';
import { type Authenticate, credentialOf } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { needs } from './needs.ts';
import type { Rates } from './rates.ts';
import { lacks, unauthenticated } from './refusals.ts';

/** What the gatekeeper works with. */
export interface GatekeeperParts {
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  /** What one principal may have at a time. */
  readonly limits: () => { readonly inFlight: number; readonly streams: number };
  /** How often logins from one address may fail before its answers say that it is too often. */
  readonly failures: Rates;
  readonly log: Pick<AccessLog, 'refused' | 'read'>;
  /** Somebody on the connection of this peer, `address:port`, proved who it is. */
  readonly proved: (peer: string) => void;
  /** Logins of this peer fail too often: its connection is to be cut, if nobody on it has proved who it is. */
  readonly cut: (peer: string) => void;
  readonly onDefect: (thrown: unknown) => void;
}

/** Stands before every handler. */
export interface Gatekeeper {
  readonly interceptor: ServerInterceptor;
  /** Looks after open streams no more. */
  close(): void;
}

/** A stream that its caller lost the right to ends within this and one look more: 5 s are promised. */
const lookEvery = 1_000;
const retryAfter = 1_000;

/** What a principal has at the moment. */
interface Share {
  calls: number;
  streams: number;
}

interface OpenStream {
  readonly caller: Caller;
  readonly end: (error: AlertError) => void;
}

type ServerInterceptingCallInterface = Parameters<ServerInterceptor>[1];

// A socket for both kinds of addresses writes those of IPv4 as IPv6: one host would have two names.
const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '');

// Everything that tells of alerts, incidents and responses has it in field 1; heartbeats and empty pages have nothing there.
const tellsOfAlerts =
  /\.(?:AlertService\/(?!Report)|IncidentService\/|SilenceService\/Preview|ResponseService\/[A-Z][a-z]+Responses?$)/;

const tellsSomething = (message: unknown): boolean => Buffer.isBuffer(message) && message[0] === 1 * 8 + 2;

const tooMany = (): AlertError =>
  new AlertError('OVERLOADED', 'the caller has too many calls at a time', { retryAfter });

/** Counts what each principal has open. Who was not asked for a proof is not one principal but many. */
const createShares = (limits: GatekeeperParts['limits']) => {
  const shares = new Map<string, Share>();
  return (caller: Caller, isStream: boolean): (() => void) => {
    const { name, how } = caller.principal;
    if (how === 'local') return () => {};
    const share = shares.get(name) ?? { calls: 0, streams: 0 };
    const kind = isStream ? 'streams' : 'calls';
    if (share[kind] >= limits()[isStream ? 'streams' : 'inFlight']) throw tooMany();
    share[kind]++;
    shares.set(name, share);
    return () => {
      share[kind]--;
      if (share.calls + share.streams === 0) shares.delete(name);
    };
  };
};

const createAdmit = (parts: GatekeeperParts) => {
  const enter = createShares(parts.limits);
  /** Throws what refuses the call. */
  const checked = (caller: Caller, path: string): Caller => {
    const need = needs.get(path);
    if (need === undefined) throw new AlertError('PERMISSION_DENIED', 'nobody may call this method');
    if (need !== 'proved' && need !== 'open' && !may(caller.principal, need)) throw lacks(need);
    return caller;
  };
  const failed = (error: unknown, peer: string, credential: () => Credential): AlertError => {
    const known = asAlertError(error, parts.onDefect);
    if (known.code !== 'UNAUTHENTICATED') return known;
    const address = addressOf(peer);
    parts.log.refused(address, credential(), known.facts['why'] ?? 'unknown');
    // What is right is let in before this is asked: an address that is attacked from is not locked out.
    if (parts.failures.take(address)) return known;
    parts.cut(peer);
    return new AlertError('OVERLOADED', 'too many logins from this address failed', { retryAfter });
  };
  return { enter, checked, failed };
};

/** What one call has to do with its gatekeeper. */
interface Gate {
  /** Throws what refuses the call. */
  admit(caller: Caller, metadata: Metadata): void;
  /** Ends the call with an error, before or after it began. */
  refuse(error: AlertError): void;
  /** A message is about to be sent. False if it must not be. */
  send(message: unknown): boolean;
  /** The call is over. */
  leave(): void;
  isOver(): boolean;
}

const createGates = (parts: GatekeeperParts, streams: Set<OpenStream>) => {
  const { enter, checked, failed } = createAdmit(parts);
  const open = (path: string, isStream: boolean, call: ServerInterceptingCallInterface): Gate => {
    const method = path.slice(path.lastIndexOf('.') + 1);
    let give = (): void => {};
    let isOver = false;
    let reader: string | undefined;
    const leave = (): void => {
      isOver = true;
      give();
    };
    const refuse = (error: AlertError): void => {
      leave();
      call.sendStatus(statusOf(error));
    };
    return {
      refuse,
      leave,
      isOver: () => isOver,
      admit: (caller, metadata) => {
        const { how, name } = caller.principal;
        if (how !== 'local') parts.proved(call.getPeer());
        checked(caller, path);
        const giveBack = enter(caller, isStream);
        const stream: OpenStream = { caller, end: refuse };
        if (isStream) streams.add(stream);
        give = () => {
          give = () => {};
          streams.delete(stream);
          giveBack();
        };
        const isRead = how !== 'local' && tellsOfAlerts.test(path);
        if (isRead && clearanceOf(caller.principal) > Sensitivity.INTERNAL) reader = name;
        rememberCaller(metadata, caller);
      },
      send: (message) => {
        if (reader !== undefined && !isOver && tellsSomething(message)) parts.log.read(reader, method);
        return !isOver;
      },
    };
  };
  return { open, failed };
};

/**
 * Makes the gatekeeper. It looks at the metadata of a call, before anything of its body is read: who calls, whether that
 * is allowed, whether there is room. Everything that has no row in the table of needs is refused.
 */
export const createGatekeeper = (parts: GatekeeperParts): Gatekeeper => {
  const { authenticate, clock } = parts;
  const streams = new Set<OpenStream>();
  const { open, failed } = createGates(parts, streams);
  const looking = every(lookEvery, clock, () => {
    const now = clock.now();
    for (const { caller, end } of streams) {
      if (caller.holds(now)) continue;
      end(unauthenticated(caller.expiresAt !== undefined && caller.expiresAt <= now ? 'expired' : 'revoked'));
    }
  });
  const interceptor: ServerInterceptor = ({ path, requestStream, responseStream }, call) => {
    if (needs.get(path) === 'open') return new ServerInterceptingCall(call);
    const gate = open(path, requestStream || responseStream, call);
    const begin = async (metadata: Metadata, goOn: (metadata: Metadata) => void): Promise<void> => {
      try {
        const proof = authenticate(metadata, () => call.getAuthContext());
        // What can be told at once is let in at once: to wait even for nothing costs each report a turn.
        const caller = proof instanceof Promise ? await proof : proof;
        if (gate.isOver()) return;
        gate.admit(caller, metadata);
      } catch (error) {
        const credential = (): Credential => credentialOf(metadata, () => call.getAuthContext());
        return gate.refuse(failed(error, call.getPeer(), credential));
      }
      goOn(metadata);
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, goOn) => void begin(metadata, goOn),
          // Of a stream whose caller lost its right nothing more is taken, whether or not it reads its status.
          onReceiveMessage: (message, goOn) => (gate.isOver() ? undefined : goOn(message)),
          onCancel: gate.leave,
        }),
      // After the status nothing may follow.
      sendMessage: (message, goOn) => (gate.send(message) ? goOn(message) : undefined),
      sendStatus: (status, goOn) => {
        gate.leave();
        goOn(status);
      },
    });
  };
  return { interceptor, close: looking.stop };
};
