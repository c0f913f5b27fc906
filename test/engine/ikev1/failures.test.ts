/** What does not fit: the right failure on both sides, and silence where the product is silent. */
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/engine/failure.js';
import type { AuthenticationMethod, SystemConfig } from '../../../src/model/system-config.js';
import { madeUpCredentials, madeUpPki } from '../../support/made-up-pki.js';
import { failures, packetAB, pair, type System, type SystemOptions, texts, type World } from './support.js';

type Side = Partial<Omit<SystemOptions, 'addresses'>>;

/** Lets alpha ask for SAs until all timers have run. */
function run(a: Side, b: Side): World {
  const world = pair(a, b);
  world.request('alpha', packetAB);
  world.run();
  return world;
}

const summary = (of: System): string[] =>
  failures(of).map(({ code, foundBy, attempt }) => `${attempt}: ${code} by ${foundBy}`);

function first(of: System): Failure {
  return failures(of)[0]!;
}

function expectNothing(world: World): void {
  for (const { sas, engine } of world.systems) {
    expect(sas.size).toBe(0);
    expect(engine.nextTimeout()).toBeUndefined();
  }
  expect(world.system('alpha').failedRequests).toHaveLength(1);
}

const psk = '-kmp IKEV1 -exchange MM -preshared secret-of-both';
const ike = '-group 2 -hash SHA1 -encryption AES128-CBC -life 28800';
const auth = (rest: string) => `-kmp IKEV1 -preshared secret-of-both ${rest}`;

describe('IKE proposals', () => {
  it.each([
    ['group', '-group 5 -hash SHA1 -encryption AES128-CBC', 'key-exchange', 'MODP-1024', 'MODP-1536'],
    ['hash', '-group 2 -hash MD5 -encryption AES128-CBC', 'prf', 'HMAC-SHA1', 'HMAC-MD5'],
    ['cipher', '-group 2 -hash SHA1 -encryption 3DES', 'encryption', 'AES-CBC-128', '3DES-CBC'],
    ['key length', '-group 2 -hash SHA1 -encryption AES256-CBC', 'encryption', 'AES-CBC-128', 'AES-CBC-256'],
  ])('differ in their %s', (_, theirs, attribute, offered, accepted) => {
    const world = run({ text: texts.a(psk, ike) }, { text: texts.b(psk, theirs) });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: no-ike-proposal by us']);
    const { mismatch, records, notify } = first(world.system('beta'));
    expect(mismatch?.closest?.differing).toEqual([attribute]);
    expect(mismatch?.comparison.find((row) => row.attribute === attribute)).toMatchObject({
      offered: [offered],
      accepted: [accepted],
      common: [],
    });
    expect(records.map(({ record }) => record.name)).toEqual(['x', 'i']);
    expect(notify).toBe('NO-PROPOSAL-CHOSEN');
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: no-ike-proposal by peer']);
    expect(first(world.system('alpha')).notify).toBe('NO-PROPOSAL-CHOSEN');
    expectNothing(world);
  });

  it('are answered by silence where the product is silent', () => {
    const world = run({ text: texts.a(psk, ike) }, { text: texts.b(psk, ike.replace('SHA1', 'MD5')), profile: 'hpux' });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: no-ike-proposal by us']);
    expect(world.sent.filter(({ sender }) => sender === 'beta')).toHaveLength(0);
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: timeout by nobody']);
    expect(first(world.system('alpha')).text).toMatch(
      /message 1 of Main Mode got no answer from 10\.2\.2\.2, tried 7 times in 127 seconds/,
    );
    expectNothing(world);
  });

  it('with a lifetime that is too long are refused only where the product does', () => {
    const traits = { longerLifetime: { value: 'refuse', note: '' } } as const;
    const world = run({ text: texts.a(psk, ike) }, { text: texts.b(psk, ike.replace('28800', '3600')), traits });
    expect(first(world.system('beta')).text).toMatch(
      /proposes 28800 seconds, and ikev1 'i' of beta allows 3600 seconds/,
    );
    expectNothing(world);
  });
});

