import {
  consistencyProof,
  openCheckpoint,
  readNote,
  readVerifier,
  signedBy,
  signatureTypes,
  type Verifier,
} from '@therapytrain/alerts-audit';
import { AlertError, type Clock, type Millis } from '@therapytrain/alerts-core';
import { createHttp, type Http } from '@therapytrain/alerts-http';
import type { Publisher } from './publisher.ts';

/** The witness that is asked to cosign. */
export interface WitnessOptions {
  /** What stands before `/add-checkpoint` (c2sp.org/tlog-witness). */
  readonly url: string;
  /** Its verifier key, of type 4. */
  readonly key: string;
}

/** Has a witness cosign what is published. */
export interface Cosigning {
  /** There is a new checkpoint. */
  wake(): void;
  /** The newest checkpoint that the witness has cosigned; undefined before the first. */
  cosigned(): string | undefined;
  readonly key: string;
  stop(): Promise<void>;
}

/** What cosigning works with. */
export interface CosigningParts {
  readonly options: WitnessOptions;
  readonly publisher: Pick<Publisher, 'published' | 'cosign' | 'distrust'>;
  readonly log: readonly Verifier[];
  readonly clock: Clock;
  /** Told when the witness did not cosign, and why: a status, or a reason of the way there. */
  readonly onFailure: (reason: string) => void;
}

const patience: Millis = 5_000;
const rest: Millis = 1_000;

/** Reads the key of a witness. Throws `NOT_CONFIGURED` for another one. */
export const witnessKey = (vkey: string): Verifier => {
  const key = readVerifier(vkey);
  if (key.type === signatureTypes.cosignature) return key;
  throw new AlertError('NOT_CONFIGURED', 'the key of the witness is not that of a witness');
};

// The operator names the witness, and it may well be a neighbour.
const httpFor = (url: string): Http => {
  const { protocol, port } = new URL(url);
  const cidrs = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
  const ports = port === '' ? [protocol === 'http:' ? 80 : 443] : [Number(port)];
  return createHttp({ allow: { cidrs, ports, plaintext: protocol === 'http:' } });
};

// What is published is durable before the witness hears of it: it can never be ahead of a log that is whole.
const otherLog = (saw: string): AlertError =>
  new AlertError('AUDIT_BROKEN', `the witness has seen ${saw}: an older copy was restored, or the log was changed`);

const createAsking = ({ options, publisher, log }: CosigningParts, http: Http, signal: AbortSignal) => {
  const key = witnessKey(options.key);
  // What it saw last: it says so where this is not it.
  let seen = 0;
  const post = async (old: number) => {
    const { checkpoint, reader } = publisher.published();
    const { size } = openCheckpoint(checkpoint, log);
    if (old > size) return { kind: 'ahead' as const, checkpoint, size };
    const proof = await consistencyProof(old, size, reader.nodeAt);
    const lines = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
    const body = Buffer.from(`old ${old}\n${lines}\n${checkpoint}`);
    const answer = await http.post({
      ...{ url: `${options.url.replace(/\/$/, '')}/add-checkpoint`, body, timeout: patience, signal },
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      maxReply: 64 * 1024,
    });
    return { ...answer, checkpoint, size };
  };
  return async (): Promise<string> => {
    let answer = await post(seen);
    if (answer.kind === 'reply' && answer.status === 409 && /^\d{1,15}\n$/.test(answer.body)) {
      seen = Number(answer.body);
      answer = await post(seen);
    }
    if (answer.kind === 'ahead') throw otherLog(`${seen} entries, and this log has ${answer.size}`);
    if (answer.kind === 'failure') throw new AlertError('AUDIT_UNAVAILABLE', answer.reason);
    if (answer.status === 409 || answer.status === 422) throw otherLog(`other entries up to ${seen}`);
    if (answer.status !== 200) throw new AlertError('AUDIT_UNAVAILABLE', `status ${answer.status}`);
    const cosigned = answer.checkpoint + answer.body;
    if (signedBy(readNote(cosigned), [key]).length === 0) throw new AlertError('AUDIT_UNAVAILABLE', 'it did not sign');
    seen = answer.size;
    return cosigned;
  };
};

/** Starts asking the witness, one checkpoint at a time: while it is away the newest one waits. */
export const startCosigning = (parts: CosigningParts): Cosigning => {
  const { options, publisher, clock, onFailure } = parts;
  const stopping = new AbortController();
  const http = httpFor(options.url);
  const ask = createAsking(parts, http, stopping.signal);
  let cosigned: string | undefined;
  let wake: (() => void) | undefined;
  let news = true;
  const untilNews = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (news || stopping.signal.aborted) resolve();
    });
  const run = async (): Promise<void> => {
    for (;;) {
      await untilNews();
      if (stopping.signal.aborted) return;
      news = false;
      try {
        cosigned = await ask();
        await publisher.cosign(cosigned);
      } catch (error) {
        news = true;
        if (error instanceof AlertError && error.code === 'AUDIT_BROKEN') return publisher.distrust(error);
        if (!stopping.signal.aborted) onFailure(error instanceof AlertError ? error.message : 'a defect of ours');
        await clock.sleep(rest, stopping.signal).catch(() => undefined);
      }
    }
  };
  const running = run();
  return {
    key: options.key,
    wake: () => {
      news = true;
      wake?.();
    },
    cosigned: () => cosigned,
    stop: async () => {
      stopping.abort();
      wake?.();
      await running;
      await http.close();
    },
  };
};
