/** Text for the content of an HTML element or a quoted attribute: `& < > " '` as references (OWASP XSS rule 1 and 2). */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Text for Slack: exactly `&`, `<` and `>` as references, as its formatting rules ask. */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
