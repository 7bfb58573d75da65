import { connect } from 'node:net';
import { createPosts } from '../payload.ts';
import { done, endWithBench, type LoadTimes, measureLoad, settingsOf } from './script.ts';

/** Posts of alerts to Alertmanager, each connection with one in flight. */
export interface PostSettings extends LoadTimes {
  readonly address: string;
  readonly connections: number;
  /** In each post. */
  readonly alerts: number;
}

const settings = settingsOf<PostSettings>();
const { address, connections, alerts } = settings;
const countersEach = 100_000_000;
const accepted = 'HTTP/1.1 200 ';

let posted = 0;

const keepPosting = (number: number): void => {
  const [host, port] = address.split(':');
  const posts = createPosts(address, alerts, number * countersEach);
  const socket = connect(Number(port), host);
  socket.setNoDelay(true);
  let answer = '';
  socket.on('connect', () => socket.write(posts.next()));
  socket.on('data', (part) => {
    answer += part.toString('latin1');
    if (answer.length < accepted.length) return;
    if (!answer.startsWith(accepted)) throw new Error(`a post was not accepted: ${answer.slice(0, 200)}`);
    // What is accepted is answered without a body.
    if (!answer.endsWith('\r\n\r\n')) return;
    answer = '';
    posted += alerts;
    socket.write(posts.next());
  });
  socket.on('error', (error) => {
    throw error;
  });
};

endWithBench();
for (let number = 0; number < connections; number++) keepPosting(number);
await measureLoad(settings, () => posted);
done(posted);
