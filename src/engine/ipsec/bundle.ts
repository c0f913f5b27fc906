/**
 * Bundles — RFC 4301 §4.1 and appendix E: which SAs an SPD entry demands, innermost first, and whether an SA is one of the kind
 * that a template describes. The same question is asked of SAs that a packet is to go through and of those that it came through.
 */
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import type { SaTemplate, SpdAction, SpdEntry } from '../../model/system-config.js';
import type { Classified, IpPacket } from './packet.js';
import type { Sa } from './sa.js';
import type { Sad } from './sad.js';
import { holds } from './spd-lookup.js';

/** The ends of an SA. */
export interface Ends {
  readonly local: Address;
  readonly remote: Address;
}

/** Is the SA one that the template describes, or was agreed on for it: mode, ends, algorithms, and keys by hand or not? */
export function satisfies({ parameters, id }: Sa, template: SaTemplate): boolean {
  const { mode, local, remote, protocol, encryption, authentication, esn, direction } = parameters;
  if (mode !== template.mode && parameters.agreedFor !== template) return false;
  if (template.localEndpoint && !sameAddress(template.localEndpoint, local)) return false;
  if (template.remoteEndpoint && !sameAddress(template.remoteEndpoint, remote)) return false;
  if (parameters.manual !== (template.manual !== undefined)) return false;
  if (template.manual && template.manual[direction].spi !== id.spi) return false;
  return template.proposals.some(
    (proposal) =>
      proposal.protocol === protocol &&
      (protocol === 'AH' || proposal.encryption.some(({ name }) => name === encryption?.name)) &&
      (authentication
        ? proposal.authentication.some(({ name }) => name === authentication.name)
        : proposal.authentication.length === 0) &&
      // Manual SAs cannot have ESN, whatever the record says of negotiated ones.
      (template.manual !== undefined || proposal.esn.includes(esn ? 'esn' : 'no-esn')),
  );
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}

/** Who negotiates what, for the packet that needs it. */
export interface Acquire {
  readonly kind: 'acquire';
  readonly entry: SpdEntry;
  readonly template: SaTemplate;
  readonly ends: Ends;
  /** The packet whose selectors IKE offers first, and the only ones where `populateFromPacket` says so. */
  readonly packet: Packet;
  readonly populateFromPacket: boolean;
}

export type Plan =
  /** The SAs to go through, innermost first. */
  | { readonly kind: 'ready'; readonly sas: readonly Sa[] }
  /** An SA is missing; the outermost one that is, because inner negotiations go through it. */
  | { readonly kind: 'missing'; readonly acquire: Acquire }
  /** The packet is outside of what the template carries (tunnel filters). */
  | { readonly kind: 'outside'; readonly template: SaTemplate }
  /** This system has no address for the template's end. */
  | { readonly kind: 'no-end'; readonly template: SaTemplate };

/** Finds the SAs of an entry's bundle for an outbound packet, without using any. `addresses` are the system's own. */
export function planBundle(
  sad: Sad,
  entry: SpdEntry,
  ip: IpPacket,
  classified: Classified,
  addresses: readonly Address[],
): Plan {
  const { action } = entry;
  if (action.kind !== 'PROTECT') return { kind: 'ready', sas: [] };
  const { packet } = classified;
  const sas: Sa[] = [];
  let missing: Acquire | undefined;
  let ends: Ends = {
    local: { family: ip.family, value: ip.source },
    remote: { family: ip.family, value: ip.destination },
  };
  for (const template of action.bundle) {
    if (!holds(template.carries ?? template.selectors, classified)) return { kind: 'outside', template };
    const here = endsOf(template, ends, addresses);
    if (!here) return { kind: 'no-end', template };
    const flow = action.populateFromPacket ? packet : undefined;
    const fits = (candidate: Sa): boolean =>
      !candidate.usage.hardExpired &&
      // Each layer has an SA of its own, also where two of a bundle are alike.
      !sas.includes(candidate) &&
      satisfies(candidate, template) &&
      holds(candidate.parameters.selectors, classified);
    const other = template.mode === 'transport' ? 'tunnel' : 'transport';
    const sa =
      sad.outbound(template.mode, here.local, here.remote, flow).find(fits) ??
      sad.outbound(other, here.local, here.remote, flow).find(fits) ??
      ofAnyPeer(sad, template, classified, flow, fits);
    if (sa) sas.push(sa);
    else {
      const { populateFromPacket } = action;
      missing = { kind: 'acquire', entry, template, ends: here, packet, populateFromPacket };
    }
    ends = here;
  }
  return missing ? { kind: 'missing', acquire: missing } : { kind: 'ready', sas };
}

/**
 * The tunnel of a template that any peer may use (a road warrior's, whose own address is not known before): that of the peer whose
 * selectors hold the packet.
 */
function ofAnyPeer(
  sad: Sad,
  template: SaTemplate,
  { packet }: Classified,
  flow: Packet | undefined,
  fits: (sa: Sa) => boolean,
): Sa | undefined {
  if (template.remoteEndpoint || template.mode !== 'tunnel' || flow || template.manual) return undefined;
  return sad.tunnelFor({ family: packet.family, value: packet.remote }, template, fits);
}

/**
 * May packets of the action go in the clear when negotiation fails? Only where the policy says so and no tunnel is in the
 * bundle: a packet for a tunnel would go another way, to where its addresses may mean someone else.
 */
export function mayFallBack(action: SpdAction): boolean {
  return action.kind === 'PROTECT' && action.fallbackToClear && action.bundle.every(({ mode }) => mode === 'transport');
}

/** The ends of a template's SA for a packet between `ends`: its own, or the packet's. */
function endsOf(template: SaTemplate, ends: Ends, addresses: readonly Address[]): Ends | undefined {
  const remote = template.remoteEndpoint ?? ends.remote;
  const local = template.localEndpoint ?? (ends.local.family === remote.family ? ends.local : undefined);
  const own = local ?? addresses.find(({ family }) => family === remote.family);
  return own && own.family === remote.family ? { local: own, remote } : undefined;
}

/**
 * Did a packet come through the SAs that a bundle demands, neither fewer nor others? `through` is in the order of arrival,
 * outermost first. Gives what is wrong, or undefined.
 */
export function bundleMismatch(bundle: readonly SaTemplate[], through: readonly Sa[]): string | undefined {
  if (through.length === 0) return 'it came in the clear';
  if (through.length !== bundle.length) return `it came through ${through.length} SAs, not ${bundle.length}`;
  if (new Set(through).size < through.length) return 'it came through one SA more than once';
  const wrong = bundle.findIndex((template, index) => !satisfies(through[through.length - 1 - index]!, template));
  if (wrong < 0) return undefined;
  const { record } = bundle[wrong]!.source;
  return `SA ${wrong + 1} from the inside is none that ${record.kind} '${record.name}' asks for`;
}
