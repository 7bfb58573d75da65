import { channelContract } from '@therapytrain/alerts-testkit';
import { openSubject } from './support/open.ts';

channelContract('pagerduty', openSubject);
