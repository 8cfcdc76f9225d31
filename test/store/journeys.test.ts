import { describe, expect, it } from 'vitest';
import { request } from '../support/conversation.ts';
import { withRig, type Rig } from './store-rig.ts';

const CHALLENGE = { 'WWW-Authenticate': 'Bearer resource_metadata="http://localhost/x", error="invalid_token"' };
const agent = (name: string, token?: string) => ({
  'User-Agent': `${name}/1.0`,
  ...(token !== undefined && { Authorization: `Bearer ${token}` }),
});

/** Is told to sign in, and gets a token; with `back`, it comes back with it and is refused. */
function signIn({ talk }: Rig, name: string, back = false): void {
  talk.post(request(1, 'initialize'), agent(name)).answer(401, {}, CHALLENGE);
  talk.send({ path: '/token', headers: agent(name), body: 'x' }).answer(200, { access_token: `of-${name}` });
  if (back) talk.post(request(1, 'initialize'), agent(name, `of-${name}`)).answer(401, {}, CHALLENGE);
}

function fallSilent({ talk }: Rig): void {
  talk.clock.advance(600_000);
  talk.sweep();
}

describe('the record of attempts to connect', () => {
  it('has one row for each, which goes on while it is open', () => {
    withRig((rig) => {
      signIn(rig, 'acme');
      const open = rig.read((reader) => reader.journeys({}));
      expect(open).toMatchObject([
        { state: 'open', furthest: 'token', challenge: 'with-metadata', refusal: undefined },
      ]);
      rig.talk.post(request(1, 'initialize'), agent('acme', 'of-acme')).answer(401, {}, CHALLENGE);
      fallSilent(rig);
      const stopped = rig.read((reader) => reader.journeys({}));
      expect(stopped).toMatchObject([
        { id: open[0]?.id, state: 'stopped', furthest: 'return', refusal: { status: 401, error: 'invalid_token' } },
      ]);
      expect(stopped[0]?.stages.map(({ stage, status, reached }) => [stage, status, reached])).toEqual([
        ['contact', 401, true],
        ['challenge', 401, true],
        ['token', 200, true],
        ['return', 401, true],
      ]);
    });
  });

  it('is found by its id, and filtered by client, time, state, stage and error', () => {
    withRig((rig) => {
      signIn(rig, 'acme');
      signIn(rig, 'bolt', true);
      fallSilent(rig);
      const at = rig.talk.clock.now();
      rig.read((reader) => {
        const [first] = reader.journeys({ status: 'token' });
        expect(first).toMatchObject({ client: 'acme' });
        expect(reader.findJourneys(first?.id.slice(0, 6) ?? '')).toEqual([first]);
        expect(reader.findJourneys("' OR 1")).toEqual([]);
        const names = (filter: Parameters<typeof reader.journeys>[0]) =>
          reader.journeys(filter).map(({ clientName }) => clientName);
        expect(names({ status: 'invalid_token' })).toEqual(['bolt']);
        expect(names({ status: 'stopped', client: 'bolt' })).toEqual(['bolt']);
        expect(names({ status: 'arrived' })).toEqual([]);
        expect(names({ since: at })).toEqual([]);
        expect(names({ server: 'another' })).toEqual([]);
        expect([reader.journeys({ limit: 1 }).length, reader.countJourneys({})]).toEqual([1, 2]);
      });
    });
  });

  it('counts those that are not worth a row, and adds them up with the rest', () => {
    withRig((rig) => {
      for (let client = 0; client < 3; client++) {
        rig.talk.initialize(`s${client}`, { name: 'acme', version: '1' }, agent(`acme${client}`));
        if (client < 2) rig.talk.call(`s${client}`, 'quiz', agent(`acme${client}`));
      }
      signIn(rig, 'acme');
      fallSilent(rig);
      rig.read((reader) => {
        expect(reader.journeyFunnels({})).toMatchObject([
          {
            client: 'acme',
            attempts: 4,
            arrived: 2,
            reached: { handshake: 3, call: 2, token: 1 },
            stopped: { token: 1 },
          },
        ]);
        expect(reader.journeys({}).map(({ furthest }) => furthest)).toEqual(['token', 'handshake']);
        expect(reader.journeyFunnels({ client: 'nobody' })).toEqual([]);
        // They are no oddities, and make nobody a client.
        expect(reader.counts({}).filter(({ what }) => what.includes('journey'))).toEqual([]);
      });
    });
  });

  it('leaves no attempt open that a process followed which was killed', () => {
    withRig((rig) => {
      signIn(rig, 'acme');
      rig.store.flush();
      rig.pass(3 * 3_600_000);
      rig.talk.initialize('s2');
      rig.pass(60_000);
      expect(rig.read((reader) => reader.journeys({}))).toMatchObject([{ state: 'unfinished', furthest: 'token' }]);
    });
  });

  it('forgets what is older than --store-days', () => {
    withRig((rig) => {
      signIn(rig, 'acme');
      rig.talk.initialize('s1', { name: 'acme', version: '1' }, agent('plain'));
      rig.talk.call('s1', 'quiz', agent('plain'));
      fallSilent(rig);
      expect(rig.read((reader) => reader.journeyFunnels({}))).toMatchObject([{ attempts: 2 }]);
      rig.pass(8 * 86_400_000);
      rig.talk.initialize('s2');
      rig.pass(60_000);
      rig.read((reader) => {
        expect(reader.journeys({})).toEqual([]);
        expect(reader.journeyFunnels({})).toEqual([]);
      });
    });
  });
});
