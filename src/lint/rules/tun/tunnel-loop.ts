import { formatAddress } from '../../../model/address.js';
import { formatPacket, type Packet } from '../../../model/packet.js';
import { systemView } from '../../../model/peer/system-view.js';
import { intersectBoxes, subtractBox } from '../../../model/selector/algebra.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { SystemContext } from '../../context.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';
import { entryFor, type TunnelMap, type TunnelUse, tunnelMap, tunnelOf, undecided } from '../../tunnel-paths.js';

const site = (own: string, peer: string) =>
  `add tunnel t -tsource ${own} -tdestination ${peer} -source 0.0.0.0/0 -destination 10.9.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host net -source 0.0.0.0/0 -destination 10.9.0.0/16 -priority 10 -tunnel t -action PASS`;

/** Systems that a packet may pass before it counts as going round. */
const hopsMax = 32;
/** Pairs of a tunnel and one that its packets may be passed on to. */
const triedMax = 200_000;

export default defineRule({
  scope: 'repository',
  code: 'TUN005',
  slug: 'tunnel-loop',
  severity: 'error',
  summary: 'Tunnels pass packets round in a circle.',
  rationale:
    'Each gateway takes the far end of its tunnel to be nearer to the destination. Where the far end sends the packet back, or round through others, it goes on until its hop limit is used up, encrypted and decrypted at each hop.',
  references: ['RFC 4301 §5', 'Fu et al. 2001'],
  bad: [{ text: site('192.0.2.1', '192.0.2.2'), peer: site('192.0.2.2', '192.0.2.1') }],
  good: [
    {
      text: site('192.0.2.1', '192.0.2.2'),
      peer: 'add tunnel t -tsource 192.0.2.2 -tdestination 192.0.2.1 -source 10.9.0.0/16 -destination 0.0.0.0/0 -action ESP_AES128_HMAC_SHA1\nadd host net -source 10.9.0.0/16 -destination 0.0.0.0/0 -priority 10 -tunnel t -action PASS',
    },
    {
      text: site('192.0.2.1', '192.0.2.2'),
      peer: `add host local -source 0.0.0.0/0 -destination 10.9.1.0/24 -priority 5 -action PASS\n${site('192.0.2.2', '192.0.2.3')}`,
    },
  ],
  *check(repository) {
    const map = tunnelMap(repository);
    const circular = inLongCircles(map);
    const told = new Set<string>();
    let tried = 0;
    for (const use of map.uses) {
      const next = map.ownerOf(use.template.remoteEndpoint);
      if (!next || next === use.context) continue;
      for (const onward of onwardUses(map, use, next, circular)) {
        tried += 1;
        if (tried > triedMax) {
          yield* undecided(
            use.context,
            use.entry.source,
            'tunnels were followed for loops only in part: there are too many',
          );
          return;
        }
        const packet = commonPacket(use, onward);
        const loop = packet && follow(map, use, packet);
        if (!packet || !loop) continue;
        const key = loop
          .map(({ context }) => context.name)
          .sort()
          .join(' ');
        if (told.has(key)) continue;
        told.add(key);
        const [first, ...others] = loop;
        const at = first && (recordOf(first.context, first.entry.source)?.nameAt ?? first.entry.source.at);
        if (!first || !at) continue;
        yield {
          message: `packets to ${formatAddress(packet.family, packet.remote)} go round: ${loop.map(({ context }) => context.name).join(' to ')} and back to ${first.context.name}`,
          at,
          record: first.entry.source.record,
          related: others.flatMap(({ context, entry }) => {
            const place = recordOf(context, entry.source)?.nameAt ?? entry.source.at;
            return place
              ? [{ at: place, text: `${sourceText(entry.source.record)} of ${context.name} sends them on` }]
              : [];
          }),
          notes: [`for example ${formatPacket(packet)}`],
          help: 'let one of the systems deliver these packets by a policy before the tunnel, or narrow what its tunnel is for',
        };
      }
    }
  },
});

