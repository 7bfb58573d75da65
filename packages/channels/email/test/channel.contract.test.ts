import { channelContract } from '@therapytrain/alerts-testkit';
import { openSubject } from './support/subject.ts';

channelContract('email', openSubject);
