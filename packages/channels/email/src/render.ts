import type { Clearance, Notice } from '@therapytrain/alerts-core/channel';
import type { Template } from '@therapytrain/alerts-templates';
import { contentOf } from './content.ts';
import { htmlOf } from './html.ts';
import { textOf } from './text.ts';

/** What people see of a mail. */
export interface Rendered {
  /** One line of at most 120 characters, never above INTERNAL: subjects are shown on locked phones. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Templates of the operator, for the parts that are not to be the built-in ones. */
export type Templates = Partial<Record<keyof Rendered, Template | undefined>>;

/** The built-in mail of a notice. Pure: the same notice gives the same mail. */
export const render = (notice: Notice<Clearance>): Rendered => {
  const content = contentOf(notice);
  return { subject: notice.headline, text: textOf(content), html: htmlOf(content) };
};

/** The mail of a notice by the templates. A part whose template fails on it is the built-in one, and `failed` says so. */
export const renderBy = (
  templates: Templates,
  notice: Notice<Clearance>,
): { readonly rendered: Rendered; readonly failed: boolean } => {
  const builtIn = render(notice);
  const parts = (['subject', 'text', 'html'] as const).map((part) => {
    const template = templates[part];
    const made = template?.render(notice);
    return { part, text: made ?? builtIn[part], failed: template !== undefined && made === undefined };
  });
  return {
    rendered: Object.fromEntries(parts.map(({ part, text }) => [part, text])) as unknown as Rendered,
    failed: parts.some(({ failed }) => failed),
  };
};
