import type { Metadata } from '@grpc/grpc-js';
import { AlertError, sourcePattern } from '@therapytrain/alerts-core';
import type { Caller } from '../identity/caller.ts';

/** The metadata key by which a caller names itself to a gateway that asks for no proof. */
export const sourceKey = 'alerts-source';

/** What a caller calls itself. Throws `SOURCE_INVALID` if that is not a name. */
export const declaredSource = (metadata: Metadata): string => {
  const declared = metadata.get(sourceKey);
  if (declared.length === 0) return 'anonymous';
  const [source] = declared;
  if (declared.length === 1 && typeof source === 'string' && sourcePattern.test(source)) return source;
  throw new AlertError('SOURCE_INVALID', `${sourceKey} is not one name of 1 to 64 of a-z, 0-9, ".", "_" and "-"`);
};

const known = Symbol('caller');

// On the metadata itself: a weak map with an entry for each call costs more in the collector than all else here.
type Remembering = Metadata & { [known]?: Caller };

/** Remembers who calls, for the handler of the call. For the gatekeeper alone. */
export const rememberCaller = (metadata: Remembering, caller: Caller): void => {
  metadata[known] = caller;
};

/** Who calls. A call that did not pass the gatekeeper is refused. */
export const callerOf = (metadata: Remembering): Caller => {
  const caller = metadata[known];
  if (caller) return caller;
  throw new AlertError('UNAUTHENTICATED', 'the caller did not prove who it is');
};
