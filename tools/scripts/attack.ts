import { run } from './shell.ts';

const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@therapytrain/source'];
process.exit(run(process.execPath, [...flags, 'tools/attack/main.ts', ...process.argv.slice(2)]));
