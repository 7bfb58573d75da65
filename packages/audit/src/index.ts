export {
  checkpointText,
  openCheckpoint,
  type OpenedCheckpoint,
  readCheckpointText,
  signCheckpoint,
  type TreeHead,
} from './checkpoint.ts';
export { replaceDurably } from './files.ts';
export { exportEnd, exportHead } from './export.ts';
export { decodeEntry, encodeEntry, largestLeaf, leafVersion } from './entry.ts';
export {
  checkKeyName,
  createKey,
  readSigner,
  readVerifier,
  type Signer,
  type SignatureType,
  signatureTypes,
  type Verifier,
} from './keys.ts';
export { decodeBundle, encodeBundle, type TileLevel, type TilePlace, tilePath, tileWidth, widthOf } from './layout.ts';
export {
  cosignatureLine,
  type Note,
  type NoteSignature,
  readNote,
  signatureLine,
  type Signed,
  signedBy,
  writeNote,
} from './note.ts';
export { consistencyProof, inclusionProof, type NodeAt } from './proofs.ts';
export { writeReceipt, exportFormat, type ProvedEntry, receiptFormat, type ReceiptParts } from './receipt.ts';
export { handedOver, keyChangedEntry } from './rotation.ts';
export { canonicalUser, createSubjects, type SubjectParts, type Subjects } from './subjects.ts';
export { openTileLog, type TileLog, type TileLogOptions } from './tile-log.ts';
export { createTileReader, type TileReader } from './tiles.ts';
