export { createSqliteLog, type SqliteLogOptions } from './log.ts';
