import { run } from './shell.ts';

// Versions and changelogs from conventional commits, without writing, tagging or publishing anything.
process.exit(run('nx', ['release', '--dry-run', '--first-release', '--skip-publish'], { NX_DAEMON: 'false' }));
