/** NAT detection and original addresses — RFC 3947 §3.2 and §5.2. */
import { type Address, addressFromOctets, addressToOctets } from '../../model/address.js';
import { equalConstantTime } from '../crypto/octets.js';
import type { HashAlgorithm } from '../crypto/provider.js';
import type { Endpoint } from '../input.js';
import { type IsakmpPayload, isakmpPayload } from '../wire/isakmp/table.js';
import { isakmpIdTypes } from '../wire/registry/isakmp.js';
import type { NatVersion } from './abilities.js';
import { endpointOctets } from './cookies.js';

export interface NatFinding {
  readonly localBehindNat: boolean;
  readonly peerBehindNat: boolean;
  /** There is none before this system: it only says so, for the sake of encapsulation. */
  readonly forced?: boolean;
}

export interface NatInput {
  readonly version: NatVersion;
  readonly hash: HashAlgorithm;
  readonly cookies: { readonly initiator: Uint8Array; readonly responder: Uint8Array };
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Hashes that one message may hold: of the destination, and of every address that the sender might have. */
const hashesMax = 16;

/**
 * The NAT-D payloads of a message: the destination as we see it, then where we send from. `pretend` hides the latter, so
 * that the peer takes us to be behind a NAT and encapsulates.
 */
export function natDetectionPayloads(input: NatInput, pretend: boolean): IsakmpPayload[] {
  const source = natHash(input, input.local);
  if (pretend) source[0]! ^= 0xff;
  const kind = input.version === 'draft' ? 'NAT-D-draft' : 'NAT-D';
  return [natHash(input, input.remote), source].map((hash) => isakmpPayload(kind, { hash }));
}

/** What a peer's NAT-D payloads tell; undefined where there are not both of them. */
export function detectNat(payloads: readonly IsakmpPayload[], input: NatInput): NatFinding | undefined {
  const hashes = payloads.flatMap((payload) =>
    payload.kind === 'NAT-D' || payload.kind === 'NAT-D-draft' ? [payload.body.hash] : [],
  );
  const [ours, ...theirs] = hashes;
  if (!ours || theirs.length === 0) return undefined;
  const [seen, own] = [natHash(input, input.remote), natHash(input, input.local)];
  return {
    localBehindNat: !equalConstantTime(ours, own),
    peerBehindNat: !theirs.slice(0, hashesMax).some((hash) => equalConstantTime(hash, seen)),
  };
}

/** HASH(CKY-I | CKY-R | IP | Port) with the negotiated hash. */
function natHash({ hash, cookies }: NatInput, endpoint: Endpoint): Uint8Array {
  return hash.digest(cookies.initiator, cookies.responder, endpointOctets(endpoint)).slice();
}

/** NAT-OA payloads: the initiator's address as it knows it, then the responder's. */
export function originalAddressPayloads(
  version: NatVersion,
  addresses: { readonly initiator: Address; readonly responder: Address },
): IsakmpPayload[] {
  const kind = version === 'draft' ? 'NAT-OA-draft' : 'NAT-OA';
  return [addresses.initiator, addresses.responder].map((address) =>
    isakmpPayload(kind, {
      idType: address.family === 4 ? isakmpIdTypes.number.ID_IPV4_ADDR : isakmpIdTypes.number.ID_IPV6_ADDR,
      address: addressToOctets(address),
    }),
  );
}

/** The addresses of NAT-OA payloads, in their order; malformed ones are left out. */
export function originalAddresses(payloads: readonly IsakmpPayload[]): Address[] {
  return payloads.flatMap((payload) =>
    payload.kind === 'NAT-OA' || payload.kind === 'NAT-OA-draft' ? (addressFromOctets(payload.body.address) ?? []) : [],
  );
}
