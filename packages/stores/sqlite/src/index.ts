export { createSqliteLog, type SqliteLogOptions } from './log.ts';
export { openSqliteStore, type SqliteStoreOptions } from './store/store.ts';
export { openSqliteTokens, type SqliteTokenStoreOptions } from './tokens.ts';
