import { AlertError } from '@therapytrain/alerts-core';

/** The value of `error.type`: a code of the closed list, `DEFECT` for whatever else was thrown. */
export const errorType = (thrown: unknown): string => (thrown instanceof AlertError ? thrown.code : 'DEFECT');
