import { exportFormat } from './receipt.ts';

/** The first line of an export: its form, and the key of the log. */
export const exportHead = (log: string): string => `${JSON.stringify({ format: exportFormat, log })}\n`;

/** The last line of an export: the checkpoint over all its entries, which stand between as their leaves are, a line each. */
export const exportEnd = (checkpoint: string): string => `${JSON.stringify({ checkpoint })}\n`;
