import { stringify } from 'yaml';
import { parseSource, valueOf } from './document.ts';

/**
 * What a policy says, in YAML, without its comments: nobody has checked what stands in them. Secrets are the references
 * that they are in a policy without faults; so give it no other. Empty for what is no YAML.
 */
export const policyText = (text: string): string => {
  const source = parseSource(text);
  if (Array.isArray(source)) return '';
  const read = valueOf(source);
  return Array.isArray(read) ? '' : stringify(read.value, { lineWidth: 0 });
};
