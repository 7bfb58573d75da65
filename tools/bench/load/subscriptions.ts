import { framed } from '../payload.ts';
import { connectCounting } from './frames.ts';

/** Subscribers of `StreamAlerts`, all of them from now on. */
export interface Subscriptions {
  /** Alerts that all of them have received together. */
  received(): number;
  /** Calls the listener, one only, whenever some have come. */
  onAlerts(listener: () => void): void;
  /** Rejects if the server ends one of them. */
  readonly ended: Promise<never>;
}

const nothing = framed(Buffer.alloc(0));

/** Opens so many, spread evenly over the connections. Resolves when the server has answered each. */
export const openSubscriptions = async (
  address: string,
  subscribers: number,
  connections: number,
): Promise<Subscriptions> => {
  let received = 0;
  let opened = 0;
  let onAlerts = (): void => {};
  let allOpened = (): void => {};
  let failed: (error: Error) => void = () => {};
  const open = new Promise<void>((resolve) => (allOpened = resolve));
  const ended = new Promise<never>((_, reject) => (failed = reject));
  for (let number = 0; number < connections; number++) {
    const connection = connectCounting(address, {
      opened: () => {
        if (++opened === subscribers) allOpened();
      },
      alerts: (_, count) => {
        received += count;
        onAlerts();
      },
      ended: (what) => failed(new Error(`a subscriber was sent away: ${what}`)),
    });
    for (let each = number; each < subscribers; each += connections) connection.open('StreamAlerts', nothing);
  }
  await Promise.race([open, ended]);
  return { received: () => received, onAlerts: (listener) => void (onAlerts = listener), ended };
};
