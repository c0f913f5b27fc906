/**
 * The guard: a table of nf_tables that lets no packet go or come in the clear that policy wants protected or discarded — RFC 4301 §5.1 and
 * §5.2 for packets that never reach the data path. It needs no process: it stands while the runtime starts, and when it dies.
 *
 * The SPD is written out as rules in its order, first match wins, as everywhere. What always passes: the TUN device, the runtime's own
 * packets (by their mark), the loopback device, what IPsec itself comes in (ESP, AH, IKE), neighbour discovery (RFC 4861; it cannot come
 * from beyond the link), and what routers say about path MTUs (RFC 4301 §8.2; the host checks it against its own packets).
 */
import { formatAddress } from '../../../model/address.js';
import { hasPorts, hasTypes } from '../../../model/packet.js';
import type { Box } from '../../../model/selector/box.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { EnvironmentError } from '../../../model/tool-error.js';
import type { HostNames } from './names.js';

/** Rules of one chain; more take nf_tables minutes. */
const rulesMax = 50_000;

export interface GuardedPolicies {
  readonly spd: readonly SpdEntry[];
  /** Absent where the host forwards nothing for us: then forwarded packets are none of our business. */
  readonly forwardSpd?: readonly SpdEntry[];
}

/** The script that puts the guard in place, instead of the one that is there, in one transaction. */
export function guardScript({ spd, forwardSpd }: GuardedPolicies, names: HostNames): string {
  const { table, tun, mark, ikePorts } = names;
  const ports = [...new Set([ikePorts.ike, ikePorts.natTraversal])].join(', ');
  const marked = `meta mark & ${hex(mark)} == ${hex(mark)} accept`;
  const always = [
    'icmpv6 type { 130-137, 143 } ip6 hoplimit { 1, 255 } accept',
    'icmp type destination-unreachable icmp code frag-needed accept',
    'icmpv6 type packet-too-big accept',
  ];
  const out = chain('out', spd, 'outbound', 'from-here');
  const into = chain('into', spd, 'inbound', 'to-here');
  const forward = forwardSpd
    ? [
        ...chain('across', forwardSpd, 'outbound', 'from-here'),
        // The answer to a packet tells how it should have come.
        ...chain('answer', forwardSpd, 'outbound', 'to-here', 'protected-only'),
        block('forward', [
          'type filter hook forward priority filter - 5; policy accept',
          `iifname "${tun}" accept`,
          `oifname "${tun}" accept`,
          marked,
          'jump answer',
          'goto across',
        ]),
      ]
    : [];
  const blocks = [
    ...out,
    ...into,
    ...forward,
    block('output', [
      'type filter hook output priority filter - 5; policy accept',
      `oifname { "lo", "${tun}" } accept`,
      marked,
      ...always,
      'goto out',
    ]),
    block('input', [
      'type filter hook input priority filter - 5; policy accept',
      `iifname { "lo", "${tun}" } accept`,
      `meta l4proto { 50, 51 } accept`,
      `udp dport { ${ports} } accept`,
      ...always,
      'goto into',
    ]),
  ];
  return `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${blocks.join('')}}\n`;
}

/** The script that takes it away. */
export function unguardScript({ table }: Pick<HostNames, 'table'>): string {
  return `table inet ${table}\ndelete table inet ${table}\n`;
}

/**
 * Has a table as nf_tables lists it (undefined: there is none) as many rules in each chain as a script of `guardScript` puts there? A
 * table that was flushed is still listed, and lets everything through.
 */
export function isGuardWhole(listed: string | undefined, script: string): boolean {
  if (listed === undefined) return false;
  const there = ruleCounts(listed);
  // No version of nft writes a rule on less than a line.
  return [...ruleCounts(script)].every(([name, count]) => (there.get(name) ?? 0) >= count);
}

/** Rules by the name of their chain. */
function ruleCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  let chain: string | undefined;
  for (const line of text.split('\n')) {
    const words = line.trim();
    const opened = /^chain (\S+) \{$/.exec(words)?.[1];
    if (opened !== undefined) {
      chain = opened;
      counts.set(chain, 0);
    } else if (words === '}') chain = undefined;
    else if (chain !== undefined && words !== '' && !words.startsWith('type '))
      counts.set(chain, counts.get(chain)! + 1);
  }
  return counts;
}

