import { Metadata, type ServerInterceptor, ServerInterceptingCall, status } from '@grpc/grpc-js';
import { createEnforcing } from './enforcing.ts';
import type { EnforceOptions, Refusal, RefusalReason } from './options.ts';

/** A call as the service is asked about it. */
export interface GrpcCall {
  /** Its address and port; see {@link peerAddress}. */
  readonly peer: string;
  readonly metadata: Metadata;
  /** `/package.Service/Method`. */
  readonly path: string;
}

const codes: Readonly<Record<RefusalReason, readonly [code: status, details: string]>> = {
  address_blocked: [status.PERMISSION_DENIED, 'requests from this address are refused'],
  throttled: [status.RESOURCE_EXHAUSTED, 'there are too many requests from this address'],
  user_locked: [status.PERMISSION_DENIED, 'this account is locked'],
  session_revoked: [status.UNAUTHENTICATED, 'this session has ended: sign in again'],
  step_up_required: [status.UNAUTHENTICATED, 'sign in with a second factor'],
  access_revoked: [status.PERMISSION_DENIED, 'this user may not reach this resource'],
};

/** The trailer that says why a call was refused. */
export const reasonKey = 'alerts-refusal';

const statusOf = ({ reason, retryAfter }: Refusal) => {
  const [code, details] = codes[reason];
  const metadata = new Metadata();
  metadata.set(reasonKey, reason);
  if (retryAfter !== undefined) metadata.set('retry-after', String(retryAfter));
  return { code, details, metadata };
};

/** The address of a peer as grpc-js names it: `address:port`, with or without brackets around an IPv6 address. */
export const peerAddress = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

/**
 * An interceptor of a grpc-js server: `new Server({ interceptors: [enforceGrpc({ decisions })] })`. A call is refused when
 * its metadata is there, before its handler hears of it. The address is that of the connection; behind a proxy say with
 * `address` what to believe.
 */
export const enforceGrpc = (options: EnforceOptions<GrpcCall>): ServerInterceptor => {
  const enforce = createEnforcing(options, ({ peer }) => peerAddress(peer));
  return ({ path }, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, goOn) => {
            const refusal = enforce({ peer: call.getPeer(), metadata, path });
            if (refusal) call.sendStatus(statusOf(refusal));
            else goOn(metadata);
          },
        }),
    });
};
