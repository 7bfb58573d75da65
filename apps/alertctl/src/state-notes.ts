import { type StreamState } from '@therapytrain/alerts-client';
import { type Session } from './session.ts';

/** Tells when the connection is lost, and when it is back; once each. */
export const createStateNotes = (session: Session) => {
  let away = false;
  return (state: StreamState): void => {
    if (state.kind === 'waiting' && !away) {
      away = true;
      void session.note(
        `alertctl: the gateway is away (${state.reason.code}); trying again until it is back`,
        'yellow',
      );
    } else if (state.kind === 'open' && away) {
      away = false;
      void session.note('alertctl: the gateway is back; nothing was missed', 'green');
    }
  };
};
