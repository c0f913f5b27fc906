import {
  type AddressRange,
  type AddressValue,
  anyAddress,
  type Family,
  formatAddress,
  formatRange,
  next,
  previous,
} from '../../../model/address.js';
import type { PolicySet } from '../../../model/resolve.js';
import type { Box } from '../../../model/selector/box.js';
import type { SystemContext } from '../../context.js';
import { entryName, entryPlace } from '../../entries.js';
import { authLookup } from '../../lookup.js';
import { mergeRanges, peerRanges } from '../../protected-peers.js';
import { defineRule, type RuleFinding } from '../../rule.js';

/** Uncovered ranges that are named. */
const shownMax = 3;
/** Entries of which it is asked exactly what earlier ones leave; beyond them all that they select counts. */
const exactMax = 2_000;

export default defineRule({
  scope: 'system',
  code: 'REF003',
  slug: 'peer-without-auth',
  severity: 'error',
  absenceOf: ['auth'],
  recordsOnly: true,
  summary: 'A policy protects traffic with peers that no authentication record matches.',
  rationale:
    'From A.03 on every peer needs an authentication record, also each address of a peer that has several; without one IKE cannot start and the packets are dropped. Where only some of the peers have no record, or there is no record at all, the finding is a warning: the policy may be wider than the peers that exist, and the file a part of a larger configuration.',
  references: ['RFC 4301 §4.4.3', 'ipsec_config_add(1M)'],
  bad: [
    'add host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action ESP_AES128_HMAC_SHA1',
    'add host h -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd auth low -remote 10.2.0.0/17 -preshared Plover-Sand-77',
    'add host h -source 10.1.1.1/32 -destination 10.2.0.9/32 -action ESP_AES128_HMAC_SHA1\nadd auth a -remote 10.1.0.0/16 -preshared Plover-Sand-77',
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9\nadd host h -source 10.1.1.1/32 -destination 10.4.0.0/16 -tunnel t -action PASS\nadd auth inner -remote 10.4.0.0/16 -preshared Plover-Sand-77',
  ],
  good: [
    'add host h -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd auth low -remote 10.2.0.0/17 -preshared Plover-Sand-77\nadd auth high -remote 10.2.128.0/17 -preshared Plover-Sand-78',
    'add host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action PASS',
    '# ipsec-dialect: A.02\nadd host h -source 10.1.1.1/32 -destination 10.10.10.10/32 -action ESP_3DES_HMAC_SHA1',
    'add host rest -source 10.1.1.1/32 -destination 10.2.128.0/17 -priority 10 -action DISCARD\nadd host net -source 10.1.1.1/32 -destination 10.2.0.0/16 -priority 20 -action ESP_AES128_HMAC_SHA1\nadd auth low -remote 10.2.0.0/17 -preshared Plover-Sand-77',
  ],
  *check(context) {
    const { policies, spdIndex } = context;
    // In A.02 a missing record only meant that the local address was sent as the identity (M0201 p.9).
    if (policies.dialect === 'A.02') return;
    if (policies.auths.length === 0) {
      yield* noneAtAll(context);
      return;
    }
    const covered = authCoverage(policies);
    let exactLeft = exactMax;
    for (const [number, entry] of [...context.config.spd, ...context.config.forwardSpd].entries()) {
      if (entry.action.kind !== 'PROTECT') continue;
      const at = entryPlace(context, entry);
      if (!at) continue;
      const told = new Set<string>();
      for (const template of entry.action.bundle) {
        let { bare, all } = gapsOf(covered, mergeRanges(peerRanges(entry, template)));
        if (bare.length === 0) continue;
        // Peers whose packets earlier policies take are none of this one's.
        if (!template.remoteEndpoint && number < spdIndex.size && number > 0 && exactLeft > 0) {
          exactLeft -= 1;
          const left = spdIndex.leftover(number, context.settings.budget);
          if (left.kind === 'exact') ({ bare, all } = gapsOf(covered, mergeRanges(left.region.map(remoteOf))));
        }
        const [first] = bare;
        if (!first || told.has(formatRange(first))) continue;
        told.add(formatRange(first));
        const shown = bare.slice(0, shownMax).map(formatRange).join(', ');
        yield {
          message: `${entryName(entry)} protects traffic with ${all ? '' : 'some '}peers that no auth record matches: ${shown}${bare.length > shownMax ? ' and more' : ''}`,
          at,
          record: entry.source.record,
          notes: [`IKE with ${formatAddress(first.family, first.first)} cannot start`],
          help: `add auth NAME -remote ${formatRange(first)} ...`,
          ...(all ? {} : { severity: 'warning' as const }),
        };
      }
    }
  },
});

/**
 * Without any authentication record these files are probably a part of a configuration: a batch is applied to a database,
 * which may hold the records. So it is said once, and as a warning.
 */
function* noneAtAll(context: SystemContext): Iterable<RuleFinding> {
  const entries = [...context.config.spd, ...context.config.forwardSpd].filter(
    ({ action }) => action.kind === 'PROTECT' && action.bundle.some(({ manual }) => !manual),
  );
  const [first] = entries;
  const at = first && entryPlace(context, first);
  if (!at) return;
  const others = entries.length - 1;
  yield {
    message: `${entryName(first)}${others > 0 ? ` and ${others} other${others > 1 ? 's' : ''}` : ''} negotiate${others > 0 ? '' : 's'} keys, and there is no auth record`,
    at,
    record: first.source.record,
    severity: 'warning',
    help: 'add auth NAME -remote ADDRESS ... for each peer, unless the database that this batch is applied to has them',
  };
}

function remoteOf({ family, remote }: Box): AddressRange {
  return { family, first: remote.lo, last: remote.hi };
}

/** What authentication records cover, in disjoint ranges in ascending order, IPv4 first. */
function authCoverage(policies: PolicySet): Readonly<Record<Family, readonly AddressRange[]>> {
  const { index } = authLookup(policies);
  const of = (family: Family) =>
    mergeRanges([...index.segments(anyAddress(family))].filter(({ winner }) => winner >= 0).map(({ range }) => range));
  return { 4: of(4), 6: of(6) };
}

/** What of some ranges is not covered: the first pieces of it, one more than is shown. `all`: nothing is covered. */
function gapsOf(
  covered: Readonly<Record<Family, readonly AddressRange[]>>,
  ranges: readonly AddressRange[],
): { bare: AddressRange[]; all: boolean } {
  const bare: AddressRange[] = [];
  let all = true;
  for (const { family, first, last } of ranges) {
    const list = covered[family];
    let from = first;
    let at = firstEndingFrom(list, first);
    for (; bare.length <= shownMax; at += 1) {
      const cover = list[at];
      if (!cover || cover.first > last) {
        bare.push({ family, first: from, last });
        break;
      }
      all = false;
      if (cover.first > from) bare.push({ family, first: from, last: previous(cover.first) });
      if (cover.last >= last) break;
      from = next(cover.last);
    }
    if (bare.length > shownMax) break;
  }
  return { bare, all };
}

/** The first range that ends at or behind an address. */
function firstEndingFrom(ranges: readonly AddressRange[], value: AddressValue): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.last < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
