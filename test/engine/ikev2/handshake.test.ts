import { describe, expect, it } from 'vitest';
import { aeadNames, cipherNames, integrityNames, prfNames } from '../../../src/engine/crypto/preference.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { Secret } from '../../../src/model/secret.js';
import type { Identity, IdentityPattern } from '../../../src/model/system-config.js';
import {
  disagreement,
  eventsOf,
  failureCodes,
  failuresOf,
  makeWorld,
  messages,
  pairsOf,
  type SideOptions,
  tcpPacket,
  type World,
} from './support.js';

function connect(options: Parameters<typeof makeWorld>[0] = {}): World {
  const world = makeWorld(options);
  world.request(world.a, tcpPacket(world.a.own, world.b.own));
  world.run(600_000);
  return world;
}

function expectWorking(world: World): void {
  expect(failuresOf(world.a)).toEqual([]);
  expect(failuresOf(world.b)).toEqual([]);
  expect(disagreement(world)).toEqual([]);
  expect(pairsOf(world.a).inbound).toHaveLength(1);
  expect(world.a.engine.ikeSas()).toHaveLength(1);
}

describe('IKE_SA_INIT and IKE_AUTH (RFC 7296 §1.2)', () => {
  it('make an IKE SA and a Child SA in four messages', () => {
    const world = connect();
    expectWorking(world);
    expect(messages(world)).toEqual(['a IKE_SA_INIT 0', 'b IKE_SA_INIT 0 R', 'a IKE_AUTH 1', 'b IKE_AUTH 1 R']);
    expect(eventsOf(world.a, 'child-sa')).toHaveLength(1);
  });

  it('work over IPv6', () => {
    expectWorking(connect({ a: { address: '2001:db8::1' }, b: { address: '2001:db8::2' } }));
  });

  it('give equal outputs for equal inputs and seeds', () => {
    const octets = (seed: string) => connect({ seed }).log.map((one) => Buffer.from(one.octets).toString('hex'));
    expect(octets('one')).toEqual(octets('one'));
    expect(octets('one')).not.toEqual(octets('two'));
  });

  it('name keys that are equal on both sides', () => {
    const world = connect();
    const keys = [world.a, world.b].map((side) => {
      const found = eventsOf(side, 'ike-keys')[0]!.keys;
      return found.version === 2
        ? [found.skEi, found.skEr].map((secret) => Buffer.from(secret.reveal()).toString('hex'))
        : [];
    });
    expect(keys[0]).toEqual(keys[1]);
    expect(keys[0]![0]).not.toBe(keys[0]![1]);
  });
});

describe('every algorithm', () => {
  const ikeCiphers = aeadNames.filter((name) => !name.startsWith('AES-GMAC'));
  const cases: (readonly [string, SideOptions])[] = [
    ...ikeCiphers.map((name) => [`IKE ${name}`, { ike: [{ encryption: [name] }] }] as const),
    ...cipherNames
      .filter((name) => name !== 'NULL')
      .map(
        (name) => [`IKE ${name}`, { ike: [{ encryption: [name], authentication: ['HMAC-SHA2-256-128'] }] }] as const,
      ),
    ...integrityNames.map(
      (name) => [`IKE ${name}`, { ike: [{ encryption: ['AES-CBC-128'], authentication: [name] }] }] as const,
    ),
    ...prfNames.map((name) => [`PRF ${name}`, { ike: [{ prf: [name] }] }] as const),
    ...[1, 2, 5, 14, 19, 20, 21, 22, 25, 26, 27, 28, 31, 32].map(
      (id) => [`group ${id}`, { ike: [{ groups: [id] }] }] as const,
    ),
    ...aeadNames.map((name) => [`ESP ${name}`, { child: [{ encryption: [name] }] }] as const),
    ...cipherNames.map(
      (name) => [`ESP ${name}`, { child: [{ encryption: [name], authentication: ['HMAC-SHA1-96'] }] }] as const,
    ),
    ...integrityNames.map((name) => [`AH ${name}`, { child: [{ protocol: 'AH', authentication: [name] }] }] as const),
    ['ESN', { child: [{ esn: ['esn'] }] }],
    ['either kind of sequence number', { child: [{ esn: ['esn', 'no-esn'] }] }],
    ['tunnel mode', { mode: 'tunnel' }],
  ];
  it.each(cases)('%s', (_, both) => {
    expectWorking(connect({ both }));
  });

  it('combines what both sides have, key lengths included', () => {
    const world = connect({
      a: { ike: [{ encryption: ['AES-GCM-16-256', 'AES-GCM-16-128'], groups: [31, 19] }] },
      b: { ike: [{ encryption: ['AES-CBC-256'], authentication: ['HMAC-SHA1-96'] }, { groups: [31] }] },
    });
    expectWorking(world);
    expect(world.a.engine.ikeSas()[0]!.transforms.encryption!.name).toBe('AES-GCM-16-128');
  });

  it('goes by the order of the profile', () => {
    const [first, second] = [{ encryption: ['AES-GCM-16-256'] }, { encryption: ['AES-GCM-16-128'] }];
    const chosen = (profile: SideOptions['profile']) =>
      connect({ a: { ike: [first, second] }, b: { ike: [second, first], profile } }).b.engine.ikeSas()[0]!.transforms
        .encryption!.name;
    expect(chosen('strict-rfc')).toBe('AES-GCM-16-256');
    expect(chosen('strongswan')).toBe('AES-GCM-16-128');
  });
});

