import { type Alert, AlertSeverity } from '@therapytrain/alerts-core';
import { createAlertTypes } from '@therapytrain/alerts-core';
import {
  type Clearance,
  createProjection,
  createPseudonyms,
  cut,
  escapeHtml,
  escapeSlack,
  type Notice,
  noticeEvents,
  tellsOfIncident,
  Secret,
} from '@therapytrain/alerts-core/channel';
import type { Liquid } from 'liquidjs';
import { z } from 'zod';
import { createEngine, type ParsedTemplate, templateLimits } from './engine.ts';
import { type NoticeView, viewOf } from './view.ts';

/** Where the output of a template goes, which decides how values are escaped. */
export type Sink =
  /** Plain text of many lines. */
  | 'text'
  /** One line of at most 120 characters: a subject, a title. */
  | 'line'
  /** HTML: values are escaped for element content and quoted attributes. */
  | 'html'
  /** Slack: `&`, `<` and `>` of values are escaped. */
  | 'slack';

/** A template that was read, checked and found to keep its bounds. */
export interface Template {
  /** The text for a notice; undefined where the template fails on it or breaks a bound. Never throws. */
  render(notice: Notice<Clearance>): string | undefined;
}

const escapes: Readonly<Record<Sink, (text: string) => string>> = {
  text: (text) => text,
  line: (text) => text,
  html: escapeHtml,
  slack: escapeSlack,
};

const lineMax = 120;

const shaped = (sink: Sink, text: string): string =>
  sink === 'line' ? cut(text.replaceAll(/\s+/g, ' ').trim(), lineMax) : text;

// The position at the end is of the operator's own text; the words before it are liquidjs's.
const ruleOf = (error: unknown): string => {
  const said = error instanceof Error ? error.message : 'it failed';
  const [, what = said, line, column] = /^([\s\S]*?), line:(\d+), col:(\d+)$/.exec(said) ?? [];
  return line === undefined ? what : `line ${line}, column ${column}: ${what}`;
};

const sampleAlert = (id: number): Alert => ({
  id: `0199a000-0000-7000-8000-00000000000${id}`,
  sequence: id,
  type: 'AUTH_FAILURE',
  severity: AlertSeverity.HIGH,
  message: 'Failed login attempt',
  metadata: { userId: 'user123', method: 'password' },
  source: 'sign-in',
  occurredAt: 0,
  receivedAt: 0,
  fingerprint: '',
  dedupKey: '',
  traceParent: '',
});

/** A notice of each event: what a template is tried with when it is loaded. */
const samples = (): readonly Notice<Clearance>[] => {
  const pseudonyms = createPseudonyms(new Secret('for the samples of templates only'));
  const project = createProjection({ types: createAlertTypes(), pseudonyms });
  const incident = {
    id: 'inc-1',
    severity: 3,
    state: 'OPEN',
    count: 2,
    firstSeen: 0,
    lastSeen: 0,
    by: 'Robin',
  } as const;
  return noticeEvents.map((event) =>
    project(
      {
        event,
        at: 0,
        alerts: [sampleAlert(1), sampleAlert(2)],
        ...(tellsOfIncident(event) ? { incident } : {}),
      },
      2,
    ),
  );
};

const rendered = (engine: Liquid, parsed: ParsedTemplate, view: NoticeView): string => {
  const text: unknown = engine.renderSync([...parsed], view);
  if (typeof text !== 'string' || text.length > templateLimits.output) {
    throw new Error(`it gives more than ${templateLimits.output} characters`);
  }
  return text;
};

/**
 * The option of a template: LiquidJS over what `viewOf` says. It is read and tried with a notice of every event when the
 * options are parsed, so that an unknown variable, filter or tag, or a bound that is broken is refused there, with line
 * and column. Files, other templates and the filter `raw` are not to be had.
 */
export const template = (sink: Sink): z.ZodType<Template, string> =>
  z
    .string('is not a text')
    .max(templateLimits.source, `is longer than ${templateLimits.source} characters`)
    .transform((source, ctx): Template => {
      const engine = createEngine(escapes[sink]);
      try {
        const parsed: ParsedTemplate = engine.parse(source);
        for (const notice of samples()) rendered(engine, parsed, viewOf(notice));
        return {
          render: (notice) => {
            try {
              return shaped(sink, rendered(engine, parsed, viewOf(notice)));
            } catch {
              return undefined;
            }
          },
        };
      } catch (error) {
        ctx.addIssue({ code: 'custom', message: `is no template that works: ${ruleOf(error)}` });
        return z.NEVER;
      }
    });
