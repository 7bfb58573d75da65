import { InvalidArgumentError } from 'commander';
import { uuidPattern } from '@therapytrain/alerts-core';
import { UsageError } from './output/fault.ts';

const shortest = 4;
const part = /^[0-9a-f-]{4,36}$/i;

/** How many characters of an id a table shows: its end, which is random. */
const shown = 8;

/** The end of an id, as tables show it. */
export const shortId = (id: string): string => id.slice(-shown);

/** An id, or its beginning or end. */
export const idArgument = (text: string): string => {
  if (part.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError(`It must be an id (a UUID), or at least ${shortest} characters of its end.`);
};

/** The id that is meant: whole as it is, and of a part the only one of those that are listed. */
export const fullId = async (text: string, list: () => Promise<readonly string[]>): Promise<string> => {
  if (uuidPattern.test(text)) return text;
  const found = (await list()).filter((id) => id.endsWith(text) || id.startsWith(text));
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  throw new UsageError(
    id === undefined
      ? `none of the newest has an id that begins or ends with ${text}: give the whole id`
      : `${found.length} ids begin or end with ${text}: give more of it`,
  );
};
