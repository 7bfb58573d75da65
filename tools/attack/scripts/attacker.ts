import { endWithBench, settingsOf, tell } from '../../bench/scripts/script.ts';
import { chanceOf } from '../../torture/chance.ts';
import type { AttackerSettings } from '../attacker.ts';
import { type AttackName, attackers } from '../attacks/index.ts';

// One attack, in a process of its own: what it costs is not to be felt by whoever measures.
const settings = settingsOf<AttackerSettings>();
const until = performance.now() + settings.within;

endWithBench();
const counts = await attackers[settings.attack as AttackName]({
  ...settings,
  chance: chanceOf(settings.seed, settings.attack),
  late: () => performance.now() > until,
});
tell('counts', { counts });
// Whatever connections are left go with the process.
setTimeout(() => process.exit(0), 50);
