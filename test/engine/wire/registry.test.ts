import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/engine/wire/codec.js';
import { isakmpPayloadDefinitions } from '../../../src/engine/wire/isakmp/table.js';
import { notifyData } from '../../../src/engine/wire/payloads/notify-data.js';
import { encryptedPayloadDefinitions, ikev2PayloadDefinitions } from '../../../src/engine/wire/payloads/table.js';
import * as registries from '../../../src/engine/wire/registry.js';
import {
  authenticationTransforms,
  encryptionTransforms,
  keyExchangeTransforms,
  prfTransforms,
} from '../../../src/model/transform.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import type { TsharkPayload } from './tshark.js';
import { vectorMessages } from './vectors.js';

const { registry, vendorIdName } = registries;

describe('a registry', () => {
  const colours = registry(
    'colour',
    { RED: 1, GREEN: 2 },
    { privateFirst: 10, privateLast: 19, spelled: { 2: 'green as grass' } },
  );

  it('puts every number into words', () => {
    expect([1, 2, 3, 10, 19, 20].map((number) => colours.describe(number))).toEqual([
      'RED (1)',
      'green as grass (2)',
      'unassigned (3)',
      'private use (10)',
      'private use (19)',
      'unassigned (20)',
    ]);
    expect([1, 2, 3].map((number) => colours.brief(number))).toEqual(['RED', 'green as grass', '3']);
    expect([colours.name(2), colours.name(3)]).toEqual(['GREEN', undefined]);
    expect(colours.number.GREEN).toBe(2);
  });

  it('has no number twice', () => {
    expect(() => registry('twice', { A: 1, B: 1 })).toThrow('twice: 1 has two names, A and B');
  });
});

describe('the registries', () => {
  it('name payloads as their definitions do', () => {
    for (const { kind, number } of [...ikev2PayloadDefinitions, ...encryptedPayloadDefinitions]) {
      expect(registries.payloadTypes.name(number)).toBe(kind);
    }
    for (const { kind, number } of isakmpPayloadDefinitions)
      expect(registries.isakmpPayloadTypes.name(number)).toBe(kind);
  });

  it('agree with the table of algorithms of the model', () => {
    const plain = (name: string | undefined): string =>
      name?.replace(/^(ENCR|AUTH|PRF|ESP|AH)_|[-_ ]/g, '').toUpperCase() ?? 'none';
    for (const { name, ikev2Id, espId } of encryptionTransforms) {
      const algorithm = plain(name.replace(/-(128|192|256)$/, ''))
        .replace('DESCBC', 'DES')
        .replace(/^(RC5|IDEA|CAST|BLOWFISH)CBC$/, '$1');
      expect(plain(registries.encryptionAlgorithms.name(ikev2Id)).replace('NULLAUTH', '')).toBe(algorithm);
      if (espId === undefined || espId === 28) continue;
      const esp = plain(registries.espTransforms.name(espId))
        .replace('NULLAUTH', '')
        .replace(/^CAMELLIA$/, 'CAMELLIACBC');
      expect(esp).toBe(algorithm);
    }
    for (const { name, ikev2Id } of authenticationTransforms) {
      expect(plain(registries.integrityAlgorithms.name(ikev2Id))).toBe(plain(name));
    }
    for (const { name, ikev2Id } of prfTransforms)
      expect(plain(registries.pseudorandomFunctions.name(ikev2Id))).toBe(plain(name));
    for (const { name, id } of keyExchangeTransforms) expect(registries.keyExchangeMethods.name(id)).toBe(name);
  });

  it('know every notification whose data has a codec', () => {
    for (const name of Object.keys(notifyData)) expect(registries.notifyTypes.number).toHaveProperty(name);
  });

  it('tell errors from status', () => {
    expect(registries.isErrorNotify(registries.notifyTypes.number.STATE_NOT_FOUND)).toBe(true);
    expect(registries.isErrorNotify(registries.notifyTypes.number.INITIAL_CONTACT)).toBe(false);
  });

  it('have transform IDs for each type that has some', () => {
    const seen = [1, 2, 3, 4, 5, 6, 12, 13, 14, 15].map((type) => registries.transformIds(type).title);
    expect(seen).toEqual([
      'encryption algorithm',
      'pseudorandom function',
      'integrity algorithm',
      'key exchange method',
      'sequence numbers',
      'key exchange method',
      'key exchange method',
      'key wrap algorithm',
      'group controller authentication method',
      'transform ID',
    ]);
  });
});

const messages = vectorMessages();

