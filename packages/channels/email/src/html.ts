import { type AlertSeverity, severityName } from '@therapytrain/alerts-core';
import { escapeHtml } from '@therapytrain/alerts-core/channel';
import { type AlertContent, type Content, foot, type Row } from './content.ts';

// White on each of them has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3).
const severityColours: Readonly<Record<AlertSeverity, string>> = {
  1: '#475569',
  2: '#9a5b00',
  3: '#c2410c',
  4: '#b3261e',
};
const toneColours = { acknowledged: '#1d4ed8', resolved: '#166534' } as const;

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const mono = "font-family:ui-monospace,'Cascadia Mono',Consolas,Menlo,monospace;";
const breaks = 'word-break:break-word;overflow-wrap:anywhere;';
const ink = 'color:#1f2937;';
const faint = 'color:#5b6472;';

// Programs that know no dark mode, or no style sheets at all, show the inline styles; the others may mend the colours.
const sheet = `@media (prefers-color-scheme:dark){.page{background:#111418!important}.card{background:#1b1f25!important;border-color:#343b45!important}.ink{color:#e8eaed!important}.faint{color:#a9b1bd!important}.quote{background:#242a32!important;border-color:#4a5462!important}.line{border-color:#343b45!important}}@media (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important}.edge{padding:0!important}}`;

const lines = (text: string): string => escapeHtml(text).replaceAll('\n', '<br>');

const rowHtml = ({ label, value }: Row): string =>
  `<tr><td class="faint" valign="top" style="${font}${faint}font-size:14px;line-height:20px;padding:2px 16px 2px 0;white-space:nowrap">${escapeHtml(label)}</td>` +
  `<td class="ink" valign="top" width="100%" style="${font}${ink}${breaks}font-size:14px;line-height:20px;padding:2px 0">${escapeHtml(value)}</td></tr>`;

const rowsHtml = (rows: readonly Row[]): string =>
  rows.length === 0
    ? ''
    : `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">${rows.map(rowHtml).join('')}</table>`;

const quote = (text: string, face: string): string =>
  text &&
  `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="quote ink" style="${face}${ink}${breaks}font-size:14px;line-height:20px;background:#f3f4f6;border-left:3px solid #9aa3af;padding:8px 12px">${lines(text)}</td></tr></table>`;

const band = (part: string, top = 16): string =>
  part && `<tr><td class="pad" style="padding:${top}px 24px 0 24px">${part}</td></tr>`;

const badge = (severity: AlertSeverity): string =>
  `<span style="${font}background:${severityColours[severity]};color:#ffffff;font-size:12px;line-height:16px;font-weight:700;padding:2px 6px;border-radius:3px;white-space:nowrap">${severityName(severity)}</span>`;

const alertHtml = ({ title, severity, origin, message, facts, withheld }: AlertContent): string =>
  band(
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="line" style="border-top:1px solid #e3e6ea;padding-top:16px">` +
      `<div class="ink" style="${font}${ink}${breaks}font-size:16px;line-height:22px;font-weight:600">${badge(severity)} ${escapeHtml(title)}</div>` +
      `<div class="faint" style="${font}${faint}${breaks}font-size:13px;line-height:18px;padding:2px 0 8px 0">${escapeHtml(origin)}</div>` +
      quote(message, mono) +
      (facts.length > 0 ? `<div style="padding-top:8px">${rowsHtml(facts)}</div>` : '') +
      (withheld ? note(withheld) : '') +
      '</td></tr></table>',
  );

const note = (text: string): string =>
  `<div class="faint" style="${font}${faint}font-size:13px;line-height:18px;padding-top:6px">${escapeHtml(text)}</div>`;

// A table, because the oldest programs (Outlook's Word) give no padding to a link.
const button = (link: string, colour: string): string =>
  `<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr><td style="background:${colour};border-radius:4px;padding:10px 18px"><a href="${escapeHtml(link)}" style="${font}color:#ffffff;font-size:15px;line-height:20px;font-weight:600;text-decoration:none">Read on</a></td></tr></table>`;

const runbookHtml = (runbook: string): string =>
  `<div class="ink" style="${font}${ink}${breaks}font-size:14px;line-height:20px">What to do: <a class="ink" href="${escapeHtml(runbook)}" style="${ink}">the runbook</a></div>`;

const banner = ({ headline, event }: Content, colour: string): string =>
  `<tr><td class="pad" style="background:${colour};padding:20px 24px;border-radius:6px 6px 0 0">` +
  `<h1 style="${font}${breaks}margin:0;color:#ffffff;font-size:20px;line-height:26px;font-weight:700">${escapeHtml(headline)}</h1>` +
  `<div style="${font}${breaks}color:#ffffff;font-size:15px;line-height:20px;padding-top:6px">${escapeHtml(event)}</div></td></tr>`;

const card = (content: Content): string => {
  const { tone, severity, rows, comment, alerts, more, link, runbook } = content;
  const colour = tone === 'alarm' ? severityColours[severity] : toneColours[tone];
  return (
    banner(content, colour) +
    band(rowsHtml(rows)) +
    (comment ? band(`${note('Comment')}<div style="padding-top:4px">${quote(comment, font)}</div>`, 8) : '') +
    alerts.map(alertHtml).join('') +
    (more ? band(note(more), 8) : '') +
    (runbook ? band(runbookHtml(runbook), 16) : '') +
    (link ? band(button(link, colour), 20) : '') +
    band(
      `<div class="faint" style="${font}${faint}font-size:12px;line-height:17px;padding-bottom:20px">${escapeHtml(foot)}</div>`,
      20,
    )
  );
};

/**
 * The HTML of a mail: tables and inline styles, which every mail program shows, at most 600 pixels wide and as narrow as
 * a phone. Every text in it is escaped; it loads nothing, and its only links are those of the notice. Pure.
 */
export const htmlOf = (content: Content): string =>
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">' +
  '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">' +
  `<title>${escapeHtml(content.headline)}</title><style>${sheet}</style></head>` +
  '<body class="page" style="margin:0;padding:0;background:#eef0f3">' +
  '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#eef0f3"><tr><td class="edge" align="center" style="padding:24px 12px">' +
  '<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;background:#ffffff;border:1px solid #dfe3e8;border-radius:6px;text-align:left">' +
  `${card(content)}</table></td></tr></table></body></html>\n`;
