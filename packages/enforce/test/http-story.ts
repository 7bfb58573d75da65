import { expect, test } from '@jest/globals';
import { ask, openWorld, type World } from './support.ts';

/** What a service that is asked here says of its requests: the headers `user`, `began`, `proven` and the path. */
export interface HttpService {
  /** Serves `/notes`, behind enforcement for addresses and users. Ends with the test. */
  open(world: World, events: { refused(reason: string): void; suspect(): void }): Promise<number>;
  /** The same behind a proxy on this machine that it trusts, for addresses alone. */
  openBehindProxy(world: World): Promise<number>;
}

/** What every framework's middleware does, over real HTTP. */
export const httpStory = (service: HttpService): void => {
  const open = async () => {
    const world = openWorld();
    const refused: string[] = [];
    let suspects = 0;
    const port = await service.open(world, {
      refused: (reason) => void refused.push(reason),
      suspect: () => void suspects++,
    });
    const began = String(Date.now() - 60_000);
    const get = (headers: Record<string, string> = {}, path = '/notes') => ask(port, path, { began, ...headers });
    return { ...world, get, refused, suspects: () => suspects };
  };

  test('a request that no decision is about goes on', async () => {
    const { get, decide, refused } = await open();
    await decide({ kind: 'block_address', target: '192.0.2.0/24' });
    await decide({ kind: 'lock_account', target: 'bob' });
    expect(await get()).toMatchObject({ status: 200 });
    expect(await get({ user: 'ann' })).toMatchObject({ status: 200 });
    expect(refused).toEqual([]);
  });

  test('a blocked address is refused, and let in again when it is over', async () => {
    const { get, decide, end, refused } = await open();
    const id = await decide({ kind: 'block_address', target: '127.0.0.0/8' });
    const answer = await get({ user: 'ann' });
    expect(answer).toMatchObject({ status: 403, code: 'address_blocked' });
    expect(answer.header('cache-control')).toBe('no-store');
    await end(id);
    expect(await get()).toMatchObject({ status: 200 });
    expect(refused).toEqual(['address_blocked']);
  });

  test('a throttled address is refused beyond its limit, and told when to come again', async () => {
    const { get, decide } = await open();
    await decide({ kind: 'throttle_address', perMinute: 2 });
    const answers = [await get(), await get(), await get()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.code).toBe('throttled');
    const wait = Number(answers[2]?.header('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(30);
  });

  test('a request from a suspect address goes on, and is looked at', async () => {
    const { get, decide, suspects } = await open();
    await decide({ kind: 'suspect_address' });
    expect(await get()).toMatchObject({ status: 200 });
    expect(suspects()).toBe(1);
  });

  test('a locked user is refused, and others are not', async () => {
    const { get, decide } = await open();
    await decide({ kind: 'lock_account', target: 'ann' });
    expect(await get({ user: 'ann' })).toMatchObject({ status: 403, code: 'user_locked' });
    expect(await get({ user: 'bob' })).toMatchObject({ status: 200 });
  });

  test('a session from before the revocation is refused, a later one goes on', async () => {
    const { get, decide } = await open();
    await decide({ kind: 'revoke_sessions', target: 'ann', from: Date.now() });
    const answer = await get({ user: 'ann' });
    expect(answer).toMatchObject({ status: 401, code: 'session_revoked' });
    expect(answer.header('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await get({ user: 'ann', began: 'unknown' })).toMatchObject({ status: 401, code: 'session_revoked' });
    expect(await get({ user: 'ann', began: String(Date.now() + 1) })).toMatchObject({ status: 200 });
  });

  test('who must step up is refused until the second factor was given', async () => {
    const { get, decide } = await open();
    await decide({ kind: 'step_up', target: 'ann' });
    const answer = await get({ user: 'ann', proven: String(Date.now() - 60_000) });
    expect(answer).toMatchObject({ status: 401, code: 'step_up_required' });
    expect(answer.header('www-authenticate')).toContain('insufficient_user_authentication');
    expect(await get({ user: 'ann', proven: String(Date.now() + 1) })).toMatchObject({ status: 200 });
  });

  test('who lost access to a resource is refused there, and nowhere else', async () => {
    const { get, decide } = await open();
    await decide({ kind: 'revoke_access', target: 'ann', resource: '/notes' });
    expect(await get({ user: 'ann' })).toMatchObject({ status: 403, code: 'access_revoked' });
    expect(await get({ user: 'ann' }, '/other')).toMatchObject({ status: 404 });
    expect(await get({ user: 'bob' })).toMatchObject({ status: 200 });
  });

  test('behind a proxy that is trusted the address is what the proxy says', async () => {
    const world = openWorld();
    const port = await service.openBehindProxy(world);
    await world.decide({ kind: 'block_address', target: '198.51.100.7' });
    await world.decide({ kind: 'lock_account', target: 'ann' });
    const from = (address: string) => ask(port, '/notes', { 'x-forwarded-for': address, user: 'ann' });
    expect(await from('198.51.100.7')).toMatchObject({ status: 403, code: 'address_blocked' });
    expect(await from('198.51.100.8')).toMatchObject({ status: 200 });
  });
};
