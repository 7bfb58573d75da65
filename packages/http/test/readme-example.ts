import { systemClock } from '@therapytrain/alerts-core';
import { answerOutcome, createHttp } from '@therapytrain/alerts-http';

/** Posts a body once, to an address inside 10.1.0.0/16 or a public one, and says what became of it. */
export const tell = async (url: string, body: Uint8Array, signal: AbortSignal): Promise<string> => {
  const http = createHttp({ allow: { cidrs: ['10.1.0.0/16'] } });
  const answer = await http.post({ url, headers: { 'content-type': 'text/plain' }, body, timeout: 10_000, signal });
  await http.close();
  return answerOutcome(answer, systemClock).kind; // done, retry, reject, misconfigured or ambiguous
};