describe('COOKIE (RFC 7296 §2.6)', () => {
  const wary = { ...peerProfile('strict-rfc'), cookieThreshold: { value: 0, note: 'for tests' } };

  it('is asked for, and the same request comes again with it', () => {
    const world = connect({ b: { profile: wary } });
    expectWorking(world);
    expect(messages(world).slice(0, 4)).toEqual([
      'a IKE_SA_INIT 0',
      'b IKE_SA_INIT 0 R',
      'a IKE_SA_INIT 0',
      'b IKE_SA_INIT 0 R',
    ]);
    const [first, , second] = world.log.map(({ output }) => output.content.message);
    if (first!.kind !== 'IKEv2' || second!.kind !== 'IKEv2') throw new Error('not IKEv2');
    expect(second!.payloads[0]).toMatchObject({ kind: 'N', body: { type: 16390 } });
    expect(second!.payloads.slice(1)).toEqual(first!.payloads);
  });

  it('goes together with another group', () => {
    const world = connect({ a: { ike: [{ groups: [19, 31] }] }, b: { profile: wary, ike: [{ groups: [31] }] } });
    expectWorking(world);
  });
});

describe('INVALID_KE_PAYLOAD (RFC 7296 §1.2)', () => {
  it('makes the initiator take the group that the responder wants', () => {
    const world = connect({ a: { ike: [{ groups: [19, 31] }] }, b: { ike: [{ groups: [31] }] } });
    expectWorking(world);
    expect(messages(world).filter((one) => one === 'a IKE_SA_INIT 0')).toHaveLength(2);
  });

  it('is no reason to take a group that was not offered', () => {
    const world = makeWorld({ a: { ike: [{ groups: [31] }] } });
    world.request(world.a);
    // Somebody answers in the responder's place.
    const { output, local, remote } = world.log[0]!;
    const { header } = output.content.message;
    const octets = new Uint8Array(28 + 10);
    octets.set(output.octets.subarray(0, 28));
    octets[16] = 41;
    octets[19] = 0x20;
    new DataView(octets.buffer).setUint32(24, octets.length);
    octets.set([0, 0, 0, 10, 0, 0, 0, 17, 0, 2], 28);
    expect(header.messageId).toBe(0);
    world.inject(world.a, remote, local, octets);
    expect(eventsOf(world.a, 'ignored').some(({ why }) => why.includes('MODP-1024'))).toBe(true);
    world.run(60_000);
    expectWorking(world);
  });
});

