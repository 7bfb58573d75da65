import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import {
  createLogCheck,
  type PublicKey,
  readKey,
  type VerifiedLog,
  verifyExport,
  verifyReceipt,
} from '@therapytrain/alerts-audit-verifier';
import { ExitCode } from '../exit-code.ts';
import { UsageError } from '../output/fault.ts';
import { type Progress, startProgress } from '../output/progress.ts';
import { safeLine } from '../output/safe-text.ts';
import { rfc3339 } from '../output/time.ts';
import type { Session } from '../session.ts';
import { copyLog } from './pages.ts';
import { keysOf, trustOf, type TrustOptions } from './trust.ts';

/** What to verify, and by what. */
export interface VerifyOptions extends TrustOptions {
  readonly offline?: string;
  readonly receipt?: string;
}

const chunk = 1 << 20;

interface Counted {
  readonly verified: VerifiedLog;
  readonly seconds: number;
}

const watched = async (
  session: Session,
  total: number | undefined,
  work: (state: { bytes: number; alerts: number }) => Promise<VerifiedLog>,
): Promise<Counted> => {
  const state = { bytes: 0, alerts: 0 };
  const begun = session.clock.monotonic();
  const progress: Progress = startProgress(session.stderr, session.clock, state, total, 'entries');
  try {
    const verified = await work(state);
    return { verified, seconds: (session.clock.monotonic() - begun) / 1_000 };
  } finally {
    progress.stop();
  }
};

const verifyFile = async (session: Session, file: string, options: VerifyOptions): Promise<Counted> => {
  const { log, witnesses } = keysOf(options, session.environment);
  if (!log) throw new UsageError('say by which key: --log-key, or ALERTS_AUDIT_LOG_KEY');
  const trust = await trustOf(options, log, witnesses);
  const { size } = await stat(file);
  return watched(session, size, (state) => {
    const stream = createReadStream(file, { highWaterMark: chunk });
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        yield piece;
        state.bytes += piece.length;
      }
    };
    return verifyExport(counted(), trust, (count) => (state.alerts = count));
  });
};

const verifyGateway = async (session: Session, options: VerifyOptions): Promise<Counted> => {
  const given = keysOf(options, session.environment);
  const { checkpoint, size, logKeys, leaves } = await copyLog(session);
  const [told] = logKeys;
  if (!given.log) {
    const how = 'give --log-key, so that a gateway that was replaced is found';
    await session.note(`The key is the one that the gateway names; ${how}.`, 'yellow');
  }
  const log: PublicKey = given.log ?? readKey(told ?? '');
  const trust = await trustOf(options, log, given.witnesses);
  return watched(session, size, async (state) => {
    const check = createLogCheck(trust);
    for await (const page of leaves) {
      for (const leaf of page) check.add(Buffer.from(leaf));
      state.alerts += page.length;
      state.bytes += page.length;
    }
    return check.finish(checkpoint);
  });
};

const tell = async (session: Session, { verified, seconds }: Counted, heads: number): Promise<ExitCode> => {
  const { size, root, origin, witnesses } = verified;
  const rate = seconds > 0 ? Math.round(size / seconds) : size;
  if (session.global.json) {
    await session.printJson({ genuine: true, origin, size, root: root.toString('base64'), witnesses, heads, rate });
    return ExitCode.OK;
  }
  const who = witnesses.length === 0 ? 'no witness that was given' : witnesses.map(safeLine).join(', ');
  await session.print([
    `${session.paint('green', 'Genuine')}: all ${size} entries of ${safeLine(origin)} are what was signed (${rate}/s).`,
    `Cosigned by ${who}; held against ${heads} ${heads === 1 ? 'head' : 'heads'} seen before.`,
  ]);
  if (heads === 0) {
    await session.note(
      'Without a head seen before (--seen), an older copy and a log written anew cannot be told.',
      'yellow',
    );
  }
  return ExitCode.OK;
};

const receipt = async (session: Session, file: string, options: VerifyOptions): Promise<ExitCode> => {
  const { log, witnesses } = keysOf(options, session.environment);
  if (!log) throw new UsageError('say by which key: --log-key, or ALERTS_AUDIT_LOG_KEY');
  const verified = verifyReceipt(await readFile(file, 'utf8'), { log, witnesses });
  if (session.global.json) {
    await session.printJson({ genuine: true, ...verified });
    return ExitCode.OK;
  }
  const { alert, deliveries, checkpoint } = verified;
  await session.print([
    `${session.paint('green', 'Genuine')}: alert ${safeLine(alert.id)} was kept, sequence ${alert.sequence}.`,
    ...deliveries.map(
      ({ channel, proof, at }) => `  told through ${safeLine(channel)} by ${rfc3339(at)}: ${safeLine(proof)}`,
    ),
    `In the log ${safeLine(checkpoint.origin)} of ${checkpoint.size} entries.`,
    ...verified.witnesses.map(({ name, time }) => `Cosigned by ${safeLine(name)} at ${rfc3339(time * 1_000)}.`),
  ]);
  return ExitCode.OK;
};

/** Verifies a whole log, of the gateway or of an export, or a receipt. */
export const verifyAudit = async (session: Session, options: VerifyOptions): Promise<ExitCode> => {
  if (options.receipt !== undefined) return receipt(session, options.receipt, options);
  const counted =
    options.offline === undefined
      ? await verifyGateway(session, options)
      : await verifyFile(session, options.offline, options);
  return tell(session, counted, options.seen?.length ?? 0);
};
