/**
 * Key exchange on node:crypto.
 *
 * MODP groups keep one DiffieHellman object each, made when first needed: creating one checks the prime, which takes
 * from 40 ms up to many seconds where OpenSSL does not know the group by name.
 */
import {
  createDiffieHellman,
  createECDH,
  createPrivateKey,
  createPublicKey,
  DiffieHellman,
  diffieHellman,
  getCurves,
  getDiffieHellman,
  type KeyObject,
} from 'node:crypto';
import { keyExchange } from '../../../model/transform.js';
import { ec2nGivenPrivate, ec2nGroups, ec2nPublic } from '../groups/ec2n.js';
import { ecpGivenPrivate, ecpGroups, onCurve } from '../groups/ecp.js';
import { type ModpGroup, modpGivenPrivate, modpGroup, modpGroupIds, modpPrivate, modpPublic } from '../groups/modp.js';
import { keyExchangeMethod } from '../key-exchange.js';
import { concat, equalConstantTime, fromBigInt, fromHex, plain } from '../octets.js';
import type { KeyExchangeMethod } from '../provider.js';
import { randomScalar } from '../random.js';

export const modpMethods: readonly KeyExchangeMethod[] = modpGroupIds.map((id) => {
  const group = () => modpGroup(id);
  return keyExchangeMethod<Uint8Array>({
    transform: keyExchange(id)!,
    get publicLength() {
      return group().octets;
    },
    draw: (random) => privateOctets(group(), modpPrivate(group(), random)),
    given(octets) {
      const value = modpGivenPrivate(group(), octets);
      return value === undefined ? undefined : privateOctets(group(), value);
    },
    exchange(x) {
      const { octets } = group();
      return {
        publicValue: leftPadded(withPrivate(id, x).generateKeys(), octets),
        agree(peerPublic) {
          if (modpPublic(group(), peerPublic) === undefined) return undefined;
          return leftPadded(withPrivate(id, x).computeSecret(peerPublic), octets);
        },
      };
    },
  });
});

function privateOctets(group: ModpGroup, value: bigint): Uint8Array {
  return fromBigInt(value, group.octets);
}

const objects = new Map<number, DiffieHellman>();

/** The group's object with `x` as its private value; it holds until the next call for the same group. */
function withPrivate(id: number, x: Uint8Array): DiffieHellman {
  let object = objects.get(id);
  if (!object) {
    object = settable(id, x);
    objects.set(id, object);
  }
  object.setPrivateKey(x);
  return object;
}

/**
 * A named group is free of the primality check, but its class hides `setPrivateKey`, which it nevertheless has: the
 * method of the sister class works on it. Where some version should disagree, the slow way remains.
 */
function settable(id: number, x: Uint8Array): DiffieHellman {
  const { prime, generator, octets, order } = modpGroup(id);
  if (order === undefined) {
    try {
      const named = getDiffieHellman(`modp${id}`) as DiffieHellman;
      const set: (key: Uint8Array) => void = DiffieHellman.prototype.setPrivateKey;
      const setPrivateKey = (key: Uint8Array): void => set.call(named, key);
      setPrivateKey(x);
      return Object.assign(named, { setPrivateKey });
    } catch {
      // fall through
    }
  }
  return createDiffieHellman(fromBigInt(prime, octets), fromBigInt(generator, octets));
}

function leftPadded(octets: Uint8Array, length: number): Uint8Array {
  if (octets.length === length) return plain(octets);
  const result = new Uint8Array(length);
  result.set(octets, length - octets.length);
  return result;
}

const curves = new Set(getCurves());
const uncompressed = Uint8Array.of(4);
/** Which of the two y is meant has no influence on x of the product. */
const compressed = Uint8Array.of(2);

