/** Lines of an OpenSSH server that nobody ever ran: 6 alerts, 5 lines that are none, and one that is bad. */
export const sshdSample = `\
Nov 10 06:55:46 bastion sshd[2100]: reverse mapping checking getaddrinfo for a.example [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!
Nov 10 06:55:46 bastion sshd[2100]: Invalid user webmaster from 192.0.2.7
Nov 10 06:55:46 bastion sshd[2100]: input_userauth_request: invalid user webmaster [preauth]
Nov 10 06:55:46 bastion sshd[2100]: pam_unix(sshd:auth): check pass; user unknown
Nov 10 06:55:48 bastion sshd[2100]: Failed password for invalid user webmaster from 192.0.2.7 port 38926 ssh2
Nov 10 06:55:49 bastion sshd[2100]: Connection closed by 192.0.2.7 [preauth]
Nov 10 07:13:43 bastion sshd[2227]: Failed password for root from 198.51.100.9 port 42393 ssh2
Nov 10 07:13:56 bastion sshd[2227]: message repeated 5 times: [ Failed password for root from 198.51.100.9 port 42393 ssh2]
Nov 10 07:13:56 bastion sshd[2227]: Disconnecting: Too many authentication failures for root [preauth]
Nov 10 09:00:01 bastion sshd[2301]: Accepted publickey for deploy from 198.51.100.20 port 50022 ssh2: ED25519 SHA256:abc
Nov 10 09:00:02 bastion CRON[2302]: pam_unix(cron:session): session opened for user root
not a line of a log
`;

/** The n-th line of a JSONL file of alerts; each has a dedup key of its own. */
export const jsonlLine = (n: number): string =>
  JSON.stringify({
    type: 'AUTH_FAILURE',
    severity: 'HIGH',
    message: 'Login failed',
    metadata: { userId: `u-${n}`, ipAddress: '192.0.2.7' },
    dedupKey: `line-${n}`,
  });
