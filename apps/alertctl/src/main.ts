// This file must load on any Node from 20 on, to say that it is too old. So it imports the rest only afterwards.

const oldestNode = 22;

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode) {
  process.stderr.write(
    `alertctl: this is Node ${process.versions.node}, and alertctl needs ${oldestNode} or newer. ` +
      'Run it with npx alertctl in the repository, or install a newer Node.\n',
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./cli.ts');
  await main();
}