describe('what does not fit', () => {
  const cases: readonly [string, Parameters<typeof makeWorld>[0], string[], string[]][] = [
    ['the preshared key', { b: { psk: 'a second secret' } }, ['authentication-failed'], ['authentication-failed']],
    ['the encryption', { b: { ike: [{ encryption: ['AES-GCM-16-256'] }] } }, ['no-ike-proposal'], ['no-ike-proposal']],
    ['the PRF', { b: { ike: [{ prf: ['HMAC-SHA1'] }] } }, ['no-ike-proposal'], ['no-ike-proposal']],
    ['the group', { b: { ike: [{ groups: [14] }] } }, ['no-ike-proposal'], ['no-ike-proposal']],
    ['the version', { b: { ikeVersions: [1] } }, ['authentication-failed'], ['version-refused']],
    [
      'the initiator’s identity',
      { a: { localId: { type: 'FQDN', value: 'a.example' } } },
      ['authentication-failed'],
      ['identity-refused'],
    ],
    [
      'the responder’s identity',
      { b: { localId: { type: 'FQDN', value: 'b.example' } } },
      ['identity-refused'],
      ['identity-refused'],
    ],
    ['the method', { b: { peerMethod: 'RSASIG' } }, ['authentication-failed'], ['authentication-failed']],
    [
      'the ESP cipher',
      { b: { child: [{ encryption: ['AES-GCM-16-256'] }] } },
      ['no-child-proposal'],
      ['no-child-proposal'],
    ],
    [
      'the protocol',
      { b: { child: [{ protocol: 'AH', authentication: ['HMAC-SHA1-96'] }] } },
      ['no-child-proposal'],
      ['no-child-proposal'],
    ],
    ['the sequence numbers', { b: { child: [{ esn: ['esn'] }] } }, ['no-child-proposal'], ['no-child-proposal']],
    [
      'the selectors',
      { a: { selectors: [{ protocol: { lo: 6, hi: 6 } }] }, b: { selectors: [{ protocol: { lo: 17, hi: 17 } }] } },
      ['selectors-unacceptable'],
      ['no-spd-entry'],
    ],
    ['the mode, transport asked for', { b: { mode: 'tunnel' } }, ['mode-mismatch'], []],
    ['the mode, tunnel asked for', { a: { mode: 'tunnel' } }, ['no-child-proposal'], ['mode-mismatch']],
  ];
  it.each(cases)('%s', (_, options, ofA, ofB) => {
    const world = connect(options);
    expect(failureCodes(world.a)).toEqual(ofA);
    expect([...new Set(failureCodes(world.b))]).toEqual(ofB);
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(0);
    expect(world.a.failedRequests).toHaveLength(1);
    for (const { text, records } of [...failuresOf(world.a), ...failuresOf(world.b)]) {
      expect(text).not.toMatch(/[.]$|a key for tests|a second secret/);
      expect(records.length).toBeGreaterThan(0);
    }
  });

  describe('what AUTHENTICATION_FAILED can mean (RFC 7296 §2.21.2)', () => {
    const told = (options: Parameters<typeof makeWorld>[0], of: 'a' | 'b'): readonly string[] => {
      const found = failuresOf(connect(options)[of]);
      expect(found.map(({ foundBy }) => foundBy)).toEqual(['peer']);
      return found.map(({ code, text }) => `${code}: ${text}`);
    };
    const exactly = (value: string): IdentityPattern => ({ kind: 'exact', type: 'FQDN', value });
    const named = (value: string): Identity => ({ type: 'FQDN', value });

    it('to an initiator, anything that it said or asked for', () => {
      expect(told({ b: { psk: 'a second secret' } }, 'a')).toEqual([
        'authentication-failed: the peer refuses us as IPV4 192.0.2.1: it does not expect that, or has another key',
      ]);
      expect(
        told(
          { a: { remoteId: exactly('b.example') }, b: { psk: 'a second secret', localId: named('b.example') } },
          'a',
        ),
      ).toEqual([
        'authentication-failed: the peer refuses us as IPV4 192.0.2.1: it does not expect that, or has another key, or is not FQDN b.example',
      ]);
    });

    it('to a responder that the key of the initiator convinced, that it is somebody else', () => {
      expect(told({ b: { localId: named('b.example') } }, 'b')).toEqual([
        'identity-refused: the peer has our key, but does not expect it of FQDN b.example',
      ]);
    });

    /** A key to prove oneself with, and none to check the peer's proof. */
    const firstOnly = (key: Secret) => {
      let asked = 0;
      return () => (asked++ === 0 ? key : undefined);
    };
    it('to a responder that the initiator asked to be so, that its proof is not good', () => {
      const a: SideOptions = {
        remoteId: exactly('b.example'),
        credentials: { presharedKey: firstOnly(Secret.ofText('a key for tests')) },
      };
      expect(told({ a, b: { localId: named('b.example') } }, 'b')).toEqual([
        'authentication-failed: the peer asked for FQDN b.example, but does not take the key that it has too',
      ]);
    });

    it('to a responder that is not whom the initiator asked for, just that', () => {
      const b: SideOptions = { localId: named('c.example') };
      expect(told({ a: { remoteId: exactly('b.example') }, b }, 'b')).toEqual([
        'identity-refused: the peer asked for FQDN b.example, and does not take FQDN c.example',
      ]);
    });

    it('to a responder with several keys, either', () => {
      const keys = ['a key for tests', 'another key'].map((text) => Secret.ofText(text));
      const b: SideOptions = { localId: named('b.example'), credentials: { acceptedKeys: () => keys } };
      expect(told({ b }, 'b')).toEqual([
        'authentication-failed: the peer does not expect that we are FQDN b.example, or has another key',
      ]);
    });
  });

  it('the packet, which the peer leaves out of the selectors', () => {
    const world = connect({ b: { selectors: [{ protocol: { lo: 17, hi: 17 } }] } });
    expect(failureCodes(world.a)).toEqual(['selectors-unacceptable']);
    expect(failuresOf(world.a)[0]!.text).toContain('UDP');
    expect(disagreement(world)).toEqual([]);
    expect(pairsOf(world.a).inbound).toHaveLength(1);
    expect(world.a.failedRequests).toHaveLength(1);
  });

  it('nobody there', () => {
    const world = makeWorld();
    world.fate = () => [];
    world.request(world.a);
    world.run();
    expect(failureCodes(world.a)).toEqual(['timeout']);
    expect(messages(world)).toHaveLength(1 + peerProfile('strict-rfc').retransmission.value.repetitions);
    expect(world.a.failedRequests).toHaveLength(1);
    expect(world.a.engine.nextTimeout()).toBeUndefined();
  });

  it('a first Child SA that fails leaves the IKE SA, or takes it along, as the product has it', () => {
    const child = { b: { child: [{ encryption: ['AES-GCM-16-256'] }] } };
    expect(connect(child).a.engine.ikeSas()).toHaveLength(1);
    const asHpux = connect({ ...child, both: { profile: 'hpux' } });
    expect(asHpux.a.engine.ikeSas()).toHaveLength(0);
    expect(asHpux.b.engine.ikeSas()).toHaveLength(0);
  });
});
