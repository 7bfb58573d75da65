import type { GatewayOptions } from './options.ts';

/** What to try next, for people who just started a gateway by hand. */
export const welcome = (address: string, { data, policy }: GatewayOptions): string => `
  alert gateway   grpc://${address}   (Node ${process.version})
  keeps alerts in ${data}
  policy          ${policy ?? 'built in'}

  In a second terminal, watch:        npx alertctl stream --from-start
  In a third, report something:       npx alertctl report AUTH_FAILURE "Failed login" --metadata userId=user123
  or feed it an OpenSSH server's log: npx alertctl import /var/log/auth.log --format sshd

  Ctrl-C stops it in order. kill -9 is fine too: what was acknowledged is kept.

`;
