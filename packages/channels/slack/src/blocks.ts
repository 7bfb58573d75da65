/** A text in which Slack interprets nothing: no mentions, links, formatting or emoji names. */
export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** A piece of a rich text. Its text is taken as it is; only `link` is a link. */
export type Leaf =
  | { readonly type: 'text'; readonly text: string; readonly style?: { readonly bold: true } }
  | { readonly type: 'link'; readonly url: string; readonly text: string };

/** A line of rich text, or one that is set off as a quotation. */
export interface Section {
  readonly type: 'rich_text_section' | 'rich_text_quote';
  readonly elements: readonly Leaf[];
}

/** The operator's own words, in which Slack interprets its markup; what came from an alert is escaped in them. */
export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  /** Nothing that is not marked up becomes a link. */
  readonly verbatim: true;
}

/** The blocks of Slack's Block Kit that this channel uses; none but the operator's own interprets text. */
export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly fields: readonly PlainText[] }
  | { readonly type: 'section'; readonly text: Mrkdwn }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] }
  | { readonly type: 'rich_text'; readonly elements: readonly (Section | List)[] };

/** A bulleted list of rich text. */
export interface List {
  readonly type: 'rich_text_list';
  readonly style: 'bullet';
  readonly elements: readonly Section[];
}

/** Plain text. */
export const plain = (text: string): PlainText => ({ type: 'plain_text', text, emoji: false });

const leaf = (text: string): Leaf => ({ type: 'text', text });
const bold = (text: string): Leaf => ({ type: 'text', text, style: { bold: true } });
// Slack refuses an empty text in a rich text.
const leaves = (all: readonly Leaf[]): readonly Leaf[] => all.filter((each) => each.text !== '');

/** A line with a part in bold, and text after it. */
export const line = (strong: string, text: string): Section => ({
  type: 'rich_text_section',
  elements: leaves([bold(strong), leaf(text)]),
});

/** A quotation. */
export const quote = (text: string): Section => ({ type: 'rich_text_quote', elements: leaves([leaf(text)]) });

/** A link with words of ours. */
export const link = (url: string, text: string): Section => ({
  type: 'rich_text_section',
  elements: [{ type: 'link', url, text }],
});

/** A block of rich text; none where there is nothing to show. */
export const rich = (...parts: readonly (Section | List)[]): readonly Block[] => {
  const shown = parts.filter(({ elements }) => elements.length > 0);
  return shown.length === 0 ? [] : [{ type: 'rich_text', elements: shown }];
};

/** A bulleted list. */
export const list = (elements: readonly Section[]): List => ({ type: 'rich_text_list', style: 'bullet', elements });

/** Pairs of a name and a value, in two columns; none where there are no pairs. */
export const fields = (pairs: readonly (readonly [name: string, value: string])[]): readonly Block[] =>
  pairs.length === 0
    ? []
    : [{ type: 'section', fields: pairs.map(([name, value]) => plain(`${name}\n${value || '–'}`)) }];

/** Small print. */
export const context = (parts: readonly string[]): readonly Block[] => {
  const shown = parts.filter((part) => part !== '');
  return shown.length === 0 ? [] : [{ type: 'context', elements: [plain(shown.join(' · '))] }];
};