describe('records', () => {
  it('are missing for the peer', () => {
    const world = run({}, { text: texts.b().replace('-remote 10.1.1.1', '-remote 10.9.9.9') });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: no-pad-entry by us']);
    expect(first(world.system('beta')).text).toBe('no auth record of beta is for 10.1.1.1');
    expectNothing(world);
  });

  it('allow another version', () => {
    const world = run({}, { text: texts.b('-kmp IKEV2 -preshared secret-of-both') });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: version-refused by us']);
    expectNothing(world);
  });

  it.each([
    ['MM', 'AM', 'UNSUPPORTED-EXCHANGE-TYPE'],
    ['AM', 'MM', 'UNSUPPORTED-EXCHANGE-TYPE'],
  ])('say %s here and %s there', (mine, theirs, notify) => {
    const world = run({ text: texts.a(auth(`-exchange ${mine}`)) }, { text: texts.b(auth(`-exchange ${theirs}`)) });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: exchange-refused by us']);
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: exchange-refused by peer']);
    expect(first(world.system('alpha')).notify).toBe(notify);
    expectNothing(world);
  });

  it('forbid to start (AUTOCONF)', () => {
    const ids = '-ltype FQDN -lid a.example.com -rtype FQDN -rid b.example.com';
    const world = run({ text: texts.a(auth(`-exchange AM -flags AUTOCONF ${ids}`)) }, {});
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: may-not-initiate by us']);
    expect(world.sent).toHaveLength(0);
  });

  it('have no key', () => {
    const world = run({ text: texts.a('-kmp IKEV1 -local_method RSASIG -remote_method RSASIG') }, {});
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: no-credential by us']);
    expect(world.sent).toHaveLength(0);
  });

  it('have two methods, which IKEv1 cannot', () => {
    const adjust = (config: SystemConfig): SystemConfig => ({
      ...config,
      pad: config.pad.map((entry) => ({ ...entry, remoteMethod: { ...entry.remoteMethod, value: 'RSASIG' as const } })),
    });
    const world = run({ adjust }, {});
    expect(first(world.system('alpha')).text).toContain('IKEv1 has one method for both sides');
  });
});

describe('preshared keys that differ', () => {
  const other = psk.replace('both', 'beta');

  it('leave message 5 of Main Mode undecipherable', () => {
    const world = run({}, { text: texts.b(other) });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: authentication-failed by us']);
    expect(first(world.system('beta')).text).toMatch(
      /message 5 of Main Mode cannot be decrypted: most likely the preshared keys/,
    );
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: authentication-failed by peer']);
    expect(first(world.system('alpha')).text).toContain('most likely because the preshared keys of both sides differ');
    expectNothing(world);
  });

  it('look like silence where the product is silent', () => {
    const world = run({ profile: 'hpux' }, { text: texts.b(other), profile: 'hpux' });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: authentication-failed by us']);
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: timeout by nobody']);
    expect(first(world.system('alpha')).text).toMatch(
      /message 5 of Main Mode got no answer.*most likely its preshared key is not that of auth 'x' of alpha/,
    );
    expectNothing(world);
  });

  it('are found by the initiator of Aggressive Mode', () => {
    const aggressive = (text: string) => text.replace('MM', 'AM');
    const world = run({ text: texts.a(aggressive(psk)) }, { text: texts.b(aggressive(other)) });
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: authentication-failed by us']);
    expect(first(world.system('alpha')).text).toContain("the preshared key of auth 'x' of alpha is not the peer’s");
    expect(summary(world.system('beta'))).toEqual(['IKE SA: authentication-failed by peer']);
    expectNothing(world);
  });
});