function block(name: string, lines: readonly string[]): string {
  return `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
}

/** Where `local` is in a packet: its source, or its destination. */
type Way = 'from-here' | 'to-here';

/** A chain for whole packets, and one for fragments that do not show their ports (RFC 4301 §7). */
function chain(
  name: string,
  entries: readonly SpdEntry[],
  direction: 'outbound' | 'inbound',
  way: Way,
  what: 'everything' | 'protected-only' = 'everything',
): readonly string[] {
  const whole: string[] = [];
  const fragments: string[] = [];
  const fragmentChain = `${name}-fragments`;
  for (const { selectors, action } of entries) {
    const mayBeClear = action.kind === 'PROTECT' && action.fallbackToClear;
    const verdict =
      what === 'protected-only'
        ? action.kind === 'PROTECT' && !mayBeClear
          ? 'drop'
          : 'return'
        : // What may be in the clear when negotiation fails, comes so; what goes so, goes through the data path.
          action.kind === 'BYPASS' || (mayBeClear && direction === 'inbound')
          ? 'accept'
          : 'drop';
    for (const box of selectors) {
      if (direction === 'outbound' ? box.direction.lo > 0 : box.direction.hi < 1) continue;
      whole.push(`${matchBox(box, way)} ${verdict}`.trim());
      // A fragment may be of what an entry with ports is for: then it goes no further, unless nothing is lost by it.
      if (verdict === 'drop' || !asksForPorts(box)) fragments.push(`${matchAddresses(box, way)} ${verdict}`.trim());
      if (whole.length > rulesMax) {
        throw new EnvironmentError(`the policy has more than ${rulesMax} selectors, too many for the guard`, {
          code: 'GUARD_TOO_LARGE',
          hints: ['Merge entries that treat packets alike: ipsec policy lint tells which.'],
        });
      }
    }
  }
  const end = what === 'protected-only' ? 'return' : 'drop';
  return [
    block(fragmentChain, [...fragments, end]),
    block(name, [
      `ip frag-off & 0x1fff != 0 goto ${fragmentChain}`,
      `frag frag-off != 0 goto ${fragmentChain}`,
      ...whole,
      end,
    ]),
  ];
}

function asksForPorts({ x, y }: Box): boolean {
  return x.lo > 0 || x.hi < 65_535 || y.lo > 0 || y.hi < 65_535;
}

function matchBox(box: Box, way: Way): string {
  const { protocol, x, y } = box;
  const parts = [matchAddresses(box, way)];
  if (asksForPorts(box)) {
    if (hasPorts(protocol.lo)) {
      const [source, destination] = way === 'from-here' ? [x, y] : [y, x];
      if (source.lo > 0 || source.hi < 65_535) parts.push(`th sport ${range(source.lo, source.hi)}`);
      if (destination.lo > 0 || destination.hi < 65_535)
        parts.push(`th dport ${range(destination.lo, destination.hi)}`);
    } else if (hasTypes(protocol.lo)) {
      // Type and code are the first two octets, but of a Mobility Header, whose type is the third.
      parts.push(
        protocol.lo === mobilityHeader ? `@th,16,8 ${range(x.lo >> 8, x.hi >> 8)}` : `@th,0,16 ${range(x.lo, x.hi)}`,
      );
    }
  }
  return parts.filter((part) => part !== '').join(' ');
}

const mobilityHeader = 135;

function matchAddresses({ family, local, remote, protocol }: Box, way: Way): string {
  const word = family === 4 ? 'ip' : 'ip6';
  const [source, destination] = way === 'from-here' ? [local, remote] : [remote, local];
  const parts = [`meta nfproto ipv${family}`];
  const address = (side: string, { lo, hi }: Box['local']): void => {
    const isAll = BigInt(lo) === 0n && BigInt(hi) === (family === 4 ? 0xffff_ffffn : (1n << 128n) - 1n);
    if (!isAll) parts.push(`${word} ${side} ${range(formatAddress(family, lo), formatAddress(family, hi))}`);
  };
  address('saddr', source);
  address('daddr', destination);
  if (protocol.lo > 0 || protocol.hi < 255) parts.push(`meta l4proto ${range(protocol.lo, protocol.hi)}`);
  return parts.join(' ');
}

function range(lo: number | string, hi: number | string): string {
  return lo === hi ? `${lo}` : `${lo}-${hi}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
