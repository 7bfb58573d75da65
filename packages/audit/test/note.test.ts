import { describe, expect, test } from '@jest/globals';
import { AlertError, systemRandom } from '@therapytrain/alerts-core';
import {
  cosignatureLine,
  createKey,
  openCheckpoint,
  readCheckpointText,
  readNote,
  readSigner,
  readVerifier,
  signatureLine,
  signatureTypes,
  signCheckpoint,
  signedBy,
  writeNote,
} from '@therapytrain/alerts-audit';

// From the documentation of golang.org/x/mod/sumdb/note, whose form C2SP signed-note describes.
const goSigner = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const goVerifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goText = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const goNote = `${goText}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

// The examples of c2sp.org/signed-note and c2sp.org/tlog-cosignature; their keys are not published.
const poem = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;
const cosigned = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof AlertError ? error.code : String(error);
  }
  return 'none';
};

describe('signed notes', () => {
  test('are those of the reference implementation, byte for byte', () => {
    const signer = readSigner(goSigner);
    expect(signer.vkey).toBe(goVerifier);
    expect(signer.secretText()).toBe(goSigner);
    expect(writeNote(goText, [signatureLine(goText, signer)])).toBe(goNote);
    const [signed] = signedBy(readNote(goNote), [readVerifier(goVerifier)]);
    expect(signed?.by.name).toBe('PeterNeumann');
  });

  test('may have empty lines in their text', () => {
    const { text, signatures } = readNote(poem);
    expect(text.endsWith('\n\ned è subito sera.\n')).toBe(true);
    expect(signatures).toMatchObject([{ name: 'quasimodo.example/salvatore', id: '367ba04b' }]);
  });

  test('carry cosignatures with their time', () => {
    const { text, signatures } = readNote(cosigned);
    expect(readCheckpointText(text)).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
    expect(signatures.map(({ name }) => name)).toEqual(['example.com/behind-the-sofa', 'witness.example.com/w1']);
    expect(signatures[1]?.bytes.readBigUInt64BE(0)).toBe(1_679_315_147n);
    expect(signatures[1]?.bytes.length).toBe(72);
  });

  test.each([
    ['no signature', goText],
    ['an empty note', ''],
    ['no last newline', goNote.slice(0, -1)],
    ['a hyphen for the dash', goNote.replace('—', '-')],
    ['a signature that is cut off', goNote.replace(/x08go\S+/, 'x08g')],
    ['a control character', goNote.replace('cryptography', 'crypto\u0007graphy')],
    ['a carriage return', goNote.replace('problem,\n', 'problem,\r\n')],
    ['an empty line after the signatures', `${goNote}\n`],
    ['a plus in a name', goNote.replace('— PeterNeumann', '— Peter+Neumann')],
    ['too many signatures', goNote + goNote.slice(goText.length + 1).repeat(64)],
  ])('are refused with %s', (_, note) => {
    expect(codeOf(() => readNote(note))).toBe('FIELD_INVALID');
  });

  test('do not hold when their text is changed', () => {
    const changed = readNote(goNote.replace('problem is', 'problem was'));
    expect(codeOf(() => signedBy(changed, [readVerifier(goVerifier)]))).toBe('AUDIT_BROKEN');
  });

  test('of other keys are passed over, also under the same name', () => {
    const other = createKey('PeterNeumann', signatureTypes.note, systemRandom);
    expect(signedBy(readNote(goNote), [other])).toEqual([]);
  });
});

describe('keys', () => {
  test.each([
    ['another id', goVerifier.replace('c74f20a3', 'c74f20a4')],
    ['another name', goVerifier.replace('Peter', 'Petra')],
    ['no key', 'PeterNeumann+c74f20a3+'],
    ['another type', 'PeterNeumann+c74f20a3+AhpcAQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['nothing', ''],
  ])('are refused with %s', (_, vkey) => expect(codeOf(() => readVerifier(vkey))).toBe('FIELD_INVALID'));

  test('that are private are never in the error', () => {
    const broken = goSigner.replace('c74f20a3', '00000000');
    expect(() => readSigner(broken)).toThrow(/^(?!.*AYEKF)/s);
    expect(codeOf(() => readSigner('PRIVATE+KEY+x'))).toBe('FIELD_INVALID');
  });

  test.each(['', 'two words', 'a+b', 'x'.repeat(256), 'new\nline'])('cannot have the name %j', (name) => {
    expect(codeOf(() => createKey(name, signatureTypes.note, systemRandom))).toBe('FIELD_INVALID');
  });
});

describe('checkpoints', () => {
  const log = createKey('log.example/a', signatureTypes.note, systemRandom);
  const witness = createKey('witness.example/w', signatureTypes.cosignature, systemRandom);
  const head = { origin: log.name, size: 5, root: Buffer.alloc(32, 9) };

  test('are read as they were signed', () => {
    expect(openCheckpoint(signCheckpoint(head, [log]), [log])).toMatchObject(head);
  });

  test('are signed by the log itself, not by a witness alone', () => {
    const text = `${head.origin}\n5\n${head.root.toString('base64')}\n`;
    const note = writeNote(text, [cosignatureLine(text, witness, 1_700_000_000)]);
    expect(signedBy(readNote(note), [witness])).toMatchObject([{ time: 1_700_000_000 }]);
    expect(codeOf(() => openCheckpoint(note, [log, witness]))).toBe('AUDIT_BROKEN');
  });

  test('by a key of another name are not those of the log', () => {
    const other = createKey('log.example/b', signatureTypes.note, systemRandom);
    expect(codeOf(() => openCheckpoint(signCheckpoint(head, [other]), [other]))).toBe('AUDIT_BROKEN');
  });

  test('a cosignature is bound to its time', () => {
    const text = `${head.origin}\n5\n${head.root.toString('base64')}\n`;
    const line = cosignatureLine(text, witness, 1_700_000_000);
    const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
    bytes.writeBigUInt64BE(1_700_000_001n, 4);
    const moved = writeNote(text, [`— ${witness.name} ${bytes.toString('base64')}\n`]);
    expect(codeOf(() => signedBy(readNote(moved), [witness]))).toBe('AUDIT_BROKEN');
  });

  const good = signCheckpoint(head, [log]);
  test.each([
    ['a size with a zero in front', good.replace('\n5\n', '\n05\n')],
    ['a size that is no number', good.replace('\n5\n', '\nfive\n')],
    ['a root that is cut off', good.replace(/\n[^\n]{44}\n\n/, '\nAAAA\n\n')],
  ])('are refused with %s', (_, note) => {
    expect(codeOf(() => openCheckpoint(note, [log]))).toBe('FIELD_INVALID');
  });
});
