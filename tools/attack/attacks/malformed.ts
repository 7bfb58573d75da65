import { appendFileSync } from 'node:fs';
import { chanceOf } from '../../torture/chance.ts';
import type { Attacker, AttackerContext } from '../attacker.ts';
import { keptMessages } from '../corpus/findings.ts';
import { mutate } from '../corpus/mutate.ts';
import { methodOf, type Sample, samples } from '../corpus/samples.ts';
import { type CallEnd, callRaw, createEnds, reconnecting, repeatedly } from '../wire/calls.ts';
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

/** Mutated requests to every RPC of the contract, over real connections. */
export const malformed: Attacker = async ({ address, amount, seed, late, findings }: AttackerContext) => {
  const all = samples();
  const first = kept(all);
  const lines = Array.from({ length: connections }, () => reconnecting(address));
  const ends = createEnds();
  let bad = 0;
  const sent = await repeatedly(amount, atOnce, late, async (number) => {
    const message = messageOf(seed, number, all, first);
    const { path, bytes, streams } = message;
    const line = lines[number % connections];
    if (!line) return;
    const end = await callRaw(line.session(), { path, body: framedAs(bytes, false), streams });
    ends.add(end);
    if (!badEnds.includes(end)) return;
    bad++;
    note(findings, message, end);
  });
  const opened = lines.reduce((sum, line) => sum + line.opened(), 0);
  for (const line of lines) line.close();
  return { sent, connections: opened, ...ends.counts, 'ended badly': bad };
};
