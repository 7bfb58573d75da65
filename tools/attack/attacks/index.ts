import type { Attacker } from '../attacker.ts';
import { calls } from './calls.ts';
import { floods } from './floods.ts';
import { malformed } from './malformed.ts';
import { messages } from './messages.ts';
import { secured } from './secured.ts';
import { streams } from './streams.ts';

/** Every attack, by its name. */
export const attackers = { ...floods, ...streams, ...messages, ...calls, malformed, ...secured } satisfies Readonly<
  Record<string, Attacker>
>;

/** The name of an attack. */
export type AttackName = keyof typeof attackers;
