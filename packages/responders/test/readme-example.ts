import { parseOptions } from '@therapytrain/alerts-core/channel';
import { systemPorts } from '@therapytrain/alerts-core';
import { blockAddress, memoryFeed } from '@therapytrain/alerts-responders';

const ports = systemPorts();

/** What is in force in this process: ask it, or listen to it, where requests are served. */
export const feed = memoryFeed(ports);
const block = blockAddress.create(parseOptions(blockAddress.options, {}), { ...ports, decisions: feed });

/** Refuses an address for an hour, and says how that went. */
export const refuse = async (address: string, signal: AbortSignal): Promise<string> => {
  const from = ports.clock.now();
  const step = {
    id: ports.ids.next(), // names the effect: with the same one it lasts longer, or is taken back by `revert`
    target: { kind: 'address', value: address, resource: '' },
    args: {},
    from,
    until: from + 3_600_000,
    severity: 3,
    playbook: 'by-hand',
    incident: '',
  } as const;
  const outcome = await block.respond(step, { key: `${step.id}.respond`, number: 1, fence: 1, signal });
  return outcome.kind === 'done' ? block.preview(step).summary : `${outcome.kind}: ${outcome.reason}`;
};
