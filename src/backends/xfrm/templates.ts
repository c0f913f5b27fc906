/** The SAs that an SPD entry asks for, as templates of the kernel's policies, and their request ids. */
import { type Address, type Family, firstAddress } from '../../model/address.js';
import type { HostTemplate, PolicyDirection } from '../../model/host-state.js';
import { protocolNumbers } from '../../model/packet.js';
import type { Region } from '../../model/selector/box.js';
import type { SaTemplate } from '../../model/system-config.js';
import { type Refusal, sourceName } from './refusal.js';

/** The kernel follows five SAs for one packet (XFRM_MAX_DEPTH of net/xfrm.h is one more). */
export const bundleMax = 5;

/** Request ids of ours begin here and end before the other; IKE daemons count from 1, and from 16384 upwards. */
export const reqidFirst = 0x4900_0000;
export const reqidLast = 0x49ff_ffff;

/** Hands out request ids: a template keeps the one that it has. */
export interface RequestIds {
  of(template: SaTemplate): number;
  /** All that were asked for, by the name of the template. */
  table(): ReadonlyMap<string, number>;
}

/** `known` are those of earlier times. Throws a RangeError when there are more templates than ids. */
export function requestIds(known: ReadonlyMap<string, number> = new Map()): RequestIds {
  const byName = new Map<string, number>();
  const byTemplate = new WeakMap<SaTemplate, number>();
  const counts = new Map<string, number>();
  const taken = new Set(known.values());
  let next = reqidFirst;
  return {
    of(template) {
      const had = byTemplate.get(template);
      if (had !== undefined) return had;
      const { kind, name } = template.source.record;
      const count = (counts.get(`${kind} ${name}`) ?? 0) + 1;
      counts.set(`${kind} ${name}`, count);
      const key = count === 1 ? `${kind} ${name}` : `${kind} ${name} ${count}`;
      let id = known.get(key);
      if (id === undefined) {
        while (taken.has(next)) next += 1;
        if (next > reqidLast) throw new RangeError('there are more SAs than request ids');
        id = next;
        taken.add(id);
      }
      byTemplate.set(template, id);
      byName.set(key, id);
      return id;
    },
    table: () => byName,
  };
}

/** The ends of a tunnel, as far as they are known: an absent local end is for the kernel to choose. */
export interface TunnelEnds {
  readonly local?: Address;
  readonly remote: Address;
}

/** The ends of a tunnel for the packets of a region: written, or the only address of that side. */
export function tunnelEnds(template: SaTemplate, region: Region): TunnelEnds | undefined {
  const remote = template.remoteEndpoint ?? onlyAddress(region, 'remote');
  if (!remote) return undefined;
  const local = template.localEndpoint ?? onlyAddress(region, 'local');
  return local && local.family === remote.family ? { local, remote } : { remote };
}

/** The one address of a side of all boxes, if it is one. */
export function onlyAddress(region: Region, side: 'local' | 'remote'): Address | undefined {
  const [first] = region;
  if (!first) return undefined;
  const { lo: value } = first[side];
  const { family } = first;
  const isOnly = region.every((box) => box.family === family && box[side].lo === value && box[side].hi === value);
  return isOnly ? { family, value } : undefined;
}

/**
 * The templates of a bundle for packets of one family, or why there are none. They are for a policy of the direction: what goes
 * out is sent from the local end, what comes in must have been sent from the remote one.
 */
export function templatesOf(
  bundle: readonly SaTemplate[],
  region: Region,
  family: Family,
  direction: PolicyDirection,
  ids: RequestIds,
): readonly HostTemplate[] | Refusal {
  const [first] = bundle;
  if (bundle.length > bundleMax) {
    const { source } = first!;
    return {
      source,
      message: `${sourceName(source)} asks for ${bundle.length} SAs around one packet, and the kernel follows ${bundleMax}`,
      help: 'nest fewer transforms',
    };
  }
  const templates: HostTemplate[] = [];
  /** What the next SA is put around: the packet, or the tunnel that it already is in. */
  let around = family;
  for (const template of bundle) {
    const made = templateOf(template, region, around, direction, ids);
    if ('message' in made) return made;
    around = made.family;
    templates.push(made);
  }
  return templates;
}

function templateOf(
  template: SaTemplate,
  region: Region,
  around: Family,
  direction: PolicyDirection,
  ids: RequestIds,
): HostTemplate | Refusal {
  const { source, mode } = template;
  const protocols = new Set(
    template.manual ? [template.manual.outbound.protocol] : template.proposals.map((p) => p.protocol),
  );
  const [protocol = template.protocol] = protocols;
  if (protocol === undefined) {
    return {
      source,
      message: `${sourceName(source)} asks for SAs and does not say of which protocol`,
      help: 'write a transform',
    };
  }
  if (protocols.size > 1) {
    return {
      source,
      message: `${sourceName(source)} offers ESP and AH as alternatives, and a policy of the kernel asks for one of them`,
      help: 'write transforms of one protocol',
    };
  }
  const base = {
    protocol: protocol === 'ESP' ? protocolNumbers.ESP : protocolNumbers.AH,
    mode,
    spi: 0,
    reqid: ids.of(template),
    optional: false,
    share: 0,
    authenticationMask: 0xffff_ffff,
    encryptionMask: 0xffff_ffff,
    compressionMask: 0xffff_ffff,
  };
  if (mode === 'transport') {
    const any = firstAddress(around);
    return { ...base, family: around, source: any, destination: any };
  }
  const ends = tunnelEnds(template, region);
  if (!ends) {
    return {
      source,
      message: `${sourceName(source)} names no end of the tunnel, and what it is for has more than one address`,
      help: 'write the other end with -tdestination',
    };
  }
  const { family, value: remote } = ends.remote;
  const local = ends.local?.value ?? firstAddress(family);
  return direction === 'out'
    ? { ...base, family, source: local, destination: remote }
    : { ...base, family, source: remote, destination: local };
}
