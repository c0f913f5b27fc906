import { type Address, type AddressValue, formatAddress, formatRange } from '../../../model/address.js';
import { formatPacket } from '../../../model/packet.js';
import { intersectBoxes } from '../../../model/selector/algebra.js';
import type { Box } from '../../../model/selector/box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { SaTemplate } from '../../../model/system-config.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';
import { undecided } from '../../tunnel-paths.js';

const branch = (name: string, endpoint: string, net: string, priority: number) =>
  `add tunnel ${name} -tsource 10.1.1.1 -tdestination ${endpoint} -source 10.1.0.0/16 -destination ${net} -action ESP_AES128_HMAC_SHA1\nadd host ${name} -source 10.1.0.0/16 -destination ${net} -priority ${priority} -tunnel ${name} -action PASS`;

/** Comparisons of two tunnels in one system. */
const comparisonsMax = 1_000_000;

export default defineRule({
  scope: 'system',
  code: 'TUN006',
  slug: 'overlapping-remote-nets',
  severity: 'error',
  summary: 'Two tunnels to different peers claim the same or overlapping networks behind them.',
  rationale:
    'The first matching policy takes all packets of the overlap, and the other peer gets none of them, nor can it answer. One network lies behind one gateway; mostly a prefix is too short, or a site was renumbered.',
  references: ['RFC 4301 §4.4.1', 'Openswan issue 42'],
  bad: [
    `${branch('x', '192.0.2.2', '10.2.0.0/16', 10)}\n${branch('y', '192.0.2.3', '10.2.0.0/16', 20)}`,
    `${branch('x', '192.0.2.2', '10.2.0.0-10.2.200.255', 10)}\n${branch('y', '192.0.2.3', '10.2.100.0-10.3.255.255', 20)}`,
  ],
  good: [
    `${branch('x', '192.0.2.2', '10.2.0.0/16', 10)}\n${branch('y', '192.0.2.3', '10.3.0.0/16', 20)}`,
    // A site of its own inside of what else goes to the hub.
    `${branch('x', '192.0.2.2', '10.2.3.0/24', 10)}\n${branch('hub', '192.0.2.3', '10.0.0.0/8', 20)}`,
  ],
  *check(context) {
    const claims = claimsOf(
      [...context.config.spd, ...context.config.forwardSpd].flatMap(({ action }) =>
        action.kind === 'PROTECT' ? action.bundle : [],
      ),
    );
    claims.sort((a, b) => (a.box.remote.lo < b.box.remote.lo ? -1 : a.box.remote.lo > b.box.remote.lo ? 1 : 0));
    const told = new Set<string>();
    let open: Claim[] = [];
    let comparisons = 0;
    for (const claim of claims) {
      open = open.filter(({ box }) => box.remote.hi >= claim.box.remote.lo);
      for (const other of open) {
        comparisons += 1;
        if (comparisons > comparisonsMax) {
          yield* undecided(
            context,
            claim.template.source,
            'the networks behind tunnels were compared only in part: too many overlap',
          );
          return;
        }
        const common = conflict(claim, other);
        const [first, second] = claim.order < other.order ? [claim, other] : [other, claim];
        const key = `${second.order}`;
        if (!common || told.has(key)) continue;
        told.add(key);
        const records = [first, second].map(({ template }) => recordOf(context, template.source));
        const at = records[1]?.nameAt ?? second.template.source.at;
        const place = records[0]?.nameAt ?? first.template.source.at;
        if (!at) continue;
        const name = ({ template }: Claim) => sourceText(template.source.record);
        const end = ({ endpoint }: Claim) => formatAddress(endpoint.family, endpoint.value);
        const range = { family: common.family, first: common.remote.lo, last: common.remote.hi };
        yield {
          message: `${name(second)} to ${end(second)} and ${name(first)} to ${end(first)} both claim ${formatRange(range)}`,
          at,
          record: second.template.source.record,
          ...(place ? { related: [{ at: place, text: `${name(first)} claims it as well` }] } : {}),
          notes: [`for example ${formatPacket(witnessPacket({ ...common, direction: { lo: 0, hi: 0 } }))}`],
          help: 'give each network to one peer: narrow the destination of one of the two, or put the special one inside of the other',
        };
      }
      open.push(claim);
    }
  },
});

interface Claim {
  readonly box: Box;
  readonly endpoint: Address;
  readonly template: SaTemplate;
  /** In search order. */
  readonly order: number;
}

function claimsOf(templates: readonly SaTemplate[]): Claim[] {
  const seen = new Set<string>();
  return templates.flatMap((template, order): Claim[] => {
    const { remoteEndpoint, mode, selectors, source } = template;
    const key = sourceText(source.record);
    if (mode !== 'tunnel' || !remoteEndpoint || seen.has(key)) return [];
    seen.add(key);
    return selectors.map((box) => ({ box, endpoint: remoteEndpoint, template, order }));
  });
}

/** What two claims share, unless it is one peer or one claim lies inside of the other as an exception. */
function conflict(a: Claim, b: Claim): Box | undefined {
  if (a.endpoint.family === b.endpoint.family && a.endpoint.value === b.endpoint.value) return undefined;
  const common = intersectBoxes(a.box, b.box);
  if (!common) return undefined;
  const size = ({ remote }: Box) => BigInt(remote.hi) - BigInt(remote.lo);
  const [small, large] = size(a.box) <= size(b.box) ? [a.box, b.box] : [b.box, a.box];
  const isInside = (low: AddressValue, high: AddressValue) => low >= large.remote.lo && high <= large.remote.hi;
  const isException = size(small) < size(large) && isInside(small.remote.lo, small.remote.hi);
  return isException ? undefined : common;
}
