import { getDiffieHellman } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { modPow } from '../../../src/engine/crypto/big-math.js';
import { ec2nGroups, ec2nMultiply, ec2nPublic } from '../../../src/engine/crypto/groups/ec2n.js';
import { ecpGroups, onCurve } from '../../../src/engine/crypto/groups/ecp.js';
import { modpGroup } from '../../../src/engine/crypto/groups/modp.js';
import { concat, fromBigInt, toBigInt, toHex } from '../../../src/engine/crypto/octets.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { Secret } from '../../../src/model/secret.js';
import { hex, method, providers } from './support.js';

const random = seededRandom('key exchange tests');

describe('the parameters', () => {
  it.each([1, 2, 5, 14, 15, 16, 17, 18])('of group %i are those that OpenSSL knows', (id) => {
    const named = getDiffieHellman(`modp${id}`);
    expect(modpGroup(id).prime.toString(16)).toBe(named.getPrime('hex'));
    expect(modpGroup(id).generator).toBe(BigInt(`0x${named.getGenerator('hex')}`));
  });

  it.each([22, 23, 24])('of group %i have a subgroup of the stated order (RFC 5114 §2)', (id) => {
    const { prime, generator, order } = modpGroup(id);
    expect((prime - 1n) % order!).toBe(0n);
    expect(modPow(generator, order!, prime)).toBe(1n);
  });

  it.each(ecpGroups.map((group) => [group.curve, group] as const))(
    'of %s have the generator on the curve',
    (_, group) => {
      const generator = concat([fromBigInt(group.gx, group.octets), fromBigInt(group.gy, group.octets)]);
      expect(onCurve(group, generator)).toBe(true);
    },
  );

  it.each(ec2nGroups.map((group) => [group.curve, group] as const))(
    'of %s have a generator of the stated order',
    (_, group) => {
      expect(ec2nMultiply(group, group.order, group.gx)).toBeUndefined();
      for (const divisor of [2n, 4n]) {
        if (group.order % divisor === 0n) expect(ec2nMultiply(group, group.order / divisor, group.gx)).toBeDefined();
      }
      expect(ec2nPublic(group, fromBigInt(group.gx, group.octets))).toBe(group.gx);
    },
  );

  it('keep private values short, but of twice the strength (RFC 3526 §8)', () => {
    expect([1, 2, 5, 14, 15, 16, 17, 18].map((id) => modpGroup(id).privateBits)).toEqual([
      256, 256, 256, 256, 256, 300, 340, 384,
    ]);
  });
});

