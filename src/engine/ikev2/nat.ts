/** NAT detection — RFC 7296 §2.23: hashes of where a message is sent from and to, which a NAT makes wrong. */
import { addressToOctets } from '../../model/address.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { CryptoProvider } from '../crypto/provider.js';
import type { Endpoint } from '../input.js';
import type { Ikev2Payload } from '../wire/payloads/table.js';
import { notifyTypes } from '../wire/registry.js';
import type { NatFindings } from './ike-sa.js';
import type { IkeSpis } from './keys.js';
import { notification, type Payloads } from './payloads.js';

const spisLength = 16;

/** SHA-1 of SPIi | SPIr | address | port, as the RFC has it. */
function natHash(provider: CryptoProvider, { initiator, responder }: IkeSpis, { address, port }: Endpoint): Uint8Array {
  const octets = addressToOctets(address);
  const hashed = new Uint8Array(spisLength + octets.length + 2);
  const view = new DataView(hashed.buffer);
  view.setBigUint64(0, initiator);
  view.setBigUint64(8, responder);
  hashed.set(octets, spisLength);
  view.setUint16(spisLength + octets.length, port);
  return provider.hashes.SHA1.digest(hashed);
}

/**
 * The two notifications of a message from `local` to `remote`. With `force` the source is a lie, so that the peer finds a
 * NAT and ESP goes in UDP.
 */
export function natNotifications(
  provider: CryptoProvider,
  spis: IkeSpis,
  { local, remote }: { readonly local: Endpoint; readonly remote: Endpoint },
  force: boolean,
): readonly Ikev2Payload[] {
  const source = force ? { ...local, port: 0 } : local;
  return [
    notification('NAT_DETECTION_SOURCE_IP', natHash(provider, spis, source)),
    notification('NAT_DETECTION_DESTINATION_IP', natHash(provider, spis, remote)),
  ];
}

/** What a message that came to `local` from `remote` shows; undefined when its sender knows nothing of NATs. */
export function findNat(
  provider: CryptoProvider,
  spis: IkeSpis,
  { local, remote }: { readonly local: Endpoint; readonly remote: Endpoint },
  payloads: Payloads,
): NatFindings | undefined {
  const destination = payloads.notify('NAT_DETECTION_DESTINATION_IP');
  if (!destination || !payloads.notify('NAT_DETECTION_SOURCE_IP')) return undefined;
  const theirs = natHash(provider, spis, remote);
  // A host with several addresses sends several sources; it is enough that one of them is right.
  const isTheirs = (one: Ikev2Payload) =>
    one.kind === 'N' &&
    one.body.type === notifyTypes.number.NAT_DETECTION_SOURCE_IP &&
    equalConstantTime(one.body.data, theirs);
  return {
    localBehindNat: !equalConstantTime(destination.data, natHash(provider, spis, local)),
    peerBehindNat: !payloads.list.some(isTheirs),
  };
}

/** Is there a NAT on the way, so that ESP has to go in UDP? */
export function hasNat(nat: NatFindings | undefined): boolean {
  return nat !== undefined && (nat.localBehindNat || nat.peerBehindNat);
}
