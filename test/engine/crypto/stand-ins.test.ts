/** What stands in for algorithms that a provider lacks: both ends of a simulation must be able to work with it, and only they. */
import { describe, expect, it } from 'vitest';
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { withStandIns } from '../../../src/engine/crypto/stand-ins.js';
import { Secret } from '../../../src/model/secret.js';

const own = await loadNodeProvider(seededRandom(1));
const provider = withStandIns(own);
const octets = (length: number, seed = 7) => Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 255);
const names = (list: readonly { readonly transform: { readonly name: string } }[]) =>
  list.map(({ transform }) => transform.name);

describe('a provider with stand-ins', () => {
  it('keeps what it has itself, in its order', () => {
    expect(names(provider.ciphers).slice(0, own.ciphers.length)).toEqual(names(own.ciphers));
    expect(provider.ciphers[0]).toBe(own.ciphers[0]);
    expect(provider.integrities[0]).toBe(own.integrities[0]);
    expect(new Set(names([...provider.ciphers, ...provider.aeads])).size).toBe(
      provider.ciphers.length + provider.aeads.length,
    );
  });

  it('has every algorithm that strongSwan’s proposals may name', () => {
    expect(names(provider.ciphers)).toEqual(
      expect.arrayContaining(['CAST-CBC', 'BLOWFISH-CBC', 'BLOWFISH-CBC-256', 'CAMELLIA-CTR-192', 'SERPENT-CBC-128']),
    );
    expect(names(provider.aeads)).toEqual(expect.arrayContaining(['CAMELLIA-CCM-8-128', 'CHACHA20-POLY1305-256']));
    expect(names(provider.integrities)).toEqual(
      expect.arrayContaining(['HMAC-MD5-128', 'HMAC-SHA1-160', 'HMAC-SHA2-256-96', 'AES-256-GMAC']),
    );
  });

  it.each(provider.ciphers.slice(own.ciphers.length).map((cipher) => [cipher.transform.name, cipher] as const))(
    '%s gives back what went in, in as many octets',
    (_, cipher) => {
      const { blockOctets, ivOctets } = cipher.transform;
      const key = cipher.key(new Secret(octets(cipher.keymatLength)));
      const [iv, text] = [octets(ivOctets), octets(blockOctets * 5)];
      const sealed = key.encrypt(iv, text);
      expect(sealed).toHaveLength(text.length);
      expect(sealed).not.toEqual(text);
      expect(key.decrypt(iv, sealed)).toEqual(text);
      expect(key.encrypt(octets(ivOctets, 8), text)).not.toEqual(sealed);
      expect(cipher.key(new Secret(octets(cipher.keymatLength, 9))).decrypt(iv, sealed)).not.toEqual(text);
    },
  );

  it.each(provider.aeads.slice(own.aeads.length).map((aead) => [aead.transform.name, aead] as const))(
    '%s finds what was changed',
    (_, aead) => {
      const key = aead.key(new Secret(octets(aead.keymatLength)));
      const [iv, text, aad] = [octets(8), octets(41), octets(8, 3)];
      const sealed = key.seal(iv, text, aad);
      expect(sealed).toHaveLength(text.length + aead.icvLength);
      expect(key.open(iv, sealed, aad)).toEqual(text);
      expect(key.open(iv, sealed, octets(8, 4))).toBeUndefined();
      const changed = sealed.slice();
      changed[3] = changed[3]! ^ 1;
      expect(key.open(iv, changed, aad)).toBeUndefined();
      expect(key.open(iv, sealed.subarray(0, aead.icvLength - 1), aad)).toBeUndefined();
    },
  );

  it.each(provider.integrities.slice(own.integrities.length).map((each) => [each.transform.name, each] as const))(
    '%s signs what it verifies',
    (_, integrity) => {
      const key = integrity.key(new Secret(octets(integrity.keyLength)));
      const icv = key.sign(octets(30));
      expect(icv).toHaveLength(integrity.icvLength);
      expect(key.verify(icv, octets(30))).toBe(true);
      expect(key.verify(icv, octets(30, 8))).toBe(false);
    },
  );
});
