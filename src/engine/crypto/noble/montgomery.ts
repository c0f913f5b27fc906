/** X25519 and X448 (RFC 7748, RFC 8031) by noble. */

import { x448 } from '@noble/curves/ed448.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { keyExchange } from '../../../model/transform.js';
import { keyExchangeMethod } from '../key-exchange.js';
import type { KeyExchangeMethod } from '../provider.js';

function montgomery(id: number, curve: typeof x25519, octets: number): KeyExchangeMethod {
  return keyExchangeMethod<Uint8Array>({
    transform: keyExchange(id)!,
    publicLength: octets,
    draw: (random) => random(octets),
    given: (value) => (value.length === octets ? value : undefined),
    exchange: (scalar) => ({
      publicValue: curve.getPublicKey(scalar),
      agree(peerPublic) {
        if (peerPublic.length !== octets) return undefined;
        try {
          return curve.getSharedSecret(scalar, peerPublic);
        } catch {
          return undefined; // the all-zero result of a point of small order (RFC 7748 §6, RFC 8031 §3)
        }
      },
    }),
  });
}

export const montgomeryMethods: readonly KeyExchangeMethod[] = [montgomery(31, x25519, 32), montgomery(32, x448, 56)];
