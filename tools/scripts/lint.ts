import { run } from './shell.ts';

process.exit(run('nx', ['run-many', '-t', 'lint', '--outputStyle=static']));
