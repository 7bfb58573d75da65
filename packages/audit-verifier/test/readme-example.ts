import { readFileSync } from 'node:fs';
import { readKey, verifyReceipt } from '@therapytrain/alerts-audit-verifier';

/** When each delivery of an alert's incident was made. Throws `NotGenuine`, which says what does not hold. */
export const deliveriesOf = (file: string, logKey: string, witnessKey: string) =>
  verifyReceipt(readFileSync(file, 'utf8'), { log: readKey(logKey), witnesses: [readKey(witnessKey)] }).deliveries;
