import { appendFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { chanceOf } from '../../torture/chance.ts';
import type { Attacker, AttackerContext } from '../attacker.ts';
import { keptMessages } from '../corpus/findings.ts';
import { mutate } from '../corpus/mutate.ts';
import { methodOf, type Sample, samples } from '../corpus/samples.ts';
import { reportStream } from '../wire/batches.ts';
import { type CallEnd, callRaw, createEnds, type Reconnecting, reconnecting, repeatedly } from '../wire/calls.ts';
import { framedAs } from './messages.ts';

// Not as many as can be: what is looked for is a message that does harm by itself.
const atOnce = 16;
const connections = 4;

/** What a mutation must never end in: our defect, or no answer. */
export const badEnds: readonly CallEnd[] = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'HUNG', 'NOT GRPC', 'CUT OFF'];

const kept = (all: readonly Sample[]): readonly Sample[] =>
  keptMessages().map(({ method, hex }) => {
    const sample = all.find(({ path }) => methodOf(path) === method);
    if (!sample) throw new Error(`corpus/kept.json names ${method}, which is no method`);
    return { ...sample, bytes: Buffer.from(hex, 'hex') };
  });

/** The message of a number: what is kept comes first, then mutations of the samples. The same seed makes the same. */
export const messageOf = (seed: number, number: number, all: readonly Sample[], first: readonly Sample[]): Sample => {
  const known = first[number];
  if (known) return known;
  const chance = chanceOf(seed, 'malformed', number);
  const sample = chance.pick(all);
  return { ...sample, bytes: mutate(sample.bytes, chance, chance.pick(all).bytes) };
};

const note = (findings: string | undefined, { path, bytes }: Sample, end: CallEnd): void => {
  if (findings === undefined) return;
  const line = { method: methodOf(path), hex: bytes.toString('hex'), why: `ended with ${end}` };
  appendFileSync(findings, `${JSON.stringify(line)}\n`);
};

/** So many mutations are reports in streams for each that is a call of its own, to any RPC. */
export const reportsForEachCall = 15;
const inBatch = 64;
/** Streams, each with one batch on its way. */
const streams = 6;

/** The report of a number, for a stream. The same seed makes the same. */
export const reportOf = (seed: number, number: number, all: readonly Sample[]): Sample => {
  const chance = chanceOf(seed, 'malformed reports', number);
  const sample = all.find(({ path }) => methodOf(path) === 'ReportAlert');
  if (!sample) throw new Error('there is no sample of ReportAlert');
  return { ...sample, bytes: mutate(sample.bytes, chance, chance.pick(all).bytes) };
};

interface Lanes {
  readonly lines: readonly Reconnecting[];
  readonly judge: (message: Sample, end: CallEnd) => void;
}

const callAlone = async ({ lines, judge }: Lanes, message: Sample, number: number): Promise<void> => {
  const { path, bytes, streams: goesOn } = message;
  const line = lines[number % lines.length];
  if (line) judge(message, await callRaw(line.session(), { path, body: framedAs(bytes, false), streams: goesOn }));
};

// A batch that is not answered whole is made again, each report as a call of its own: one of them ended the stream.
const sendBatches = async (lanes: Lanes, amount: number, late: () => boolean, messages: (number: number) => Sample) => {
  let counted = 0;
  let next = 0;
  const one = async (at: number): Promise<void> => {
    const line = lanes.lines[at % lanes.lines.length];
    if (!line) return;
    const stream = reportStream(line);
    while (next < amount && !late()) {
      const from = next;
      next = Math.min(amount, next + inBatch);
      const batch = Array.from({ length: next - from }, (_, number) => messages(from + number));
      const answer = await stream.send(batch.map(({ bytes }) => bytes));
      for (const [number, message] of batch.entries()) {
        const code = answer?.[number];
        if (code === undefined) await callAlone(lanes, message, number);
        else lanes.judge(message, (status[code] ?? 'UNKNOWN') as CallEnd);
      }
      counted += batch.length;
    }
    stream.close();
  };
  await Promise.all(Array.from({ length: streams }, (_, at) => one(at)));
  return counted;
};

/**
 * Mutated requests over real connections: to every RPC of the contract, and for each of those some reports in streams of
 * them, where one costs the server a small part of what a call does.
 */
export const malformed: Attacker = async ({ address, amount, seed, late, findings }: AttackerContext) => {
  const all = samples();
  const first = kept(all);
  const lines = Array.from({ length: connections }, () => reconnecting(address));
  const ends = createEnds();
  let bad = 0;
  const judge = (message: Sample, end: CallEnd): void => {
    ends.add(end);
    if (!badEnds.includes(end)) return;
    bad++;
    note(findings, message, end);
  };
  const lanes: Lanes = { lines, judge };
  const calls = Math.min(amount, Math.max(first.length, Math.ceil(amount / (1 + reportsForEachCall))));
  const [alone, reports] = await Promise.all([
    repeatedly(calls, atOnce, late, (number) => callAlone(lanes, messageOf(seed, number, all, first), number)),
    sendBatches(lanes, amount - calls, late, (number) => reportOf(seed, number, all)),
  ]);
  const opened = lines.reduce((sum, line) => sum + line.opened(), 0);
  for (const line of lines) line.close();
  return {
    ...{ sent: alone + reports, calls: alone, 'reports in streams': reports },
    ...{ connections: opened, ...ends.counts, 'ended badly': bad },
  };
};
