import type { Metadata } from '@grpc/grpc-js';
import { AlertError, sourcePattern } from '@therapytrain/alerts-core';

/** The metadata key by which a caller names itself until there is authentication. */
export const sourceKey = 'alerts-source';

/** Who calls. Throws `SOURCE_INVALID` if the name that it gives itself is not one. */
export const callerOf = (metadata: Metadata): string => {
  const declared = metadata.get(sourceKey);
  if (declared.length === 0) return 'anonymous';
  const [source] = declared;
  if (declared.length === 1 && typeof source === 'string' && sourcePattern.test(source)) return source;
  throw new AlertError('SOURCE_INVALID', `${sourceKey} is not one name of 1 to 64 of a-z, 0-9, ".", "_" and "-"`);
};
