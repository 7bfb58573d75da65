/** What Slack would refuse, or what must never reach it. */
export interface SlackFault {
  /** Slack's word for it; undefined where Slack would take it and we do not want it. */
  readonly word?: string;
  readonly what: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (block: Fields) => readonly string[];

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= max;

const unknownKeys = (fields: Fields, known: readonly string[]): readonly string[] =>
  Object.keys(fields)
    .filter((key) => !known.includes(key))
    .map((key) => `has the unknown key ${key}`);

const textFaults = (value: unknown, max: number, types: readonly string[]): readonly string[] => {
  if (!isFields(value)) return ['has no text object'];
  const faults = [...unknownKeys(value, ['type', 'text', 'emoji', 'verbatim'])];
  if (!types.includes(String(value['type']))) faults.push(`has text of the type ${String(value['type'])}`);
  if (!isText(value['text'], max)) faults.push(`has text that is empty or longer than ${max}`);
  if (value['type'] === 'mrkdwn' && 'emoji' in value) faults.push('has emoji in mrkdwn');
  if (value['type'] === 'plain_text' && 'verbatim' in value) faults.push('has verbatim in plain_text');
  return faults;
};

const anyText = ['plain_text', 'mrkdwn'];

const sectionFaults: Check = (block) => {
  const fields = listOf(block['fields']);
  return [
    ...unknownKeys(block, ['type', 'block_id', 'text', 'fields', 'expand']),
    ...(block['text'] === undefined ? [] : textFaults(block['text'], 3_000, anyText)),
    ...(block['text'] === undefined && fields.length === 0 ? ['has neither text nor fields'] : []),
    ...('fields' in block && (fields.length < 1 || fields.length > 10) ? ['has not 1 to 10 fields'] : []),
    ...fields.flatMap((field) => textFaults(field, 2_000, anyText)),
  ];
};

const contextFaults: Check = (block) => {
  const elements = listOf(block['elements']);
  return [
    ...unknownKeys(block, ['type', 'block_id', 'elements']),
    ...(elements.length < 1 || elements.length > 10 ? ['has not 1 to 10 elements'] : []),
    ...elements.flatMap((element) => textFaults(element, 2_000, anyText)),
  ];
};

const buttonFaults = (button: unknown): readonly string[] => {
  if (!isFields(button) || button['type'] !== 'button') return ['has an element that is not a button'];
  return [
    ...unknownKeys(button, ['type', 'text', 'action_id', 'url', 'value', 'style', 'confirm']),
    ...textFaults(button['text'], 75, ['plain_text']),
    ...(button['url'] === undefined || isText(button['url'], 3_000) ? [] : ['has a url that is too long']),
    ...(button['action_id'] === undefined || isText(button['action_id'], 255) ? [] : ['has a long action_id']),
  ];
};

const actionsFaults: Check = (block) => {
  const elements = listOf(block['elements']);
  return [
    ...unknownKeys(block, ['type', 'block_id', 'elements']),
    ...(elements.length < 1 || elements.length > 25 ? ['has not 1 to 25 elements'] : []),
    ...elements.flatMap(buttonFaults),
  ];
};

const leafKeys: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'style'],
  link: ['type', 'url', 'text', 'style', 'unsafe'],
  emoji: ['type', 'name', 'unicode', 'style'],
};

const leafFaults = (leaf: unknown): readonly string[] => {
  const known = isFields(leaf) ? leafKeys[String(leaf['type'])] : undefined;
  if (!isFields(leaf) || !known) return ['has a rich text element of an unknown type'];
  return [
    ...unknownKeys(leaf, known),
    ...(leaf['type'] === 'text' && !isText(leaf['text'], 40_000) ? ['has an empty rich text'] : []),
    ...(leaf['type'] === 'link' && !isText(leaf['url'], 3_000) ? ['has a rich text link without a url'] : []),
  ];
};

const richParts = ['rich_text_section', 'rich_text_preformatted', 'rich_text_quote'];

const richFaults: Check = (block) => {
  const parts = listOf(block['elements']);
  return [
    ...unknownKeys(block, ['type', 'block_id', 'elements']),
    ...(parts.length === 0 ? ['has no rich text'] : []),
    ...parts.flatMap((part) => {
      if (!isFields(part)) return ['has rich text that is none'];
      if (part['type'] === 'rich_text_list') return richFaults({ type: 'rich_text', elements: part['elements'] });
      if (!richParts.includes(String(part['type']))) return ['has rich text of an unknown type'];
      return listOf(part['elements']).flatMap(leafFaults);
    }),
  ];
};

