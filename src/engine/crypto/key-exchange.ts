/** The common shape of Diffie-Hellman methods: a provider says how to draw, raise and combine, this makes the method. */
import { Secret } from '../../model/secret.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import type { KeyExchange, KeyExchangeMethod } from './provider.js';
import type { SecureRandom } from './random.js';

/** One Diffie-Hellman group over private values of type `P`. */
export interface DiffieHellman<P> {
  readonly transform: KeyExchangeTransform;
  /** May be a getter, where it costs something. */
  readonly publicLength: number;
  draw(random: SecureRandom): P;
  /** A private value from outside, or undefined where it is out of range. */
  given(octets: Uint8Array): P | undefined;
  /** The public value, and how to combine the private one with a peer's; undefined for an invalid public value. */
  exchange(privateValue: P): {
    readonly publicValue: Uint8Array;
    readonly agree: (peerPublic: Uint8Array) => Uint8Array | undefined;
  };
}

/** The method of a Diffie-Hellman group. */
export function keyExchangeMethod<P>(group: DiffieHellman<P>): KeyExchangeMethod {
  function keyExchange(privateValue: P): KeyExchange {
    const { publicValue, agree } = group.exchange(privateValue);
    return {
      publicValue,
      agree(peerPublic) {
        const shared = agree(peerPublic);
        return shared && new Secret(shared);
      },
    };
  }

  return {
    transform: group.transform,
    get publicLength() {
      return group.publicLength;
    },
    get answerLength() {
      return group.publicLength;
    },
    start: (random) => keyExchange(group.draw(random)),
    respond(peerPublic, random) {
      const exchange = keyExchange(group.draw(random));
      const sharedSecret = exchange.agree(peerPublic);
      return sharedSecret && { publicValue: exchange.publicValue, sharedSecret };
    },
    resume(privateValue) {
      const value = group.given(privateValue.reveal());
      return value === undefined ? undefined : keyExchange(value);
    },
  };
}

/** The methods in the order of `ids`; numbers for which there is none are left out. */
export function inOrder(methods: readonly KeyExchangeMethod[], ids: readonly number[]): KeyExchangeMethod[] {
  const byId = new Map(methods.map((method) => [method.transform.id, method]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