describe('identities', () => {
  const ids = (own: string, peer: string) => auth(`-exchange MM -ltype FQDN -lid ${own} -rtype FQDN -rid ${peer}`);

  it('of the initiator are not what the responder expects', () => {
    const world = run(
      { text: texts.a(ids('a.example.com', 'b.example.com')) },
      { text: texts.b(ids('b.example.com', 'other.example.com')) },
    );
    expect(summary(world.system('beta'))).toEqual(['IKE SA: identity-refused by us']);
    expect(first(world.system('beta')).text).toBe(
      "the peer is FQDN a.example.com, and auth 'x' of beta expects FQDN other.example.com",
    );
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: identity-refused by peer']);
    expectNothing(world);
  });

  it('of the responder are not what the initiator expects', () => {
    const world = run(
      { text: texts.a(ids('a.example.com', 'other.example.com')) },
      { text: texts.b(ids('b.example.com', 'a.example.com')) },
    );
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: identity-refused by us']);
    expect(first(world.system('alpha')).text).toContain('the peer is FQDN b.example.com');
    expect(world.system('alpha').sas.size + world.system('beta').sas.size).toBe(0);
  });

  it('of Aggressive Mode lead to no record', () => {
    const aggressive = (own: string, peer: string) => ids(own, peer).replace('MM', 'AM');
    const world = run(
      { text: texts.a(aggressive('a.example.com', 'b.example.com')) },
      { text: texts.b(aggressive('b.example.com', 'other.example.com')) },
    );
    expect(summary(world.system('beta'))).toEqual(['IKE SA: identity-refused by us']);
    expect(first(world.system('beta')).text).toBe(
      "no auth record of beta expects the identity FQDN a.example.com: auth 'x', which is for the address, expects FQDN other.example.com",
    );
    expectNothing(world);
  });

  it('of Aggressive Mode lead to a record for other addresses', () => {
    const aggressive = (own: string, peer: string) => ids(own, peer).replace('MM', 'AM');
    const text = texts.b(aggressive('b.example.com', 'a.example.com')).replace('-remote 10.1.1.1', '-remote 10.9.9.9');
    const world = run({ text: texts.a(aggressive('a.example.com', 'b.example.com')) }, { text });
    expect(summary(world.system('beta'))).toEqual(['IKE SA: identity-refused by us']);
    expect(first(world.system('beta')).text).toContain('is for 10.9.9.9');
  });
});

describe('certificates', () => {
  const signed = (seed: string, method: AuthenticationMethod = 'RSASIG'): Side => ({
    adjust: (config) => ({
      ...config,
      pad: config.pad.map((entry) => ({
        ...entry,
        localMethod: { ...entry.localMethod, value: method },
        remoteMethod: { ...entry.remoteMethod, value: method },
      })),
    }),
    makeCredentials: ({ provider, view }) =>
      madeUpCredentials({ seed, provider, subject: `CN=${view.config.name}`, pki: madeUpPki({ seed, provider }) }),
  });

  it('of another CA are refused', () => {
    const world = run(signed('one'), signed('two'));
    expect(summary(world.system('beta'))).toEqual(['IKE SA: certificate-refused by us']);
    expect(first(world.system('beta')).text).toMatch(/the certificate of IPV4 10\.1\.1\.1 is not valid/);
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: certificate-refused by peer']);
    expectNothing(world);
  });

  it('are of another method than is expected', () => {
    const world = run(signed('one'), signed('one', 'DSSSIG'));
    expect(first(world.system('beta')).text).toBe(
      "the peer wants to authenticate by RSA signatures (3), and auth 'x' of beta takes DSSSIG",
    );
    expect(summary(world.system('alpha'))).toEqual(['IKE SA: no-ike-proposal by peer']);
    expectNothing(world);
  });

  it.each(['RSAENC', 'RSAREVENC'] as const)('whose keys are not those that %s encrypts to', (method) => {
    const world = run(signed('one', method), signed('two', method));
    // Both have a key for the other, but a wrong one: nothing tells before the hash does.
    expect(summary(world.system('alpha')).concat(summary(world.system('beta')))).not.toEqual([]);
    expectNothing(world);
  });
});

