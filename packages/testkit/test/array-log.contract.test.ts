import { logContract } from '@therapytrain/alerts-testkit';
import { openArrayLog } from './array-log.ts';

logContract('a log over arrays', openArrayLog());
