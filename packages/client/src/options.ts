import { z } from 'zod';
import { limits, sourcePattern } from '@therapytrain/alerts-core';
import { secret } from '@therapytrain/alerts-core/channel';

const minute = 60_000;

const retry = z.strictObject({
  attempts: z.int().min(1).max(20).default(5).describe('How often one report is sent at most.'),
  initialDelay: z.int().min(1).max(minute).default(100).describe('Longest wait before the second attempt, in ms.'),
  maxDelay: z
    .int()
    .min(1)
    .max(10 * minute)
    .default(10_000)
    .describe(
      'Longest wait before any attempt, in ms. Each wait is random between 0 and a bound that doubles up to it.',
    ),
  budgetRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Retries per report that went through, in the long run; what is beyond is not retried.'),
});

const batch = z.strictObject({
  // Not as many as there may be: of several messages one is decoded while another waits for the disk.
  maxAlerts: z.int().min(1).max(limits.batchAlerts).default(64).describe('Most reports in a message.'),
  maxBatches: z.int().min(1).max(64).default(8).describe('Most messages that wait for their answer.'),
  maxWaiting: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(16_384)
    .describe('Most reports that wait to be sent; beyond, the least severe are refused with OVERLOADED, or spooled.'),
});

const spool = z.strictObject({
  directory: z.string().min(1).describe('Where reports are kept while the gateway is away. One process at a time.'),
  maxAlerts: z.int().min(1).max(10_000_000).default(100_000).describe('Most reports in it.'),
  maxBytes: z
    .int()
    .min(limits.alertBytes)
    .default(64 * 1024 * 1024)
    .describe('Most bytes of reports in it.'),
});

const tls = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe("PEM of the authorities of the gateway's certificate. Default: Node's own."),
  cert: z.string().min(1).optional().describe("PEM of this process's certificate; with `key`."),
  key: secret().optional().describe('PEM of the key of the certificate.'),
  serverName: z.string().min(1).optional().describe("The name in the gateway's certificate, if it is not the address."),
});

/** What may be set of a client: the rule, the type and the documentation. */
export const alertClientOptions = z.strictObject({
  address: z.string().min(1).default('127.0.0.1:50051').describe('The gateway, as a gRPC target: host:port.'),
  source: z
    .string()
    .regex(sourcePattern, 'is not 1 to 64 of a-z, 0-9, ".", "_" and "-"')
    .optional()
    .describe('As whom this process reports to a gateway that asks for no proof; `anonymous` if left out.'),
  tls: tls.optional().describe('Encrypts the connection. Without it alerts go to this machine only.'),
  token: secret()
    .optional()
    .describe('Proves who this process is, with each call: a token of the gateway, or of an OIDC issuer.'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Allows a connection without encryption to another machine. Alerts hold personal data.'),
  deadline: z.int().min(1).max(minute).default(5_000).describe('How long one call may take, retries included, in ms.'),
  retry: retry.prefault({}).describe('When and how often to try again.'),
  batch: batch.prefault({}).describe('How concurrent reports share messages.'),
  spool: spool.optional().describe('Keeps reports on disk while the gateway is away. Off if left out.'),
  keepaliveTime: z
    .int()
    .min(10_000)
    .default(120_000)
    .describe('Idle time after which a busy connection is probed, in ms.'),
  keepaliveTimeout: z.int().min(1_000).default(20_000).describe('How long a probe may take, in ms.'),
});

/** What may be set of a client. */
export type AlertClientOptions = z.input<typeof alertClientOptions>;

/** The options with their defaults. */
export type AlertClientSettings = z.output<typeof alertClientOptions>;
