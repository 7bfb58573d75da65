import { createCloudEventsFormat } from './cloudevents.ts';
import { type FormatFacts, type FormatName, type ImportFormat } from './format.ts';
import { createJsonlFormat } from './jsonl.ts';
import { createSshdFormat } from './sshd.ts';

const makers: Readonly<Record<FormatName, (facts: FormatFacts) => ImportFormat>> = {
  jsonl: createJsonlFormat,
  sshd: createSshdFormat,
  cloudevents: createCloudEventsFormat,
};

/** Makes the reader of one file in a format. */
export const createFormat = (name: FormatName, facts: FormatFacts): ImportFormat => makers[name](facts);