const blockFaults: Readonly<Record<string, Check>> = {
  header: (block) => [
    ...unknownKeys(block, ['type', 'block_id', 'text']),
    ...textFaults(block['text'], 150, ['plain_text']),
  ],
  section: sectionFaults,
  context: contextFaults,
  actions: actionsFaults,
  rich_text: richFaults,
  divider: (block) => unknownKeys(block, ['type', 'block_id']),
};

const faultsOfBlocks = (blocks: unknown): readonly SlackFault[] => {
  if (blocks === undefined) return [];
  const invalid = (what: string): SlackFault => ({ word: 'invalid_blocks', what });
  if (!Array.isArray(blocks)) return [{ word: 'invalid_blocks_format', what: 'blocks are not a list' }];
  const ids = blocks.map((block: Fields) => block['block_id']).filter((id) => id !== undefined);
  return [
    ...(blocks.length > 50 ? [invalid(`there are ${blocks.length} blocks`)] : []),
    ...(new Set(ids).size < ids.length ? [invalid('a block_id is there twice')] : []),
    ...ids.filter((id) => !isText(id, 255)).map(() => invalid('a block_id is empty or longer than 255')),
    // Slack says so near 13,200 characters, below all of its published limits (slackapi/bolt-js#2509).
    ...(JSON.stringify(blocks).length > 13_200
      ? [{ word: 'msg_blocks_too_long', what: 'the blocks are too long' }]
      : []),
    ...blocks.flatMap((block: unknown, place) => {
      const check = isFields(block) ? blockFaults[String(block['type'])] : undefined;
      if (!isFields(block) || !check) return [invalid(`block ${place} is of an unknown type`)];
      return check(block).map((fault) => invalid(`block ${place} (${String(block['type'])}) ${fault}`));
    }),
  ];
};

const faultsOfMetadata = (metadata: unknown): readonly SlackFault[] => {
  if (metadata === undefined) return [];
  const fits =
    isFields(metadata) &&
    typeof metadata['event_type'] === 'string' &&
    /^\w{1,255}$/.test(metadata['event_type']) &&
    isFields(metadata['event_payload']);
  return fits ? [] : [{ word: 'invalid_metadata_format', what: 'metadata has no event_type and event_payload' }];
};

/** Every string in a JSON value, but the names of types. */
export const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => (key === 'type' ? [] : stringsIn(each)));
};

const urlsIn = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(urlsIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    key === 'url' && typeof each === 'string' ? [each] : urlsIn(each),
  );
};

// What Slack makes a mention, a date, a call of everybody, or a link of, wherever it is left unescaped.
const special = /<(?:[!@#][^<>]{0,256}|(?:https?|ftp|mailto|tel|sms|slack|file|data|javascript):[^<>]{0,2048})>/gi;

const specialFaults = (message: Fields, links: readonly string[]): readonly SlackFault[] => [
  ...stringsIn([message['text'], message['blocks']]).flatMap((text) =>
    [...text.matchAll(special)]
      .filter(([found]) => !links.some((link) => found === `<${link}>` || found.startsWith(`<${link}|`)))
      .map(([found]) => ({ what: `a special sequence is left: ${found.slice(0, 40)}` })),
  ),
  ...urlsIn(message['blocks'])
    .filter((url) => !links.includes(url))
    .map(() => ({ what: 'there is a link that nobody listed' })),
];

/** Every fault of a message, by Slack's published limits and by ours. */
export const faultsOfMessage = (message: Fields, links: readonly string[]): readonly SlackFault[] => {
  const text = message['text'];
  const blocks = message['blocks'];
  const empty = typeof text !== 'string' || text === '';
  return [
    ...(empty && listOf(blocks).length === 0 ? [{ word: 'no_text', what: 'there is neither text nor a block' }] : []),
    ...(empty && listOf(blocks).length > 0 ? [{ what: 'there is no text for notifications and screen readers' }] : []),
    ...(typeof text === 'string' && text.length > 40_000
      ? [{ word: 'msg_too_long', what: 'the text is too long' }]
      : []),
    ...faultsOfBlocks(blocks),
    ...faultsOfMetadata(message['metadata']),
    ...specialFaults(message, links),
  ];
};
