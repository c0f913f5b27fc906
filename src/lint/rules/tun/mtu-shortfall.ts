import { innerMtu } from '../../../model/sa-overhead.js';
import type { SaTemplate, SpdEntry } from '../../../model/system-config.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

/** What every IPv6 link carries, and what IPv4 hosts count on in practice. */
const wanted = 1280;
const linkMtuDefault = 1500;

const nested = (source: string, destination: string, endpoint: string) =>
  `add tunnel t -tsource ${source} -tdestination ${endpoint} -source ${source} -destination ${destination} -action AH_SHA2_512+ESP_AES256_HMAC_SHA2_512\nadd host h -source ${source} -destination ${destination} -priority 10 -tunnel t -action AH_SHA2_512+ESP_AES256_HMAC_SHA2_512`;

export default defineRule({
  scope: 'system',
  code: 'TUN007',
  slug: 'mtu-shortfall',
  severity: 'warning',
  summary: 'Nested SAs leave less than 1280 octets of a packet.',
  rationale:
    'Each SA adds headers, padding and an ICV, and each tunnel an IP header. What is left for the packet itself shrinks below what IPv6 guarantees; where messages about it are lost, connections are made and then stall at the first large packet.',
  references: ['RFC 4301 §8', 'RFC 8200 §5', 'RFC 4459'],
  bad: [
    nested('2001:db8:1::1', '2001:db8:9::9', '2001:db8:2::2'),
    {
      text: 'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.9.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.1.1.1 -destination 10.9.0.0/16 -priority 10 -tunnel t -action PASS',
      host: { mtu: 1300 },
    },
  ],
  good: [
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.1.1 -destination 10.9.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.1.1.1 -destination 10.9.0.0/16 -priority 10 -tunnel t -action AH_SHA1',
    {
      text: 'add host h -source 10.1.1.1 -destination 10.9.9.9 -priority 10 -action ESP_AES128_HMAC_SHA1',
      host: { mtu: 1500 },
    },
  ],
  *check(context) {
    const { config, host } = context;
    const linkMtu = host?.mtu ?? linkMtuDefault;
    const seen = new Set<string>();
    // Thousands of policies have the same transforms.
    const lengths = new Map<string, number>();
    const leftBy = (bundle: readonly SaTemplate[], family: 4 | 6): number => {
      const key = `${family} ${bundle.map(shapeOf).join('; ')}`;
      let left = lengths.get(key);
      if (left === undefined) {
        left = innerMtu(linkMtu, bundle, { family, udp: host?.behindNat === true });
        lengths.set(key, left);
      }
      return left;
    };
    for (const entry of [...config.spd, ...config.forwardSpd]) {
      const { action, source } = entry;
      if (action.kind !== 'PROTECT') continue;
      const key = action.bundle
        .map((template) => `${template.source.record.kind} ${template.source.record.name}`)
        .join(' ');
      // Policies that share a tunnel share its lengths; those with SAs of their own are told one by one.
      if (seen.has(key)) continue;
      seen.add(key);
      for (const family of familiesOf(entry)) {
        const left = leftBy(action.bundle, family);
        if (left >= wanted) continue;
        const record = recordOf(context, source);
        const at = record?.nameAt ?? source.at;
        if (!at) continue;
        const sas = action.bundle.map(({ mode, proposals }) => `${proposals[0]?.name ?? 'SA'} in ${mode} mode`);
        yield {
          message: `${sourceText(source.record)} leaves ${left} octets of an IPv${family} packet on a link of ${linkMtu}`,
          at,
          record: source.record,
          notes: [
            `its SAs, innermost first: ${sas.join(', ')}`,
            host?.mtu === undefined
              ? `${linkMtuDefault} octets are assumed; the inventory can say what the link carries (mtu)`
              : `the inventory says that the links of ${host.name} carry ${linkMtu} octets`,
          ],
          help: 'use fewer SAs one inside the other, or a link that carries longer packets; otherwise clamp the MSS of TCP',
        };
        break;
      }
    }
  },
});

/** What the length of a packet depends on. */
function shapeOf({ mode, remoteEndpoint, proposals }: SaTemplate): string {
  const algorithms = proposals.map(({ protocol, encryption, authentication }) =>
    [protocol, ...encryption.map(({ name }) => name), ...authentication.map(({ name }) => name)].join(' '),
  );
  return `${mode} ${remoteEndpoint?.family ?? ''} ${algorithms.join(', ')}`;
}

function familiesOf({ selectors }: SpdEntry): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((family) => selectors.some((box) => box.family === family));
}
