/** Messages as a peer with the right keys might send them, whatever their contents. */
import { nodeProvider } from '../../../src/engine/crypto/node/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import type { IkeSaKeys } from '../../../src/engine/event.js';
import { ikeCrypto, ikeSuite } from '../../../src/engine/ikev2/keys.js';
import { type Header, ikev2Flags } from '../../../src/engine/wire/header.js';
import type { Ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { sealMessage } from '../../../src/engine/wire/protect.js';
import { exchangeTypes } from '../../../src/engine/wire/registry.js';
import { Secret } from '../../../src/model/secret.js';
import { eventsOf, type Side } from './support.js';

export interface Sealed {
  readonly exchange: keyof typeof exchangeTypes.number;
  readonly messageId: number;
  readonly inner: readonly Ikev2Payload[];
  readonly response?: boolean;
  /** Further bits of the header's flags, and its minor version. */
  readonly flags?: number;
  readonly minor?: number;
  /** Which of the IKE SAs whose keys were told of, from 0; the newest when absent. */
  readonly ikeSa?: number;
}

/** A message of `role` in an IKE SA whose keys `side` has told of. */
export function sealedBy(side: Side, role: 'initiator' | 'responder', sealed: Sealed): Uint8Array {
  return sealedWith(eventsOf(side, 'ike-keys').at(sealed.ikeSa ?? -1)!.keys, role, sealed);
}

/** The same with the keys themselves. */
export function sealedWith(keys: IkeSaKeys, role: 'initiator' | 'responder', sealed: Sealed): Uint8Array {
  const { exchange, messageId, inner, response = false, flags = 0, minor = 0 } = sealed;
  const provider = nodeProvider(seededRandom(`peer gone wrong ${messageId}`));
  if (keys.version !== 2) throw new Error('not IKEv2');
  const nothing = new Secret(new Uint8Array(32));
  const crypto = ikeCrypto(
    provider,
    ikeSuite(provider, keys.transforms)!,
    { ...keys, skD: nothing, skPi: nothing, skPr: nothing },
    role,
  );
  const header: Header = {
    initiatorSpi: keys.initiatorSpi,
    responderSpi: keys.responderSpi,
    version: { major: 2, minor },
    exchangeType: exchangeTypes.number[exchange],
    flags: (role === 'initiator' ? ikev2Flags.INITIATOR : 0) | (response ? ikev2Flags.RESPONSE : 0) | flags,
    messageId,
  };
  return sealMessage({ header, inner }, crypto.outbound, provider.random(crypto.outbound.ivLength));
}
