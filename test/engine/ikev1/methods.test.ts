import { describe, expect, it } from 'vitest';
import type { AuthenticationMethod, IdentityType, SystemConfig } from '../../../src/model/system-config.js';
import { assumedNote, madeUpCredentials, madeUpPki } from '../../support/made-up-pki.js';
import {
  agree,
  eventsOf,
  failures,
  packetAB,
  packetBA,
  pair,
  type SystemOptions,
  texts,
  type World,
} from './support.js';

const origin = { kind: 'builtin', what: 'test' } as const;

const seed = 'methods';

/** A system whose records say the method; certificates are made up. */
function withMethod(method: AuthenticationMethod, exchange: 'main' | 'aggressive', own: string, peer: string) {
  const adjust = (config: SystemConfig): SystemConfig => ({
    ...config,
    pad: config.pad.map((entry) => ({
      ...entry,
      localMethod: { value: method, origin },
      remoteMethod: { value: method, origin },
      exchange: { value: exchange, origin },
      ...(own ? { localId: { value: idOf(own), origin } } : {}),
      ...(peer ? { remoteId: { value: { kind: 'exact' as const, ...idOf(peer) }, origin } } : {}),
    })),
  });
  const makeCredentials: SystemOptions['makeCredentials'] = ({ provider, view }) =>
    madeUpCredentials({
      seed,
      provider,
      subject: `CN=${view.config.name}`,
      pki: madeUpPki({ seed, provider }),
    });
  return { adjust, makeCredentials };
}

function idOf(text: string): { type: IdentityType; value: string } {
  const [type, value] = text.split(' ');
  return { type: type as IdentityType, value: value! };
}

function run(
  method: AuthenticationMethod,
  exchange: 'main' | 'aggressive',
  a = '',
  b = '',
  initiator = 'alpha',
): World {
  const world = pair(withMethod(method, exchange, a, b), withMethod(method, exchange, b, a));
  world.request(initiator, initiator === 'alpha' ? packetAB : packetBA);
  world.settle();
  return world;
}

function expectUp(world: World): void {
  const [alpha, beta] = world.systems;
  expect([...failures(alpha!), ...failures(beta!)].map(({ text }) => text)).toEqual([]);
  for (const one of [alpha!, beta!]) {
    expect(eventsOf(one, 'ike-sa').map(({ change }) => change)).toEqual(['established']);
    expect(eventsOf(one, 'child-sa').map(({ change }) => change)).toEqual(['established']);
  }
  expect(alpha!.sas.size).toBe(2);
  expect(agree(alpha!, beta!)).toBe(true);
}

const methods = ['PSK', 'RSASIG', 'DSSSIG', 'RSAENC', 'RSAREVENC'] as const;

describe.each(methods)('%s', (method) => {
  it.each(['main', 'aggressive'] as const)('in %s mode, by addresses, either side first', (exchange) => {
    expectUp(run(method, exchange));
    expectUp(run(method, exchange, '', '', 'beta'));
  });

  it.each(['main', 'aggressive'] as const)('in %s mode, by names', (exchange) => {
    expectUp(run(method, exchange, 'FQDN a.example.com', 'USER-FQDN b@example.com'));
  });

  it('says what was assumed', () => {
    const world = run(method, 'main');
    const notes = world.systems.flatMap((one) => eventsOf(one, 'authentication').map(({ note }) => note));
    const isSigned = method === 'RSASIG' || method === 'DSSSIG';
    expect(notes.filter((note) => note === assumedNote)).toHaveLength(isSigned ? 4 : 0);
  });
});

describe('distinguished names', () => {
  it.each(['main', 'aggressive'] as const)('work in %s mode', (exchange) => {
    const world = run('RSASIG', exchange, 'X500-DN CN=a,O=Example', 'X500-DN CN=b,O=Example');
    expectUp(world);
    expect(eventsOf(world.system('beta'), 'identity').find(({ of }) => of === 'peer')?.identity).toEqual({
      type: 'X500-DN',
      value: 'CN=a,O=Example',
    });
  });
});

describe('certificates', () => {
  it('are sent only where they are asked for', () => {
    const world = run('RSASIG', 'main');
    expect(world.trace.filter((line) => line.includes('CERT'))).toHaveLength(2);
    expect(world.trace.filter((line) => /\bCR\b/.test(line))).toHaveLength(2);
  });
});

describe('Main Mode', () => {
  it('hides identities, Aggressive Mode does not', () => {
    const name = 'FQDN a.example.com';
    const seen = (exchange: 'main' | 'aggressive', method: AuthenticationMethod) =>
      run(method, exchange, name).sent.some(({ octets }) => Buffer.from(octets).includes('a.example.com'));
    expect(seen('main', 'PSK')).toBe(false);
    expect(seen('aggressive', 'PSK')).toBe(true);
    expect(seen('aggressive', 'RSAENC')).toBe(false);
    expect(seen('aggressive', 'RSAREVENC')).toBe(false);
  });

  it.each(['DES', '3DES', 'AES128-CBC', 'AES256-CBC'])('works with %s', (cipher) => {
    for (const hash of ['MD5', 'SHA1']) {
      const ike = `-group 2 -hash ${hash} -encryption ${cipher} -life 3600`;
      const world = pair({ text: texts.a(undefined, ike) }, { text: texts.b(undefined, ike) });
      world.request('alpha', packetAB);
      world.settle();
      expectUp(world);
    }
  });

  it.each([1, 2, 3, 4, 5, 14, 19, 20, 21, 24, 31])('works with group %i', (group) => {
    const ike = `-group ${group} -hash SHA1 -encryption AES128-CBC -life 3600`;
    const world = pair({ text: texts.a(undefined, ike) }, { text: texts.b(undefined, ike) });
    world.request('alpha', packetAB);
    world.settle();
    expectUp(world);
  });
});
