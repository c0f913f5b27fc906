/** Each provider is the other's oracle: equal outputs, and what one seals the other opens. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { noblePrimitives } from '../../../src/engine/crypto/noble/symmetric.js';
import { concat } from '../../../src/engine/crypto/octets.js';
import {
  aeadNames,
  cipherNames,
  integrityNames,
  keyExchangeIds,
  prfNames,
} from '../../../src/engine/crypto/preference.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { Secret } from '../../../src/model/secret.js';
import { aead, cipher, integrity, method, noble, node, prfOf } from './support.js';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const data = fc.uint8Array({ maxLength: 200 });
const numRuns = 20;

it('both offer the same algorithms in the same order', () => {
  for (const list of ['aeads', 'ciphers', 'integrities', 'prfs', 'keyExchanges'] as const) {
    const names = noble[list].map(({ transform }) => transform.name);
    expect(node[list].map(({ transform }) => transform.name)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
  }
});

describe.each(aeadNames)('%s', (name) => {
  const [a, b] = [aead(noble, name), aead(node, name)];
  test.prop([octets(a.keymatLength), octets(8), data, data, fc.nat()], { numRuns })(
    'seals and opens alike',
    (keymat, iv, plaintext, aad, flip) => {
      const [ours, theirs] = [a.key(new Secret(keymat)), b.key(new Secret(keymat))];
      const sealed = ours.seal(iv, plaintext, aad);
      expect(theirs.seal(iv, plaintext, aad)).toEqual(sealed);
      expect(sealed.length).toBe(plaintext.length + a.icvLength);
      const forged = sealed.slice();
      forged[flip % forged.length]! ^= 1 << (flip % 8);
      for (const key of [ours, theirs]) {
        expect(key.open(iv, sealed, aad)).toEqual(plaintext);
        expect(key.open(iv, forged, aad)).toBeUndefined();
        expect(key.open(iv, sealed, concat([aad, Uint8Array.of(0)]))).toBeUndefined();
        expect(key.open(iv.subarray(1), sealed, aad)).toBeUndefined();
        expect(key.open(iv, sealed.subarray(0, a.icvLength - 1), aad)).toBeUndefined();
      }
    },
  );
});

describe.each(cipherNames)('%s', (name) => {
  const [a, b] = [cipher(noble, name), cipher(node, name)];
  const { blockOctets, ivOctets } = a.transform;
  test.prop([octets(a.keymatLength), octets(ivOctets), fc.nat(20).chain((blocks) => octets(blocks * blockOctets))], {
    numRuns,
  })('encrypts and decrypts alike', (keymat, iv, plaintext) => {
    const [ours, theirs] = [a.key(new Secret(keymat)), b.key(new Secret(keymat))];
    const ciphertext = ours.encrypt(iv, plaintext);
    expect(theirs.encrypt(iv, plaintext)).toEqual(ciphertext);
    for (const key of [ours, theirs]) {
      expect(key.decrypt(iv, ciphertext)).toEqual(plaintext);
      expect(key.decrypt(concat([iv, iv, Uint8Array.of(1)]), ciphertext)).toBeUndefined();
      if (blockOctets > 1) expect(key.decrypt(iv, concat([ciphertext, Uint8Array.of(1)]))).toBeUndefined();
    }
  });
});

describe.each(integrityNames)('%s', (name) => {
  const [a, b] = [integrity(noble, name), integrity(node, name)];
  test.prop([octets(a.keyLength), fc.array(data, { maxLength: 4 })], { numRuns })(
    'signs and verifies alike',
    (keymat, parts) => {
      const [ours, theirs] = [a.key(new Secret(keymat)), b.key(new Secret(keymat))];
      const icv = ours.sign(...parts);
      expect(theirs.sign(...parts)).toEqual(icv);
      expect(icv.length).toBe(a.icvLength);
      for (const key of [ours, theirs]) {
        expect(key.verify(icv, concat(parts))).toBe(true);
        expect(key.verify(icv, ...parts, Uint8Array.of(0))).toBe(false);
        expect(key.verify(icv.subarray(1), ...parts)).toBe(false);
      }
    },
  );
});

describe.each(prfNames)('%s', (name) => {
  test.prop([data, fc.array(data, { maxLength: 4 })], { numRuns })(
    'gives the same for keys of any length',
    (key, parts) => {
      const ours = prfOf(noble, name)
        .key(new Secret(key))
        .prf(...parts);
      expect(prfOf(node, name).key(new Secret(key)).prf(concat(parts))).toEqual(ours);
      expect(ours.length).toBe(prfOf(node, name).outputLength);
    },
  );
});

test.prop([octets(8), octets(8), octets(24)], { numRuns: 30 })(
  'single DES is Triple DES with one key three times',
  (key, iv, plaintext) => {
    const single = noblePrimitives.desCbc(key).encrypt(iv, plaintext);
    expect(noblePrimitives.desCbc(concat([key, key, key])).encrypt(iv, plaintext)).toEqual(single);
  },
);

/** One agreement for each group: a large one takes the noble provider a tenth of a second. */
describe.each(keyExchangeIds)('group %i', (id) => {
  const [a, b] = [method(noble, id), method(node, id)];
  it(`agrees across providers`, () => {
    const seed = `group ${id}`;
    const initiator = a.start(seededRandom(seed));
    expect(b.start(seededRandom(seed)).publicValue).toEqual(initiator.publicValue);
    expect(initiator.publicValue.length).toBe(a.publicLength);
    const answer = b.respond(initiator.publicValue, seededRandom(seed, 'responder'))!;
    expect(answer.publicValue.length).toBe(b.answerLength);
    const shared = initiator.agree(answer.publicValue)!;
    expect(shared.equals(answer.sharedSecret)).toBe(true);
    expect(shared.length).toBeGreaterThan(0);
  });
});
