import { openSubscriptions } from '../load/subscriptions.ts';
import { endWithBench, settingsOf, tell } from './script.ts';

/** Subscribers that nothing comes for. */
export interface IdleSettings {
  readonly address: string;
  readonly subscribers: number;
  readonly connections: number;
}

const { address, subscribers, connections } = settingsOf<IdleSettings>();

endWithBench();
const { ended } = await openSubscriptions(address, subscribers, connections);
tell('opened');
await ended;
