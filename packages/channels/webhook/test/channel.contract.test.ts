import { channelContract } from '@therapytrain/alerts-testkit';
import { openSubject } from './support/open.ts';

channelContract('webhook', openSubject());
channelContract('webhook with full detail, as CloudEvents', openSubject({ detail: 'full', format: 'cloudevents' }));