describe.skipIf(messages.length === 0)(`names (skipped where ${sharedMissing})`, () => {
  /** Every `label: NAME (number)` that tshark shows, by field. */
  const shown = new Map<string, Map<number, string>>();
  const walk = (payloads: readonly TsharkPayload[]): void => {
    for (const { type, fields, payloads: nested = [] } of payloads) {
      const version = type >= 33 && type <= 54 ? 2 : type === 2 || type === 3 ? 0 : 1;
      for (const [name, value, text] of fields) {
        const found = /: (.*) \((\d+)\)$/.exec(text ?? '');
        if (!found || found[2] !== value) continue;
        const key = `${name}/${version}`;
        shown.set(key, (shown.get(key) ?? new Map()).set(Number(value), found[1]!));
      }
      walk(nested);
    }
  };
  for (const { payloads = [] } of messages) walk(payloads);

  /** Letters and digits only: tshark and IANA differ in hyphens, spaces and articles. */
  const plain = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  /** Names that tshark has not as IANA has them. */
  const misspelt: Readonly<Record<string, string>> = { PRFAES128CBC: 'PRFAES128XCBC', PRFAES128CMAC6: 'PRFAES128CMAC' };
  const compared: readonly (readonly [string, registries.Registry])[] = [
    ['notify.msgtype/2', registries.notifyTypes],
    ['tf.id.prf/0', registries.pseudorandomFunctions],
    ['tf.id.integ/0', registries.integrityAlgorithms],
    ['ike.attr.encryption_algorithm/0', registries.oakleyEncryption],
    ['ike.attr.hash_algorithm/0', registries.oakleyHash],
    ['ike.attr.type/0', registries.oakleyAttributes],
    ['notify.data.signature_hash_algorithms/2', registries.hashAlgorithms],
    ['certreq.type/2', registries.certificateEncodings],
    ['cert.encoding/1', registries.isakmpCertificateEncodings],
  ];

  it.each(compared)('of %s are those of tshark', (key, names) => {
    const theirs = shown.get(key)!;
    expect(theirs.size).toBeGreaterThan(0);
    for (const [number, name] of theirs) {
      const ours = names.describe(number).replace(/ \(\d+\)$/, '');
      if (/^(Unknown|RESERVED|PRIVATE)/i.test(name)) expect(ours).toMatch(/^(private use|unassigned)$/);
      else expect(plain(ours)).toBe(misspelt[plain(name)] ?? plain(name));
    }
  });
});

describe('vendor IDs', () => {
  it('that are the MD5 of a text are', () => {
    const texts: Readonly<Record<string, string>> = {
      'RFC 3947': 'NAT traversal (RFC 3947)',
      'draft-ietf-ipsec-nat-t-ike-02\n': 'draft-ietf-ipsec-nat-t-ike-02 (with line break)',
      'draft-huttunen-ipsec-esp-in-udp-00.txt': 'draft-huttunen-ipsec-esp-in-udp-00.txt',
      strongSwan: 'strongSwan',
      FRAGMENTATION: 'IKEv1 fragmentation',
      GSSAPI: 'GSSAPI',
      'draft-ietf-ipsec-nat-t-ike-00': 'draft-ietf-ipsec-nat-t-ike-00',
      'draft-ietf-ipsec-nat-t-ike-03': 'draft-ietf-ipsec-nat-t-ike-03',
      'draft-stenberg-ipsec-nat-traversal-01': 'draft-stenberg-ipsec-nat-traversal-01',
      'KAME/racoon': 'KAME racoon',
    };
    for (const [text, name] of Object.entries(texts)) {
      expect(vendorIdName(createHash('md5').update(text).digest()), text).toBe(name);
    }
  });

  it('are found by how they begin, the longest first', () => {
    expect(vendorIdName(fromHex('afcad71368a1f1c96b8696fc77570100')!)).toBe('Dead Peer Detection (RFC 3706)');
    expect(vendorIdName(fromHex('4f45768a')!)).toBe('FreeS/WAN or Openswan');
    expect(vendorIdName(fromHex('4f454e5f')!)).toBe('FreeS/WAN, Openswan or Libreswan');
    expect(vendorIdName(fromHex('4f')!)).toBeUndefined();
    expect(vendorIdName(new Uint8Array())).toBeUndefined();
    expect(vendorIdName(new Uint8Array(5000))).toBeUndefined();
  });

  const list = sharedPath('vectors', 'ike-scan', 'ike-vendor-ids.txt');
  it.skipIf(list === undefined)('are not called something else than another scanner calls them', () => {
    const words = (name: string): ReadonlySet<string> => new Set(name.toLowerCase().match(/[a-z0-9]{3,}/g) ?? []);
    const known = readFileSync(list!, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const found = /^([^#\t]+)\t+\^([0-9a-fA-F]{8,})/.exec(line);
        const ours = found && vendorIdName(fromHex(found[2]!.slice(0, found[2]!.length & ~1))!);
        return ours ? [{ theirs: found[1]!, ours }] : [];
      });
    expect(known.length).toBeGreaterThan(60);
    const different = known.filter(({ theirs, ours }) => ![...words(theirs)].some((word) => words(ours).has(word)));
    // The same things under other names.
    expect(different.map(({ theirs, ours }) => `${theirs} = ${ours}`).sort()).toEqual([
      'MS NT5 ISAKMPOAKLEY = Microsoft Windows',
      'MacOS 10.x-2 = draft-ietf-ipsec-nat-t-ike',
    ]);
  });
});