/**
 * The tunnels that a system may pass a tunnel's packets on to: back to where they came from, or, where both systems may be
 * part of a longer circle, on to a third one.
 */
function* onwardUses(
  map: TunnelMap,
  use: TunnelUse,
  next: SystemContext,
  circular: ReadonlySet<SystemContext>,
): Iterable<TunnelUse> {
  const view = systemView(next.config);
  const leadsOn = (onward: TunnelUse | undefined) => {
    const third = onward && map.ownerOf(onward.template.remoteEndpoint);
    return third !== undefined && (third === use.context || (circular.has(third) && circular.has(next)));
  };
  for (const list of [view.host, view.forward]) {
    const found = new Set<number>();
    for (const box of use.entry.selectors) {
      const outbound = { ...box, direction: { lo: 0, hi: 0 } };
      if (box.direction.lo > 0) continue;
      for (const number of list.index.overlaps(outbound, { accept: (entry) => leadsOn(map.useOf(list, entry)) }))
        found.add(number);
    }
    for (const number of found) yield map.useOf(list, number)!;
  }
}

/** Systems that may be part of a circle of three or more: what is left when those with one neighbour are taken away. */
function inLongCircles({ uses, ownerOf }: TunnelMap): Set<SystemContext> {
  const neighbours = new Map<SystemContext, Set<SystemContext>>();
  const join = (from: SystemContext, to: SystemContext) => {
    const known = neighbours.get(from);
    if (known) known.add(to);
    else neighbours.set(from, new Set([to]));
  };
  for (const { context, template } of uses) {
    const next = ownerOf(template.remoteEndpoint);
    if (!next || next === context) continue;
    join(context, next);
    join(next, context);
  }
  const leaves = [...neighbours].flatMap(([system, known]) => (known.size < 2 ? [system] : []));
  for (let leaf = leaves.pop(); leaf; leaf = leaves.pop()) {
    for (const other of neighbours.get(leaf) ?? []) {
      const known = neighbours.get(other);
      if (known?.delete(leaf) && known.size === 1) leaves.push(other);
    }
    neighbours.delete(leaf);
  }
  return new Set(neighbours.keys());
}

/** A packet that both policies send into their tunnels, going out. */
function commonPacket(use: TunnelUse, onward: TunnelUse): Packet | undefined {
  for (const mine of use.entry.selectors) {
    for (const theirs of onward.entry.selectors) {
      const common = intersectBoxes(mine, theirs);
      if (!common || common.direction.lo > 0) continue;
      // What stays inside of one network never comes to its gateway.
      const [between] = subtractBox(common, { ...common, local: common.remote });
      const packet = between && witnessPacket({ ...between, direction: { lo: 0, hi: 0 } });
      if (packet && !onward.view.isOwn({ family: packet.family, value: packet.remote })) return packet;
    }
  }
  return undefined;
}

interface Hop {
  readonly context: SystemContext;
  readonly entry: TunnelUse['entry'];
}

/** Follows a packet through the tunnels; the circle that it runs into, if it does. */
function follow(map: TunnelMap, start: TunnelUse, packet: Packet): Hop[] | undefined {
  const passed: Hop[] = [];
  let context: SystemContext | undefined = start.context;
  for (let hop = 0; context && hop < hopsMax; hop += 1) {
    const again = passed.findIndex((each) => each.context === context);
    if (again >= 0) return passed.slice(again);
    const current: SystemContext = context;
    const view = systemView(current.config);
    if (view.isOwn({ family: packet.family, value: packet.remote })) return undefined;
    const entry = entryFor(view, packet);
    const tunnel = entry && tunnelOf(entry);
    if (!entry || !tunnel) return undefined;
    passed.push({ context: current, entry });
    context = map.ownerOf(tunnel.remoteEndpoint);
  }
  return undefined;
}
