import { peersOf } from '../../../model/peer/peers.js';
import { intersectRegions } from '../../../model/selector/algebra.js';
import type { Region } from '../../../model/selector/box.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { entryText } from '../../configured.js';
import type { SystemContext } from '../../context.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const text = 'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES256_GCM16';
const peer = 'add host a -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action ESP_AES256_GCM16';

export default defineRule({
  scope: 'repository',
  code: 'HYG005',
  slug: 'assertion-missing',
  severity: 'info',
  summary: 'Two systems protect their traffic, and no assertion says that they must.',
  rationale:
    'The repository has assertions, so somebody relies on them to catch the change that takes protection away. For this pair nothing would. A repository without assertions is not asked for any.',
  references: ['ipsec-policy(5)', 'ipsec-policy-test(1)'],
  bad: [{ text, peer, assertions: 'on a: telnet from 10.1.1.1 to 10.9.9.9 outbound must be passed' }],
  good: [
    { text, peer, assertions: 'on a: any from 10.1.1.1 to 10.2.2.2 outbound must be protected' },
    { text, peer },
  ],
  *check({ systems, requirements }) {
    if (!requirements) return;
    const byConfig = new Map(systems.map((system) => [system.config, system]));
    const stated = new Map<string, Region[]>();
    for (const { system, packets } of requirements) {
      const list = stated.get(system);
      if (list) list.push(packets);
      else stated.set(system, [packets]);
    }
    for (const { a, b } of peersOf(systems.map(({ config }) => config))) {
      const [one, other] = [byConfig.get(a)!, byConfig.get(b)!];
      const entries = [protectingEntry(one, other), protectingEntry(other, one)] as const;
      const isStated = entries.some(
        (found, side) =>
          found && (stated.get([one, other][side]!.name) ?? []).some((region) => meets(region, found.towards)),
      );
      if (isStated) continue;
      const side = entries[0] ? 0 : 1;
      const found = entries[side];
      if (found) yield findingFor([one, other][side]!, [other, one][side]!, found.entry);
    }
  },
});

function meets(packets: Region, towards: Region): boolean {
  return intersectRegions(packets, towards).length > 0;
}

/** The first entry that protects packets to an address of the other system, with those packets. */
function protectingEntry(
  { config }: SystemContext,
  other: SystemContext,
): { readonly entry: SpdEntry; readonly towards: Region } | undefined {
  for (const entry of config.spd) {
    if (entry.action.kind !== 'PROTECT') continue;
    const ends = entry.action.bundle.flatMap(({ remoteEndpoint }) => remoteEndpoint ?? []);
    const isEnd = ends.some((end) => other.config.addresses.some((own) => own.value === end.value));
    const towards = entry.selectors.filter(
      ({ family, remote }) =>
        isEnd ||
        other.config.addresses.some((own) => own.family === family && remote.lo <= own.value && own.value <= remote.hi),
    );
    if (towards.length > 0) return { entry, towards };
  }
  return undefined;
}

function findingFor(system: SystemContext, other: SystemContext, { source }: SpdEntry): RuleFinding {
  const at = source.at ?? { source: system.firstFile!, start: 0, end: 0 };
  return {
    message: `no assertion speaks of the packets that ${entryText(source.record)} protects between ${system.name} and ${other.name}`,
    at,
    help: `add to a file *.ipsectest: on ${system.name}: any from ${system.name} to ${other.name} outbound must be protected`,
    record: source.record,
  };
}
