/** What the kernel says by itself: ACQUIRE (an SA is wanted), EXPIRE (one ends), MAPPING (a NAT moved a peer). */
import type { Address, Family } from '../../../model/address.js';
import type { HostPolicy, HostSa, HostSelector } from '../../../model/host-state.js';
import { decodeAttributes } from './attributes.js';
import { attributeTypes, messageTypes } from './constants.js';
import { addressOf, familyOf, fromOctets } from './fields.js';
import type { Message } from './frames.js';
import { policyOf } from './policies.js';
import { saOf } from './sas.js';
import { hostSelector } from './selectors.js';
import { saInfo, userAcquire, userExpire, userMapping, userTemplate } from './structures.js';

export type Notice =
  | {
      readonly kind: 'acquire';
      /** Of the larval SA; ALLOCSPI and NEWSA with it complete that. */
      readonly sequence: number;
      readonly protocol: number;
      /** The ends of the SA that is wanted. */
      readonly source: Address;
      readonly destination: Address;
      /** That of the packet, not of the policy. */
      readonly selector: HostSelector;
      readonly policy: HostPolicy;
    }
  | { readonly kind: 'expire'; readonly hard: boolean; readonly sa: HostSa }
  | {
      readonly kind: 'mapping';
      readonly destination: Address;
      readonly spi: number;
      readonly protocol: number;
      readonly reqid: number;
      readonly oldSource: Address;
      readonly oldPort: number;
      readonly newSource: Address;
      readonly newPort: number;
    };

/** Reads a notice; undefined for messages of other kinds, and for broken ones. */
export function decodeNotice({ type, body }: Message): Notice | undefined {
  switch (type) {
    case messageTypes.acquire:
      return decodeAcquire(body);
    case messageTypes.expire:
      return decodeExpire(body);
    case messageTypes.mapping:
      return decodeMapping(body);
    default:
      return undefined;
  }
}

function decodeAcquire(body: Uint8Array): Notice | undefined {
  const raw = fromOctets(userAcquire, body);
  const attributes = raw && decodeAttributes(body.subarray(userAcquire.size));
  if (!attributes) return undefined;
  const selector = hostSelector(raw.selector);
  const policy = policyOf(raw.policy, attributes);
  if (!selector || !policy) return undefined;
  const family = endsFamily(attributes) ?? selector.family;
  return {
    kind: 'acquire',
    sequence: raw.sequence,
    protocol: raw.id.protocol,
    source: addressOf(family, raw.source),
    destination: addressOf(family, raw.id.destination),
    selector,
    policy,
  };
}

/** The message does not tell the family of the SA's ends; the policy's templates do, of which the asking one is among. */
function endsFamily(attributes: ReadonlyMap<number, Uint8Array>): Family | undefined {
  const templates = attributes.get(attributeTypes.templates);
  const first = templates && fromOctets(userTemplate, templates);
  return first && familyOf(first.family);
}

function decodeExpire(body: Uint8Array): Notice | undefined {
  const raw = fromOctets(userExpire, body);
  if (!raw) return undefined;
  const sa = saOf(raw.sa, decodeAttributes(body.subarray(userExpire.size)));
  return sa && { kind: 'expire', hard: raw.hard !== 0, sa };
}

function decodeMapping(body: Uint8Array): Notice | undefined {
  const raw = fromOctets(userMapping, body);
  const family = raw && familyOf(raw.id.family);
  if (!raw || family === undefined) return undefined;
  return {
    kind: 'mapping',
    destination: addressOf(family, raw.id.destination),
    spi: raw.id.spi,
    protocol: raw.id.protocol,
    reqid: raw.reqid,
    oldSource: addressOf(family, raw.oldSource),
    oldPort: raw.oldPort,
    newSource: addressOf(family, raw.newSource),
    newPort: raw.newPort,
  };
}

/** What ALLOCSPI answers: the SA in the making, of which only the SPI matters. */
export function decodeAllocated(body: Uint8Array): number | undefined {
  return fromOctets(saInfo, body)?.id.spi;
}
