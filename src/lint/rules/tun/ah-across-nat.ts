import { parseAddress } from '../../../model/address.js';
import { addressKey } from '../../../model/peer/system-view.js';
import type { SpdEntry } from '../../../model/system-config.js';
import type { HostFacts, SystemContext } from '../../context.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const ah = 'add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1';
const addresses = (text: string) => [parseAddress(text)!];

export default defineRule({
  scope: 'repository',
  code: 'TUN008',
  slug: 'ah-across-nat',
  severity: 'error',
  summary: 'AH is used across a NAT.',
  rationale:
    'The ICV of AH covers the IP addresses, and a NAT changes them: every packet fails the check at the far end. There is no UDP encapsulation for AH either. ESP with NULL encryption gives the same integrity for the payload and passes.',
  references: ['RFC 3715 §2.1', 'RFC 7296 §2.23', 'RFC 4302 §3.3.3'],
  bad: [
    { text: ah, host: { behindNat: true } },
    { text: ah, hosts: [{ name: 'b', addresses: addresses('10.2.2.2'), behindNat: true }] },
  ],
  good: [
    { text: ah, host: { behindNat: false } },
    {
      text: 'add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_NULL_HMAC_SHA1',
      host: { behindNat: true },
    },
  ],
  *check({ systems, hosts }) {
    const behind = new Map<string, HostFacts>();
    for (const host of hosts) {
      if (!host.behindNat) continue;
      for (const address of [...host.addresses, ...(host.publicAddress ? [host.publicAddress] : [])])
        behind.set(addressKey(address), host);
    }
    for (const context of systems) {
      if (behind.size === 0 && !context.host?.behindNat) continue;
      for (const entry of [...context.config.spd, ...context.config.forwardSpd]) {
        const fault = ahTowards(context, entry, behind);
        if (!fault) continue;
        const { source, proposal, why } = fault;
        const record = recordOf(context, source);
        const at = proposal.source.at ?? record?.nameAt ?? source.at;
        if (!at) continue;
        yield {
          message: `${sourceText(source.record)} of ${context.name} uses ${proposal.name} across a NAT`,
          at,
          record: source.record,
          notes: [why],
          help: 'use ESP with NULL encryption and the same hash, as ESP_NULL_HMAC_SHA1, on both ends',
        };
      }
    }
  },
});

/** The first SA of an entry with an AH proposal that has a NAT between its ends. */
function ahTowards({ name, host }: SystemContext, { action }: SpdEntry, behind: ReadonlyMap<string, HostFacts>) {
  if (action.kind !== 'PROTECT') return undefined;
  for (const { proposals, source, remoteEndpoint, selectors } of action.bundle) {
    const proposal = proposals.find(({ protocol }) => protocol === 'AH');
    if (!proposal) continue;
    if (host?.behindNat) return { source, proposal, why: `the inventory says that ${name} is behind a NAT` };
    const ends = remoteEndpoint
      ? [remoteEndpoint]
      : selectors.flatMap(({ family, remote }) => (remote.lo === remote.hi ? [{ family, value: remote.lo }] : []));
    const peer = ends.map((end) => behind.get(addressKey(end))).find((found) => found !== undefined);
    if (peer) return { source, proposal, why: `the inventory says that ${peer.name} is behind a NAT` };
  }
  return undefined;
}
