import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';

/** A policy that tells a webhook at this port of everything, each incident's first notice after this span. */
export const tellingPolicy = ({ scratch }: Bench, port: number, firstNotifyAfter: string): string => {
  const directory = scratch.directory();
  const [file, url] = [join(directory, 'policy.yaml'), join(directory, 'url')];
  // An address may hold a token: policies name the place where it is.
  writeFileSync(url, `http://127.0.0.1:${port}/`);
  const policy = `
channels:
  sink:
    kind: webhook
    url: { file: ${url} }
    unsigned: true
    concurrency: 32
    allow: { cidrs: [127.0.0.0/8], ports: [${port}], plaintext: true }
receivers:
  all: { channels: [sink] }
routes:
  - { receivers: [all], first_notify_after: ${firstNotifyAfter} }
`;
  writeFileSync(file, policy);
  return file;
};

/** A policy that blocks the address of each failed login at once, for an hour, without bounds that a run could meet. */
export const blockingPolicy = ({ scratch }: Bench): string => {
  const file = join(scratch.directory(), 'policy.yaml');
  const policy = `
responders:
  block: { kind: block-address, budget: { targets: 100000 } }
playbooks:
  - name: block
    when: type == "AUTH_FAILURE"
    mode: enforce
    also_old: true # the bench's alert has a fixed time
    steps: [{ responder: block, target: ipAddress, for: 1h }]
    budget: { targets: 100000 }
guardrails:
  budget: { targets: 100000 }
`;
  writeFileSync(file, policy);
  return file;
};