/** The ECP groups that this OpenSSL has; some distributions leave old and Brainpool curves out. */
export const ecpMethods: readonly KeyExchangeMethod[] = ecpGroups
  .filter(({ curve }) => curves.has(curve))
  .map((group) =>
    keyExchangeMethod<bigint>({
      transform: group.transform,
      publicLength: 2 * group.octets,
      draw: (random) => randomScalar(random, group.n),
      given: (octets) => ecpGivenPrivate(group, octets),
      exchange(k) {
        const own = createECDH(group.curve);
        own.setPrivateKey(fromBigInt(k, group.orderOctets));
        return {
          publicValue: plain(own.getPublicKey().subarray(1)),
          agree: (peerPublic) =>
            onCurve(group, peerPublic) ? plain(own.computeSecret(concat([uncompressed, peerPublic]))) : undefined,
        };
      },
    }),
  );

export const ec2nMethods: readonly KeyExchangeMethod[] = ec2nGroups
  .filter(({ curve }) => curves.has(curve))
  .map((group) =>
    keyExchangeMethod<bigint>({
      transform: group.transform,
      publicLength: group.octets,
      draw: (random) => randomScalar(random, group.order),
      given: (octets) => ec2nGivenPrivate(group, octets),
      exchange(k) {
        const own = createECDH(group.curve);
        own.setPrivateKey(fromBigInt(k, group.octets));
        return {
          publicValue: plain(own.getPublicKey(null, 'compressed').subarray(1)),
          agree(peerPublic) {
            if (ec2nPublic(group, peerPublic) === undefined) return undefined;
            try {
              return plain(own.computeSecret(concat([compressed, peerPublic])));
            } catch {
              return undefined; // the product is the point at infinity
            }
          },
        };
      },
    }),
  );

/** PrivateKeyInfo up to the octets of the key — RFC 8410 §10.3. */
const pkcs8Prefixes = {
  X25519: fromHex('302e020100300506032b656e04220420'),
  X448: fromHex('3046020100300506032b656f043a0438'),
} as const;

type MontgomeryCurve = keyof typeof pkcs8Prefixes;

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64url');
}

function importByDer(crv: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(concat([pkcs8Prefixes[crv], scalar])), format: 'der', type: 'pkcs8' });
}

/** A JWK must have a public value, which is not known yet, and of which Node so far makes no use. */
function importByJwk(crv: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  const key = { kty: 'OKP', crv, d: base64url(scalar), x: base64url(new Uint8Array(scalar.length)) };
  return createPrivateKey({ key, format: 'jwk' });
}

function publicOctets(privateKey: KeyObject): Uint8Array {
  return plain(Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url'));
}

/** JWK is some twenty times faster than DER to import on Node 20; whether this Node takes ours is tried once. */
const privateImporter = once(() => {
  const probe = new Uint8Array(32).fill(7);
  try {
    const [a, b] = [importByJwk('X25519', probe), importByDer('X25519', probe)].map(publicOctets);
    return equalConstantTime(a!, b!) ? importByJwk : importByDer;
  } catch {
    return importByDer;
  }
});

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

function montgomery(id: number, crv: MontgomeryCurve, octets: number): KeyExchangeMethod {
  return keyExchangeMethod<Uint8Array>({
    transform: keyExchange(id)!,
    publicLength: octets,
    draw: (random) => random(octets),
    given: (value) => (value.length === octets ? value : undefined),
    exchange(scalar) {
      const privateKey = privateImporter()(crv, scalar);
      return {
        publicValue: publicOctets(privateKey),
        agree(peerPublic) {
          if (peerPublic.length !== octets) return undefined;
          const publicKey = createPublicKey({ key: { kty: 'OKP', crv, x: base64url(peerPublic) }, format: 'jwk' });
          try {
            return plain(diffieHellman({ privateKey, publicKey }));
          } catch {
            return undefined; // the all-zero result of a point of small order (RFC 7748 §6, RFC 8031 §3)
          }
        },
      };
    },
  });
}

export const montgomeryMethods: readonly KeyExchangeMethod[] = [
  montgomery(31, 'X25519', 32),
  montgomery(32, 'X448', 56),
];