describe.each(providers)('$name', (provider) => {
  describe.each([1, 2, 14, 22, 23, 24])('group %i (RFC 6989 §2.1, §2.2)', (id) => {
    const { prime, octets, order } = modpGroup(id);
    const exchange = method(provider, id).start(random);
    const refused = (value: bigint) => exchange.agree(fromBigInt(value, octets)) === undefined;

    it('refuses 0, 1, p - 1, p and beyond', () => {
      for (const value of [0n, 1n, prime - 1n, prime, prime + 1n]) expect(refused(value)).toBe(true);
    });

    it('refuses a value that is not as long as the prime (RFC 7296 §3.4)', () => {
      const valid = method(provider, id).start(random).publicValue;
      expect(exchange.agree(valid)).toBeDefined();
      expect(exchange.agree(concat([Uint8Array.of(0), valid]))).toBeUndefined();
      expect(exchange.agree(valid.subarray(1))).toBeUndefined();
      expect(exchange.agree(new Uint8Array(0))).toBeUndefined();
    });

    it('takes private values in range only', () => {
      const resume = (value: bigint) => method(provider, id).resume(new Secret(fromBigInt(value, octets)));
      expect(resume(0n)).toBeUndefined();
      expect(resume(order ?? prime - 1n)).toBeUndefined();
      expect(resume(prime)).toBeUndefined();
    });
  });

  it.each([22, 23, 24])('refuses values outside the subgroup of group %i (RFC 6989 §2.2)', (id) => {
    const { prime, octets, order } = modpGroup(id);
    const exchange = method(provider, id).start(random);
    const outside = [2n, 3n, 5n, 7n].filter((value) => modPow(value, order!, prime) !== 1n);
    expect(outside.length).toBeGreaterThan(0);
    for (const value of outside) expect(exchange.agree(fromBigInt(value, octets))).toBeUndefined();
  });

  it.each([1, 2, 5, 14])('pads public value and shared secret to the length of the prime in group %i', (id) => {
    // 2^1 is the shortest public value there is, and as the peer's value it makes a short secret too.
    const two = fromBigInt(2n, modpGroup(id).octets);
    const one = method(provider, id).resume(new Secret(Uint8Array.of(1)))!;
    expect(one.publicValue).toEqual(two);
    expect(one.agree(two)!.reveal()).toEqual(two);
  });

  describe.each(ecpGroups.map((group) => [group.transform.id, group] as const))(
    'group %i (RFC 6989 §2.3)',
    (id, group) => {
      it('refuses points that are not on the curve, infinity and other lengths', () => {
        const exchange = method(provider, id).start(random);
        const valid = method(provider, id).start(random).publicValue;
        const x = valid.slice(0, group.octets);
        const off = valid.map((octet, index) => (index === valid.length - 1 ? octet ^ 1 : octet));
        const beyond = concat([
          x,
          fromBigInt(toBigInt(valid.subarray(group.octets)) + group.p, group.octets + 1).subarray(1),
        ]);
        const bad = [
          off,
          beyond,
          new Uint8Array(valid.length),
          x,
          concat([Uint8Array.of(4), valid]),
          new Uint8Array(0),
        ];
        expect(exchange.agree(valid)).toBeDefined();
        for (const value of bad) expect(exchange.agree(value), toHex(value)).toBeUndefined();
      });

      it('takes private values in 1 … n - 1 only', () => {
        const resume = (value: bigint) => method(provider, id).resume(new Secret(fromBigInt(value, group.orderOctets)));
        expect(resume(0n)).toBeUndefined();
        expect(resume(group.n)).toBeUndefined();
        const negated = resume(group.n - 1n)!;
        expect(toBigInt(negated.publicValue.subarray(0, group.octets))).toBe(group.gx);
        expect(toBigInt(negated.publicValue.subarray(group.octets))).toBe(group.p - group.gy);
      });
    },
  );

  describe.each(ec2nGroups.map((group) => [group.transform.id, group] as const))(
    'group %i (RFC 2409 §6.3, §6.4)',
    (id, group) => {
      it('refuses x of no point, of points of small order and of another length', () => {
        const exchange = method(provider, id).start(random);
        const agree = (x: bigint) => exchange.agree(fromBigInt(x, group.octets));
        const candidates = Array.from({ length: 40 }, (_, index) => BigInt(index + 1));
        const offCurve = candidates.filter((x) => {
          const { field, b } = group;
          return field.trace(x ^ field.multiply(b, field.square(field.invert(x)))) !== 0n;
        });
        expect(offCurve.length).toBeGreaterThan(5);
        for (const x of offCurve) expect(agree(x)).toBeUndefined();
        expect(agree(0n)).toBeUndefined(); // the point of order 2
        expect(agree(1n << BigInt(group.field.degree))).toBeUndefined();
        expect(exchange.agree(exchange.publicValue.subarray(1))).toBeUndefined();
        expect(exchange.agree(exchange.publicValue)).toBeDefined();
      });

      it('refuses a point whose order divides the cofactor', () => {
        // x⁴ = b: doubling such a point gives x = x² + b/x² = 0, the point of order 2.
        let root = group.b;
        for (let count = 0; count < group.field.degree - 2; count += 1) root = group.field.square(root);
        expect(ec2nMultiply(group, 2n, root)).toBe(0n);
        expect(method(provider, id).start(random).agree(fromBigInt(root, group.octets))).toBeUndefined();
      });
    },
  );

  it.each([
    [31, '0000000000000000000000000000000000000000000000000000000000000000'],
    [31, '0100000000000000000000000000000000000000000000000000000000000000'],
    [31, 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    [31, 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
    [32, '00'.repeat(56)],
    [32, `01${'00'.repeat(55)}`],
  ])('refuses points of small order in group %i: %s (RFC 8031 §3)', (id, value) => {
    expect(method(provider, id).start(random).agree(hex(value))).toBeUndefined();
    expect(method(provider, id).respond(hex(value), random)).toBeUndefined();
  });

  it.each([31, 32])('refuses values of another length in group %i', (id) => {
    const { publicLength, start, resume } = method(provider, id);
    const exchange = start(random);
    expect(exchange.agree(random(publicLength - 1))).toBeUndefined();
    expect(exchange.agree(random(publicLength + 1))).toBeUndefined();
    expect(resume(new Secret(random(publicLength - 1)))).toBeUndefined();
  });

  it.each([35, 36, 37])('refuses encapsulation keys and ciphertexts that cannot be in group %i (FIPS 203 §7)', (id) => {
    const { start, respond, publicLength, answerLength } = method(provider, id);
    const exchange = start(random);
    const answer = respond(exchange.publicValue, random)!;
    expect([exchange.publicValue.length, answer.publicValue.length]).toEqual([publicLength, answerLength]);
    const beyond = exchange.publicValue.slice();
    beyond.set([0xff, 0xff, 0xff], 0); // coefficients of 4095, where q is 3329
    expect(respond(beyond, random)).toBeUndefined();
    expect(respond(exchange.publicValue.subarray(1), random)).toBeUndefined();
    expect(exchange.agree(answer.publicValue.subarray(1))).toBeUndefined();
    // A wrong ciphertext of the right length gives another secret: only the authentication after it will fail.
    const wrong = answer.publicValue.map((octet, index) => (index === 9 ? octet ^ 1 : octet));
    expect(exchange.agree(wrong)!.equals(answer.sharedSecret)).toBe(false);
    expect(exchange.agree(wrong)!.equals(exchange.agree(wrong)!)).toBe(true);
  });

  it('leaves two exchanges of one group apart', () => {
    // The node provider keeps one OpenSSL object for each MODP group.
    const group = method(provider, 14);
    const [a, b, c] = [group.start(random), group.start(random), group.start(random)];
    expect(a.agree(c.publicValue)!.equals(c.agree(a.publicValue)!)).toBe(true);
    expect(b.agree(c.publicValue)!.equals(c.agree(b.publicValue)!)).toBe(true);
    expect(a.agree(c.publicValue)!.equals(b.agree(c.publicValue)!)).toBe(false);
  });

  it('never shows a shared secret', () => {
    const exchange = method(provider, 19).start(random);
    const shared = exchange.agree(method(provider, 19).start(random).publicValue)!;
    expect(`${shared} ${JSON.stringify({ exchange, shared })}`).not.toContain(toHex(shared.reveal()));
    expect(String(shared)).toBe('[secret]');
  });
});
