import { alertErrorCodes } from '@therapytrain/alerts-core';
import { page, table } from './page.ts';

/** Every reason for which something can be refused, with its gRPC status. */
export const errorDocs = (): string =>
  page(
    'Errors',
    'packages/core/src/errors.ts',
    'Each error is a `google.rpc.Status` with one `google.rpc.ErrorInfo` of the domain `alerts.therapytrain`; its ' +
      '`reason` is from this list. `google.rpc.BadRequest` names the fields at fault, `google.rpc.RetryInfo` says when ' +
      'to come back. In TypeScript it is an `AlertError` with the reason as `code`. No error repeats a value that was sent.',
    table(
      ['reason', 'gRPC status', 'what it means', 'again later?'],
      Object.entries(alertErrorCodes).map(([reason, [status, meaning, retry]]) => [
        `\`${reason}\``,
        `\`${status}\``,
        meaning,
        retry ? 'yes' : 'no',
      ]),
    ),
  );
