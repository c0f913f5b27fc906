/** What `swanctl --list-sas --raw` and `ipsec statusall` of strongSwan would print of the SAs of a simulated host. */
import {
  algorithmNames,
  ikeAlgorithmNames,
  prfName,
  selectorName,
  sortedSelectors,
} from '../../../scripts/fidelity/charon-names.js';
import type { ChildSaDescription, IkeSaDescription } from '../../../src/engine/event.js';
import type { Endpoint } from '../../../src/engine/input.js';
import type { TraceEntry } from '../../../src/engine/sim/trace.js';
import { formatAddress } from '../../../src/model/address.js';
import type { Identity, SystemConfig } from '../../../src/model/system-config.js';
import type { TrafficSelector } from '../../../src/model/traffic-selector.js';
import type { LabSa } from './lab.js';

/** One line for each IKE SA, as events of vici. */
export function rawListing(sas: readonly LabSa[], nats: ReadonlyMap<string, NatFinding>): string[] {
  return sas.map(({ ike, children }) => {
    const names = ikeAlgorithmNames(ike.transforms);
    const nat = nats.get(nameKey(ike.name));
    const fields = [
      `uniqueid=${ike.name.serial}`,
      `version=${ike.name.version}`,
      'state=ESTABLISHED',
      ...hostFields('local', ike.local, ike.localId),
      ...hostFields('remote', ike.remote, ike.peerId),
      ...(ike.role === 'initiator' ? ['initiator=yes'] : []),
      `initiator-spi=${ike.initiatorSpi.toString(16)} responder-spi=${ike.responderSpi.toString(16)}`,
      ...(nat?.local ? ['nat-local=yes'] : []),
      ...(nat?.remote ? ['nat-remote=yes'] : []),
      ...(nat?.local || nat?.remote ? ['nat-any=yes'] : []),
      ...algorithms({ ...names, 'prf-alg': prfName(ike.transforms), 'dh-group': names['dh-group'] }),
    ];
    const inner = children.map(rawChild).join(' ');
    return `list-sa event {${connectionOf(ike)} {${fields.join(' ')} child-sas {${inner}}}}`;
  });
}

function rawChild(child: ChildSaDescription): string {
  const name = childOf(child);
  const { encapsulation, ...rest } = {
    encapsulation: child.udpEncapsulation ? ['encap=yes'] : [],
    names: algorithmNames(child.transforms),
  };
  return `${name}-${child.name.serial} {name=${name} uniqueid=${child.name.serial} reqid=${child.name.serial} state=INSTALLED mode=${child.mode.toUpperCase()} protocol=${child.protocol} ${[
    ...encapsulation,
    ...algorithms(rest.names),
  ].join(' ')} local-ts=${selectors(child.selectors.local)} remote-ts=${selectors(child.selectors.remote)}}`;
}

/** The order in which vici_query.c has them. */
const algorithmFields = ['encr-alg', 'encr-keysize', 'integ-alg', 'prf-alg', 'dh-group'] as const;

function algorithms(names: Partial<Readonly<Record<(typeof algorithmFields)[number], string | null>>>): string[] {
  return algorithmFields.flatMap((field) => (names[field] ? [`${field}=${names[field]}`] : []));
}

function hostFields(end: 'local' | 'remote', { address, port }: Endpoint, id: Identity | undefined): string[] {
  return [
    `${end}-host=${formatAddress(address.family, address.value)}`,
    `${end}-port=${port}`,
    `${end}-id=${idText(id)}`,
  ];
}

function idText(id: Identity | undefined): string {
  if (id?.type !== 'X500-DN') return id?.value ?? '%any';
  return (id.value ?? '').replaceAll(/,\s*/g, ', ');
}

function selectors(list: readonly TrafficSelector[]): string {
  const texts = sortedSelectors(list).map((selector) => {
    const text = selectorName(selector);
    return text.includes('[') ? `${text}]` : text;
  });
  return `[${texts.join(' ')}]`;
}

/** Lines of `ipsec statusall`: IKE SAs, their Child SAs, and policies that wait for packets. */
export function statusListing(sas: readonly LabSa[], config: SystemConfig): string[] {
  const routed = config.spd.flatMap(({ action }) =>
    action.kind === 'PROTECT'
      ? action.bundle.flatMap(({ start, source, mode }, index) =>
          start?.value === 'TRAP' ? [`${source.record.name}{${index + 1}}:  ROUTED, ${mode.toUpperCase()}`] : [],
        )
      : [],
  );
  return [
    ...routed,
    ...sas.flatMap(({ ike, children }) => {
      const name = `${connectionOf(ike)}[${ike.name.serial}]`;
      const end = ({ address }: Endpoint, id: Identity | undefined) =>
        `${formatAddress(address.family, address.value)}[${idText(id)}]`;
      const { encr, keysize, integ, group } = shortNames(ikeAlgorithmNames(ike.transforms));
      return [
        `${name}: ESTABLISHED 1 second ago, ${end(ike.local, ike.localId)}...${end(ike.remote, ike.peerId)}`,
        `${name}: IKEv${ike.name.version} SPIs: ${ike.initiatorSpi.toString(16)}_i ${ike.responderSpi.toString(16)}_r`,
        `${name}: IKE proposal: ${[encr + keysize, integ, prfName(ike.transforms), group].filter(Boolean).join('/')}`,
        ...children.flatMap((child) => {
          const childName = `${childOf(child)}{${child.name.serial}}`;
          const names = shortNames(algorithmNames(child.transforms));
          return [
            `${childName}:  INSTALLED, ${child.mode.toUpperCase()}, reqid ${child.name.serial}, ${child.protocol}${child.udpEncapsulation ? ' in UDP' : ''} SPIs: c1_i c2_o`,
            `${childName}:  ${[names.encr + names.keysize, names.integ, names.group].filter(Boolean).join('/')}, 0 bytes_i, 0 bytes_o, rekeying in 1 hour`,
            `${childName}:   ${selectors(child.selectors.local).slice(1, -1)} === ${selectors(child.selectors.remote).slice(1, -1)}`,
          ];
        }),
      ];
    }),
  ];
}

function shortNames(names: ReturnType<typeof algorithmNames>) {
  const { 'encr-alg': encr, 'encr-keysize': keysize, 'integ-alg': integ, 'dh-group': group } = names;
  return { encr: encr ?? '', keysize: keysize ? `_${keysize}` : '', integ, group };
}

function connectionOf({ pad }: IkeSaDescription): string {
  return pad.record.name;
}

/** `home.net` of swanctl.conf is the child `net`; a conn of ipsec.conf has its own name. */
function childOf({ template, entry }: ChildSaDescription): string {
  const { kind, name } = template.record.kind === 'child' ? template.record : entry.record;
  return kind === 'child' ? name.slice(name.lastIndexOf('.') + 1) : name;
}

export interface NatFinding {
  readonly local: boolean;
  readonly remote: boolean;
}

/** What NAT detection of a host found, by IKE SA. */
export function natFindings(trace: readonly TraceEntry[], host: string): ReadonlyMap<string, NatFinding> {
  const found = new Map<string, NatFinding>();
  for (const entry of trace) {
    if (entry.host !== host || entry.kind !== 'event' || entry.event.kind !== 'nat') continue;
    const { ikeSa, localBehindNat, peerBehindNat } = entry.event;
    found.set(nameKey(ikeSa), { local: localBehindNat, remote: peerBehindNat });
  }
  return found;
}

function nameKey({ version, serial }: { readonly version: number; readonly serial: number }): string {
  return `${version} ${serial}`;
}
