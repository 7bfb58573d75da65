import { domainToASCII } from 'node:url';
import { LinkifyIt } from 'linkify-it';

// What programs turn into links without a scheme: hosts of known top levels, addresses of numbers, `//host`.
const linkify = new LinkifyIt({ fuzzyLink: true, fuzzyEmail: false, fuzzyIP: true, urlAuth: true });

/** Any address with a scheme, or with that of where it is read, wherever it stands: `a=https://b`, `src=//b`. */
const withSlashes = /(?:\b([a-z][a-z0-9+.-]{0,31}):)?\/\/([^\s/?#"'<>]+)/giu;

/** What browsers read as the same without `//`. */
const withoutSlashes = /\b(https?|ftp):(?!\/\/)([^\s/?#"'<>]+)/giu;

/** Schemes that act, or open a program, without `//`. */
const acting = /\b(javascript|vbscript|data|file|mailto|tel|sms|slack):(?=\S)/giu;

/** Linked by many programs, whatever its top level is. */
const bareWww = /\bwww\.[^\s/?#]+/giu;

const asciiHost = (name: string): string =>
  /^[\x20-\x7e]*$/.test(name) ? name : domainToASCII(name) || 'unreadable-host';

const brokenDots = (host: string): string => host.replaceAll(/(?<!\[)\.(?!\])/g, '[.]');

// `user@host:port`, of which only the host is shown in another way.
const brokenAuthority = (authority: string): string => {
  const [, user = '', host = '', port = ''] = /^(.*@)?([^@]*?)(:\d*)?$/su.exec(authority) ?? [];
  return `${user}${brokenDots(asciiHost(host))}${port}`;
};

const brokenScheme = (scheme: string): string => {
  if (scheme === '') return '';
  return /^h(?:tt|xx)ps?$/i.test(scheme) ? `${scheme.replace(/tt/i, 'xx')}:` : `${scheme}[:]`;
};

const brokenLink = (link: string): string => {
  const [, slashes = '', authority = '', rest = ''] = /^(\/\/)?([^/?#]*)(.*)$/su.exec(link) ?? [];
  return `${slashes}${brokenAuthority(authority)}${rest}`;
};

const withoutBareHosts = (text: string): string => {
  let out = '';
  let from = 0;
  for (const { index, lastIndex } of linkify.match(text) ?? []) {
    out += text.slice(from, index) + brokenLink(text.slice(index, lastIndex));
    from = lastIndex;
  }
  return out + text.slice(from);
};

// A host behind a host is found once the first one is broken. Who hides more of them gets those left for the last.
const rounds = 5;

/**
 * Breaks what a mail or chat program would turn into a link: `https://a.example/x` becomes `hxxps://a[.]example/x`, a
 * host in other letters is shown in its ASCII form (`xn--…`, RFC 5890), so that it cannot pass for another.
 */
export const breakLinks = (text: string): string => {
  if (!/[.:]/.test(text)) return text;
  let out = text
    .replace(withSlashes, (_, scheme: string = '', host: string) => `${brokenScheme(scheme)}//${brokenAuthority(host)}`)
    .replace(withoutSlashes, (_, scheme: string, host: string) => `${brokenScheme(scheme)}${brokenAuthority(host)}`)
    .replace(acting, '$1[:]')
    .replace(bareWww, brokenDots);
  for (let round = 0; round < rounds; round++) {
    const next = withoutBareHosts(out);
    if (next === out) break;
    out = next;
  }
  return out;
};
