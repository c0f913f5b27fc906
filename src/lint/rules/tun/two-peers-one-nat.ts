import { type Address, formatAddress, parseAddress } from '../../../model/address.js';
import { addressKey } from '../../../model/peer/system-view.js';
import type { SpdEntry } from '../../../model/system-config.js';
import type { HostFacts } from '../../context.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const nat = parseAddress('192.0.2.9')!;
const facts = (name: string, address: string, publicAddress: Address = nat) => ({
  name,
  addresses: [parseAddress(address)!],
  behindNat: true,
  publicAddress,
});
const server = (action: string) =>
  `add host clients -source 10.1.1.1 -destination 192.0.2.9 -priority 10 -action ${action}`;

export default defineRule({
  scope: 'repository',
  code: 'TUN009',
  slug: 'two-peers-one-nat',
  severity: 'warning',
  summary: 'Transport mode with two peers behind the same NAT.',
  rationale:
    'In transport mode the selectors are the addresses of the packets, and both peers have that of the NAT. The system cannot tell which SA an answer belongs to, and sends it to the peer that came last. Tunnel mode keeps the inner addresses apart.',
  references: ['RFC 7296 §2.23.1', 'RFC 3948 §5.2'],
  bad: [{ text: server('ESP_AES128_HMAC_SHA1'), hosts: [facts('b', '10.2.2.2'), facts('c', '10.2.2.3')] }],
  good: [
    { text: server('ESP_AES128_HMAC_SHA1'), hosts: [facts('b', '10.2.2.2')] },
    {
      text: server('ESP_AES128_HMAC_SHA1'),
      hosts: [facts('b', '10.2.2.2'), facts('c', '10.2.2.3', parseAddress('192.0.2.10')!)],
    },
    { text: server('PASS'), hosts: [facts('b', '10.2.2.2'), facts('c', '10.2.2.3')] },
  ],
  *check({ systems, hosts }) {
    const behind = new Map<string, { address: Address; hosts: HostFacts[] }>();
    for (const host of hosts) {
      if (!host.behindNat || !host.publicAddress) continue;
      const key = addressKey(host.publicAddress);
      const known = behind.get(key);
      if (known) known.hosts.push(host);
      else behind.set(key, { address: host.publicAddress, hosts: [host] });
    }
    const shared = [...behind.values()].filter((each) => each.hosts.length > 1);
    if (shared.length === 0) return;
    for (const context of systems) {
      for (const { address, hosts: peers } of shared) {
        // Seen from behind the same NAT they have addresses of their own.
        if (peers.some(({ name }) => name === context.name)) continue;
        const entry = context.config.spd.find((each) => isTransportTo(each, address));
        const at = entry && (recordOf(context, entry.source)?.nameAt ?? entry.source.at);
        if (!entry || !at) continue;
        yield {
          message: `${sourceText(entry.source.record)} of ${context.name} uses transport mode with ${peers.length} peers behind one NAT, ${formatAddress(address.family, address.value)}`,
          at,
          record: entry.source.record,
          notes: [
            `the inventory says so of ${peers
              .map(({ name }) => name)
              .slice(0, 8)
              .join(', ')}`,
          ],
          help: 'use a tunnel policy for them',
        };
      }
    }
  },
});

function isTransportTo({ action, selectors }: SpdEntry, { family, value }: Address): boolean {
  return (
    action.kind === 'PROTECT' &&
    action.bundle.some(({ mode, manual }) => mode === 'transport' && !manual) &&
    selectors.some((box) => box.family === family && box.remote.lo <= value && value <= box.remote.hi)
  );
}
