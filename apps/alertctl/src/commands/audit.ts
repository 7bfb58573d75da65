import { Command, InvalidArgumentError } from 'commander';
import { type Act } from '../act.ts';
import { countArgument, sinceArgument, uuidArgument } from '../arguments.ts';
import type { ReviewOptions } from '../audit/review.ts';
import type { ServeWitnessOptions } from '../audit/serve-witness.ts';
import type { AuditListing } from '../audit/show.ts';
import type { VerifyOptions } from '../audit/verify.ts';
import { confirm } from '../confirm.ts';
import { ExitCode } from '../exit-code.ts';

const week = 7 * 86_400_000;

const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const listenArgument = (text: string) => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new InvalidArgumentError('It must be HOST:PORT, e.g. 127.0.0.1:7450.');
  return { host, port: Number(port) };
};

const list = (act: Act): Command =>
  new Command('list')
    .summary('list entries, newest first')
    .description('Lists entries of the audit log, newest first. With --json one entry a line.')
    .option('--action <action>', 'only this action, or those that begin with it where it ends in a point')
    .option('--actor <name>', 'only by this one')
    .option('--subject <id>', 'only about this')
    .option('--since <when>', 'only since so long ago, or since a time', sinceArgument)
    .option('--oldest-first', 'in the order of the log')
    .option('--limit <number>', 'how many at most', countArgument(1, 1_000_000), 50)
    .option('--all', 'all there are, whatever --limit says')
    .option('--wide', "do not cut lines to the terminal's width")
    .addHelpText(
      'after',
      `
Examples:
  alertctl audit list --action policy. --since 7d
  alertctl audit list --all --json | jq -r .action | sort | uniq -c`,
    )
    .action(
      act(async (session, options: AuditListing) => (await import('../audit/show.ts')).listEntries(session, options)),
    );

const show = (act: Act): Command =>
  new Command('show')
    .summary('show an entry, and that it is in the log')
    .description('Shows one entry after verifying the proof that it is in the log that the gateway signed.')
    .argument('<entry>', 'its number', countArgument(1, Number.MAX_SAFE_INTEGER))
    .action(act(async (session, sequence: number) => (await import('../audit/show.ts')).showEntry(session, sequence)));

const verify = (act: Act): Command =>
  new Command('verify')
    .summary('verify the whole log, an export, or a receipt')
    .description(
      'Verifies every entry of the log of the gateway or, with --offline, of an export, against its signed checkpoint, and ' +
        'says the first thing that is wrong and where; with --receipt, a receipt. What a witness saw (--seen) also shows ' +
        'that no older copy was restored and nothing was written anew. Ends with 1 if something is wrong.',
    )
    .option('--offline <export>', 'the file of alertctl audit export; no gateway is asked')
    .option('--receipt <file>', 'the file of alertctl prove; no gateway is asked')
    .option('--log-key <key>', 'the public key of the log (environment: ALERTS_AUDIT_LOG_KEY)')
    .option('--witness-key <key>', 'the public key of a witness; repeat for more', collected)
    .option('--seen <file>', 'the file of a witness, or a checkpoint that was put aside; repeat for more', collected)
    .addHelpText(
      'after',
      `
Examples:
  alertctl audit verify --log-key log.example/a+1f2e3d4c+AZ… --seen /media/stick/checkpoint
  alertctl audit export audit.jsonl && alertctl audit verify --offline audit.jsonl --log-key …
  alertctl audit verify --receipt receipt.json --log-key … --witness-key …`,
    )
    .action(
      act(async (session, options: VerifyOptions) =>
        (await import('../audit/verify.ts')).verifyAudit(session, options),
      ),
    );

const exports = (act: Act): Command =>
  new Command('export')
    .summary('write the log to a file')
    .description(
      'Writes the log as of its newest checkpoint to a new file: a line for each entry, and the checkpoint as the last.',
    )
    .argument('<file>', 'a file that is not there yet')
    .action(act(async (session, file: string) => (await import('../audit/export.ts')).exportAudit(session, file)));

const witness = (act: Act): Command =>
  new Command('witness')
    .summary('cosign what extends what was seen')
    .description(
      'Serves a witness (c2sp.org/tlog-witness): it cosigns a checkpoint of a log only if that extends what it saw of it ' +
        'before, and keeps what it saw, durably, before it answers. It belongs on another machine, or at least to another ' +
        'user: its file and its key are what an older copy and a log written anew are found by. Prints its public key and address.',
    )
    .requiredOption('--key <file>', 'its private key; alertctl audit keygen --witness makes one')
    .requiredOption('--state <file>', 'where it keeps what it saw')
    .requiredOption('--log <key>', 'the public key of a log to watch; repeat for more', collected)
    .option('--new', 'begin a new file: it has seen nothing yet')
    .option(
      '--listen <address>',
      'where to listen; port 0 takes a free one',
      listenArgument,
      listenArgument('127.0.0.1:7450'),
    )
    .addHelpText(
      'after',
      `
Examples:
  alertctl audit keygen witness.example/w1 --witness --file witness.key
  alertctl audit witness --key witness.key --state seen.json --new --log log.example/a+1f2e3d4c+AZ…
  alert-gateway --audit-witness http://127.0.0.1:7450 --audit-witness-key witness.example/w1+…`,
    )
    .action(
      act(async (session, options: ServeWitnessOptions) =>
        (await import('../audit/serve-witness.ts')).serveWitness(session, options),
      ),
    );

