import { readFileSync } from 'node:fs';
import { type AlertClientOptions } from '@therapytrain/alerts-client';
import { reasonOf, UsageError } from './output/fault.ts';
import { type GlobalOptions } from './session.ts';

const read = (what: string, file: string | undefined): string | undefined => {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the file of ${what} cannot be read: ${reasonOf(error)}`);
  }
};

const tokenOf = (file: string | undefined): string | undefined => {
  const token = read('--token-file', file)?.trim();
  if (token === '') throw new UsageError('the file of --token-file holds no token');
  return token;
};

/** What the client is made with. Throws a `UsageError` for a file that cannot be read. */
export const clientOptions = (global: GlobalOptions): AlertClientOptions => {
  const { address, source, insecure = false, tls = false, tlsCa, tlsCert, tlsKey, tokenFile } = global;
  const token = tokenOf(tokenFile);
  const encrypts = tls || [tlsCa, tlsCert, tlsKey].some((file) => file !== undefined);
  return {
    ...{ address, source, insecure },
    ...(token !== undefined && { token }),
    ...(encrypts && {
      tls: { ca: read('--tls-ca', tlsCa), cert: read('--tls-cert', tlsCert), key: read('--tls-key', tlsKey) },
    }),
  };
};
