import type { Channel } from '@therapytrain/alerts-core/channel';
import { channelContract } from '@therapytrain/alerts-testkit';
import { openPostbox, openSharedPostbox } from './postbox/subject.ts';

channelContract('the postbox', openPostbox());

// As telemetry wraps each part.
const wrapped = (channel: Channel): Channel => ({
  clearance: channel.clearance,
  deliver: async (notice, attempt) => channel.deliver(notice, attempt),
  check: async (signal) => channel.check(signal),
  close: async () => channel.close(),
});

channelContract('a wrapped postbox', openPostbox({ wrap: wrapped }));

channelContract('the postbox of several recipients', openSharedPostbox());
