import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const cidr = z.string().refine((text) => ipaddr.isValidCIDR(text), 'is not a range of addresses such as 10.1.0.0/16');

/** The option `allow` of everything that calls out: exceptions from the rule that only public https addresses are called. */
export const allow = () =>
  z
    .strictObject({
      cidrs: z
        .array(cidr)
        .max(64, 'is longer than 64')
        .default([])
        .describe('Ranges of addresses (CIDR) that may be called although they are not public.'),
      ports: z
        .array(z.int().min(1, 'is not a port').max(65_535, 'is not a port'))
        .max(64, 'is longer than 64')
        .default([])
        .describe('Ports that may be called beside 443 and 8443.'),
      plaintext: z
        .boolean()
        .default(false)
        .describe('Whether http without TLS may be used, and then only to addresses in `cidrs`.'),
    })
    .prefault({})
    .describe('What may be called beside public addresses over https on the ports 443 and 8443.');

/** What may be called beside public addresses over https on the ports 443 and 8443. */
export interface Allow {
  /** Ranges of addresses in CIDR notation that may be called although they are not public. */
  readonly cidrs?: readonly string[];
  /** Ports that may be called beside 443 and 8443. */
  readonly ports?: readonly number[];
  /** Whether http may be used, and then only to addresses in `cidrs`. */
  readonly plaintext?: boolean;
}

const standardPorts: readonly number[] = [443, 8443];

/** Why the port must not be called; undefined if it may. */
export const portFault = (port: number, { ports = [] }: Allow): string | undefined =>
  standardPorts.includes(port) || ports.includes(port) ? undefined : 'has a port that is not allowed';
