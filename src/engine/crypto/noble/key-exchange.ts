/** MODP and EC2N groups on BigInt, ECP groups on noble's curve arithmetic. Not constant-time: reference and oracle. */
import { type WeierstrassPointCons, weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { keyExchange } from '../../../model/transform.js';
import { modPow } from '../big-math.js';
import { ec2nGivenPrivate, ec2nGroups, ec2nMultiply, ec2nPublic } from '../groups/ec2n.js';
import { type EcpGroup, ecpGivenPrivate, ecpGroups, onCurve } from '../groups/ecp.js';
import { modpGivenPrivate, modpGroup, modpGroupIds, modpPrivate, modpPublic } from '../groups/modp.js';
import { keyExchangeMethod } from '../key-exchange.js';
import { concat, fromBigInt, toBigInt } from '../octets.js';
import type { KeyExchangeMethod } from '../provider.js';
import { randomScalar } from '../random.js';

export const modpMethods: readonly KeyExchangeMethod[] = modpGroupIds.map((id) => {
  const transform = keyExchange(id)!;
  // The parameters are computed at first use: a start of the program must not pay for groups that nobody asks for.
  const group = () => modpGroup(id);
  return keyExchangeMethod<bigint>({
    transform,
    get publicLength() {
      return group().octets;
    },
    draw: (random) => modpPrivate(group(), random),
    given: (octets) => modpGivenPrivate(group(), octets),
    exchange(x) {
      const { prime, generator, octets } = group();
      return {
        publicValue: fromBigInt(modPow(generator, x, prime), octets),
        agree(peerPublic) {
          const y = modpPublic(group(), peerPublic);
          return y === undefined ? undefined : fromBigInt(modPow(y, x, prime), octets);
        },
      };
    },
  });
});

export const ec2nMethods: readonly KeyExchangeMethod[] = ec2nGroups.map((group) =>
  keyExchangeMethod<bigint>({
    transform: group.transform,
    publicLength: group.octets,
    draw: (random) => randomScalar(random, group.order),
    given: (octets) => ec2nGivenPrivate(group, octets),
    exchange(k) {
      // The generator's order is the bound of k, so that k·G is never the point at infinity.
      const x = ec2nMultiply(group, k, group.gx)!;
      return {
        publicValue: fromBigInt(x, group.octets),
        agree(peerPublic) {
          const peer = ec2nPublic(group, peerPublic);
          const shared = peer === undefined ? undefined : ec2nMultiply(group, k, peer);
          return shared === undefined ? undefined : fromBigInt(shared, group.octets);
        },
      };
    },
  }),
);

const points = new Map<EcpGroup, WeierstrassPointCons<bigint>>();

/** Noble's default of 8 makes the first multiplication four times slower than this, and later ones hardly faster. */
const baseWindowBits = 4;

/** Noble's points of a curve, made when first asked for. */
export function pointsOf(group: EcpGroup): WeierstrassPointCons<bigint> {
  let point = points.get(group);
  if (!point) {
    const { p, n, a, b, gx, gy } = group;
    point = weierstrass({ p, n, h: 1n, a, b, Gx: gx, Gy: gy });
    point.BASE.precompute(baseWindowBits);
    points.set(group, point);
  }
  return point;
}

export const ecpMethods: readonly KeyExchangeMethod[] = ecpGroups.map((group) =>
  keyExchangeMethod<bigint>({
    transform: group.transform,
    publicLength: 2 * group.octets,
    draw: (random) => randomScalar(random, group.n),
    given: (octets) => ecpGivenPrivate(group, octets),
    exchange(k) {
      const own = pointsOf(group).BASE.multiply(k).toAffine();
      return {
        publicValue: concat([fromBigInt(own.x, group.octets), fromBigInt(own.y, group.octets)]),
        agree(peerPublic) {
          if (!onCurve(group, peerPublic)) return undefined;
          const x = toBigInt(peerPublic.subarray(0, group.octets));
          const y = toBigInt(peerPublic.subarray(group.octets));
          // Of prime order and not infinity, multiplied by 1 … n - 1: never infinity.
          return fromBigInt(pointsOf(group).fromAffine({ x, y }).multiply(k).toAffine().x, group.octets);
        },
      };
    },
  }),
);