const keygen = (act: Act): Command =>
  new Command('keygen')
    .summary('make a key for a log or a witness')
    .description('Makes an Ed25519 key: the private one goes to a new file (mode 0600), the public one is printed.')
    .argument('<name>', 'names the log or the witness, as a URL without its scheme: log.example/alerts')
    .requiredOption('--file <file>', 'a file that is not there yet')
    .option('--witness', 'for a witness')
    .action(
      act(async (session, name: string, options: { readonly file: string; readonly witness?: boolean }) =>
        (await import('../audit/keygen.ts')).makeKey(session, name, options),
      ),
    );

const review = (act: Act): Command =>
  new Command('review')
    .summary('review what happened, and sign that you have')
    .description(
      'Shows what a person should look at each week: policy changes, refused logins, responses, silences, dead letters, ' +
        'what concerned persons. With --sign it is noted in the log who has reviewed which entries.',
    )
    .option('--since <when>', 'since so long ago, or since a time', sinceArgument, { ago: week })
    .option('--sign', 'note that you have reviewed it')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
Examples:
  alertctl audit review
  alertctl --source ann audit review --since 7d --sign`,
    )
    .action(
      act(async (session, options: ReviewOptions) =>
        (await import('../audit/review.ts')).reviewAudit(session, options),
      ),
    );

/** `alertctl audit`: the audit log, and the proofs that it is what it was. */
export const auditCommand = (act: Act): Command =>
  new Command('audit')
    .summary('list, verify, export and witness the audit log')
    .description(
      'The audit log: what was decided and done, by whom and why, and the proofs that nothing of it was changed.',
    )
    .addCommand(list(act))
    .addCommand(show(act))
    .addCommand(verify(act))
    .addCommand(exports(act))
    .addCommand(review(act))
    .addCommand(keygen(act))
    .addCommand(witness(act))
    .addHelpText(
      'after',
      `
Examples:
  alertctl audit list --since 1h
  alertctl audit verify --log-key log.example/a+1f2e3d4c+AZ… --seen seen.json
  alertctl audit review --sign`,
    );

/** `alertctl prove`: writes the receipt of an alert. */
export const proveCommand = (act: Act): Command =>
  new Command('prove')
    .summary('write the receipt of an alert')
    .description(
      'Writes a receipt: that an alert was kept as it is, and through which channels its incident was told, with what their ' +
        'peers gave as proof. It verifies without the gateway, by public keys alone.',
    )
    .argument('<alert>', 'the id of the alert', uuidArgument)
    .option('--output <file>', 'write it to a new file')
    .addHelpText(
      'after',
      `
Examples:
  alertctl prove 0193f1c2-7b2a-7c3d-8e4f-5a6b7c8d9e0f --output receipt.json
  alertctl audit verify --receipt receipt.json --log-key log.example/a+1f2e3d4c+AZ…`,
    )
    .action(
      act(async (session, alertId: string, options: { readonly output?: string }) =>
        (await import('../audit/export.ts')).proveAlert(session, alertId, options),
      ),
    );

const erase = (act: Act): Command =>
  new Command('erase')
    .summary('erase what stands for a person in the audit log')
    .description(
      'Erases the key of the commitments that stand for values of a person. The log stays as it is and verifies; nobody can ' +
        'show any more what they stand for. It cannot be undone, and it is noted. Backups hold the key until they are gone.',
    )
    .argument('<user>', 'the person, by the id that alerts name them by')
    .option('--yes', 'do not ask')
    .action(
      act(async (session, user: string, { yes }: { readonly yes?: boolean }) => {
        if (!(await confirm(session, 'Erase it for ever?', yes))) return ExitCode.REFUSED;
        const { erased, subject } = await session.client.audit.eraseSubject({ user });
        if (session.global.json) await session.printJson({ erased, subject });
        else await session.note(erased ? `The key of ${subject} is erased.` : 'There is nothing about this person.');
        return ExitCode.OK;
      }),
    );

/** `alertctl subjects`: the persons behind the audit log. */
export const subjectsCommand = (act: Act): Command =>
  new Command('subjects')
    .summary('erase what stands for a person in the audit log')
    .description('The audit log holds values of persons as commitments, each made with a key of that person alone.')
    .addCommand(erase(act))
    .addHelpText(
      'after',
      `
Examples:
  alertctl subjects erase u-17`,
    );
