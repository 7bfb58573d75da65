import { hash } from 'node:crypto';

/** What stands for these parts and says nothing of them: 32 hexadecimal digits of SHA-256. */
export const digest = (...parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);

/** A UUID of version 8 (RFC 9562 §5.8) that follows from the text: the same one gives the same id. */
export const idFrom = (text: string): string => {
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
