import { type Address, formatAddress, parseAddress } from '../../../model/address.js';
import { formatPacket, type Packet, protocolNumbers } from '../../../model/packet.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { type Anomalies, hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, policyOf } from '../../entries.js';
import { addressText, newHostNames, statementsAfter } from '../../new-records.js';
import { freeNumbers } from '../../priorities.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const { TCP, UDP, ICMPV6 } = protocolNumbers;
/** ICMPv6 types of neighbour and router discovery (RFC 4861 §4). */
const discoveryTypes: readonly number[] = [133, 134, 135, 136, 137];
/** Own addresses that are looked at. */
const ownMax = 16;

export default defineRule({
  scope: 'system',
  code: 'ACT006',
  slug: 'nd-dhcp-blocked',
  severity: 'warning',
  summary: 'What the system needs to stay on the network is dropped or protected.',
  rationale:
    "When everything else is discarded, traffic between the system's own addresses goes too, and services that talk to themselves stop. Neighbour discovery passes unless a policy names its types; then no IPv6 neighbour is found any more. A system with a DHCP lease loses its address when the lease ends: that is an information, since servers mostly have fixed ones.",
  references: ['RFC 4301 §4.4.1', 'RFC 4861', 'RFC 2131', 'ipsec_config(1M)'],
  bad: [
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host rest -priority 20 -action DISCARD',
    'add host nd -source 2001:db8::/32 -destination 2001:db8::/32 -protocol ICMPV6 -src_icmpv6_type 135,136 -dst_icmpv6_type 135,136 -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host own -source 10.1.1.1 -destination 10.1.1.1 -priority 5 -action PASS\nadd host dhcp -source 0.0.0.0/0/68 -destination 0.0.0.0/0/67 -protocol UDP -priority 6 -action PASS\nadd host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
    'add host nd -source 2001:db8::/32 -destination 2001:db8::/32 -protocol ICMPV6 -src_icmpv6_type 135,136 -dst_icmpv6_type 135,136 -priority 10 -action PASS',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action DISCARD',
  ],
  *check(context) {
    yield* namedDiscovery(context);
    yield* closed(context);
  },
});

/** Policies that name types of neighbour discovery and do not let them pass. */
function* namedDiscovery(context: SystemContext): Iterable<RuleFinding> {
  const { spd } = hostAnomalies(context);
  for (const number of spd.policies) {
    const entry = spd.entries[number]!;
    if (entry.action.kind === 'BYPASS') continue;
    const types = discoveryTypes.filter((type) =>
      entry.selectors.some(({ protocol, x }) => {
        const isNamed = protocol.lo === ICMPV6 && protocol.hi === ICMPV6;
        return isNamed && x.lo <= type * 256 && type * 256 <= x.hi;
      }),
    );
    const place = atEntry(context, entry);
    if (types.length === 0 || !place) continue;
    const does = entry.action.kind === 'DISCARD' ? 'drops' : 'protects';
    yield {
      ...place,
      message: `${entryName(entry)} ${does} neighbour discovery: ICMPv6 type${types.length > 1 ? 's' : ''} ${types.join(', ')}`,
      help: 'leave these types out: they pass unless a policy names them',
    };
  }
}

/** What the entry that drops all the rest also drops. */
function* closed(context: SystemContext): Iterable<RuleFinding> {
  const { spd } = hostAnomalies(context);
  const dropped = (packet: Packet): SpdEntry | undefined => {
    const entry = spd.entries[spd.index.classify(packet)];
    return entry?.action.kind === 'DISCARD' && isClosing(spd, entry) ? entry : undefined;
  };
  const own = context.config.addresses.slice(0, ownMax).flatMap((address) => {
    const packet = ownPacket(address);
    const entry = dropped(packet);
    return entry ? [{ address, packet, entry }] : [];
  });
  const [first] = own;
  const place = first && atEntry(context, first.entry);
  if (first && place) {
    const fix = ownPolicies(
      context,
      first.entry,
      own.map(({ address }) => address),
    );
    yield {
      ...place,
      message: `${entryName(first.entry)} drops traffic of the system with itself, as ${formatAddress(first.address.family, first.address.value)}`,
      notes: [`${formatPacket(first.packet)}: ${describeAction(first.entry.action)}`],
      help: 'let each own address talk to itself by a policy before it',
      ...(fix ? { fixes: [fix] } : {}),
    };
  }
  for (const { name, packet } of leases) {
    const entry = isUsed(spd, packet) ? dropped(packet) : undefined;
    const at = entry && atEntry(context, entry);
    if (!entry || !at) continue;
    yield {
      ...at,
      severity: 'info',
      message: `${entryName(entry)} drops ${name}: the system cannot get its address by it`,
      notes: [`${formatPacket(packet)}: ${describeAction(entry.action)}`],
      help: 'with a fixed address this is as it should be',
    };
  }
}

/** Is it the default, or a policy for everything from and to everywhere? */
function isClosing(spd: Anomalies['spd'], entry: SpdEntry): boolean {
  if (entry === spd.entries.at(-1)) return true;
  const last = spd.entries.at(-1)!.selectors;
  return entry.selectors.some((box) =>
    last.some((all) => box.remote.lo === all.remote.lo && box.remote.hi === all.remote.hi),
  );
}

function isUsed(spd: Anomalies['spd'], { family }: Packet): boolean {
  return spd.policies.some((number) => spd.entries[number]!.selectors.some((box) => box.family === family));
}

function ownPacket({ family, value }: Address): Packet {
  return {
    family,
    direction: 'outbound',
    local: value,
    remote: value,
    protocol: TCP,
    localPort: 49152,
    remotePort: 49153,
  };
}

const leases: readonly { readonly name: string; readonly packet: Packet }[] = [
  { name: 'DHCP', packet: lease('0.0.0.0', '255.255.255.255', 68, 67) },
  { name: 'DHCPv6', packet: lease('fe80::1', 'ff02::1:2', 546, 547) },
];

function lease(from: string, to: string, localPort: number, remotePort: number): Packet {
  const [local, remote] = [parseAddress(from)!, parseAddress(to)!];
  const { family } = local;
  return {
    family,
    direction: 'outbound',
    local: local.value,
    remote: remote.value,
    protocol: UDP,
    localPort,
    remotePort,
  };
}

/** Policies by which own addresses may talk to themselves, before the one that drops it. */
function ownPolicies(
  context: SystemContext,
  closing: SpdEntry,
  own: readonly Address[],
): Required<RuleFinding>['fixes'][number] | undefined {
  const { hosts } = context.policies;
  const record = policyOf(context, closing);
  const last = hosts.at(-1);
  if (!last) return undefined;
  const free = freeNumbers(hosts);
  const names = newHostNames(context.policies);
  const statements: string[] = [];
  for (const { family, value } of own) {
    const priority = record ? free.before(record.priority.value) : free.after(last.priority.value);
    if (priority === undefined) return undefined;
    const address = addressText({ family, first: value, last: value });
    statements.push(
      `add host ${names.next('own')} -source ${address} -destination ${address} -priority ${priority} -action PASS`,
    );
  }
  const edit = statementsAfter(closing.source.at ?? last.at, statements);
  return { safety: 'unsafe', title: 'let own addresses talk to themselves', edits: [edit] };
}
