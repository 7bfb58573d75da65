export { type Checkpoint, readCheckpoint } from './checkpoint.ts';
export { type Entry, readEntry } from './entry.ts';
export { verifyExport } from './export.ts';
export { NotGenuine, type PublicKey, readKey } from './keys.ts';
export { createLogCheck, type Head, type LogCheck, type LogTrust, type VerifiedLog } from './log.ts';
export { type ReceiptTrust, type VerifiedReceipt, verifyReceipt } from './receipt.ts';
export { type GrowingTree, growTree, hashLeaf, hashNode, isConsistent, isIncluded } from './tree.ts';