describe('Quick Mode', () => {
  const action = (word: string) => [texts.a(psk, '', word), texts.b(psk, '', word)] as const;
  const esp = action('ESP_AES128_HMAC_SHA1');

  it('has no proposal in common', () => {
    const world = run({ text: action('ESP_3DES_HMAC_SHA1')[0] }, { text: esp[1] });
    expect(summary(world.system('beta'))).toEqual(['Child SA: no-child-proposal by us']);
    expect(first(world.system('beta')).mismatch?.closest?.differing).toEqual(['encryption']);
    expect(summary(world.system('alpha'))).toEqual(['Child SA: no-child-proposal by peer']);
    expect(world.system('alpha').engine.ikeSas()).toHaveLength(1);
    expect(world.system('alpha').sas.size).toBe(0);
  });

  it('has no proposal in common, and the product says nothing', () => {
    const world = run({ text: action('ESP_3DES_HMAC_SHA1')[0] }, { text: esp[1], profile: 'hpux' });
    expect(summary(world.system('beta'))).toEqual(['Child SA: no-child-proposal by us']);
    expect(summary(world.system('alpha'))).toEqual(['Child SA: timeout by nobody']);
    expect(first(world.system('alpha')).text).toContain('message 1 of Quick Mode got no answer');
  });

  it('is for other packets', () => {
    const world = run({}, { text: texts.b().replace('-source 10.2.2.2', '-source 10.2.2.2/32/TELNET') });
    expect(summary(world.system('beta'))).toEqual(['Child SA: selectors-unacceptable by us']);
    expect(first(world.system('beta')).text).toContain("host 'h' of beta means others");
    expect(summary(world.system('alpha'))).toEqual(['Child SA: selectors-unacceptable by peer']);
  });

  it('meets a policy that passes the packets', () => {
    const world = run({}, { text: texts.b(psk, '', 'PASS') });
    expect(summary(world.system('beta'))).toEqual(['Child SA: no-spd-entry by us']);
    expect(first(world.system('beta')).text).toContain("host 'h' of beta comes first, which passes them in the clear");
  });

  it('wants another mode', () => {
    const tunnel = (own: string, peer: string, remote: string) =>
      `add tunnel t -tsource ${own} -tdestination ${peer} -source ${own} -destination ${peer} -action ESP_AES128_HMAC_SHA1\n` +
      `add host h -source ${own} -destination ${peer} -priority 10 -tunnel t -action PASS\n` +
      `add auth x -remote ${remote} -priority 10 ${psk}\n`;
    const world = run({ text: tunnel('10.1.1.1', '10.2.2.2', '10.2.2.2') }, {});
    expect(summary(world.system('beta'))).toEqual(['Child SA: mode-mismatch by us']);
    expect(first(world.system('beta')).text).toBe(
      "the peer wants tunnel mode, and host 'h' of beta is for transport mode",
    );
  });

  it('wants PFS on one side only', () => {
    const pfs = (on: string) => `${ike} -pfs ${on}`;
    const wanted = run({ text: texts.a(psk, pfs('OFF')) }, { text: texts.b(psk, pfs('ON')) });
    expect(summary(wanted.system('beta'))).toEqual(['Child SA: no-child-proposal by us']);
    expect(first(wanted.system('beta')).mismatch?.closest?.differing).toEqual(['key-exchange']);
    const offered = run({ text: texts.a(psk, pfs('ON')) }, { text: texts.b(psk, pfs('OFF')) });
    expect(summary(offered.system('beta'))).toEqual(['Child SA: no-child-proposal by us']);
    const taken = run({ text: texts.a(psk, pfs('ON')) }, { text: texts.b(psk, pfs('OFF')), profile: 'hpux' });
    expect(summary(taken.system('beta'))).toEqual([]);
    expect(taken.system('beta').sas.size).toBe(2);
  });
});

describe('a peer that says nothing', () => {
  const tries = (value: number | undefined) => ({
    adjust: (config: SystemConfig): SystemConfig => ({
      ...config,
      pad: config.pad.map((entry) =>
        value === undefined
          ? entry
          : { ...entry, initiationTries: { value, origin: { kind: 'builtin' as const, what: 'test' } } },
      ),
    }),
  });
  const begun = ({ sent }: World): number =>
    new Set(sent.filter(({ sender }) => sender === 'alpha').map(({ octets }) => octets.subarray(0, 8).join())).size;

  it.each([
    [undefined, 1],
    [3, 3],
  ])('is tried as often as the record says (%s)', (value, expected) => {
    const world = pair(tries(value), {}, () => []);
    world.request('alpha', packetAB);
    world.run(3_600_000);
    expect(begun(world)).toBe(expected);
    expect(failures(world.system('alpha')).map(({ text }) => text.includes('tried again'))).toEqual(
      Array.from({ length: expected }, (_, index) => index < expected - 1),
    );
    expectNothing(world);
  });

  it('is tried without end where the record says 0, and gets what waited in the end', () => {
    const world = pair(tries(0), {}, (datagram) => (world.now < 20_000_000 ? [] : [{ delay: 10, datagram }]));
    world.request('alpha', packetAB);
    world.run(20_300_000);
    expect(begun(world)).toBeGreaterThan(100);
    expect(world.system('alpha').failedRequests).toEqual([]);
    expect(world.system('alpha').sas.size).toBe(2);
  });

  it('is not tried again when it refuses', () => {
    const world = pair({ ...tries(5), text: texts.a(psk, ike) }, { text: texts.b(psk, ike.replace('2', '5')) });
    world.request('alpha', packetAB);
    world.run(3_600_000);
    expect(begun(world)).toBe(1);
  });
});
