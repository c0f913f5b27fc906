import { formatPacket } from '../../../model/packet.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { meterFor } from '../../anomalies/meter.js';
import { rivalOf } from '../../anomalies/rivals.js';
import { allAnomalies } from '../../anomalies.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { defineRule } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'PRI005',
  slug: 'backend-priority-collision',
  severity: 'error',
  summary: 'Two policies of the kernel select common packets with the same priority.',
  rationale:
    'The kernel takes the policy with the lowest number, and of equal numbers the one that was put in first: which that is changes with the order in which connections come up, are reloaded or rekeyed. Daemons work the number out from the lengths of prefixes, so that two connections can have the same one although neither lies within the other. Records compiled by `ipsec apply` never collide; it is asked of the configurations of other products.',
  references: ['ip-xfrm(8)', 'swanctl.conf(5)', 'ipsec.conf(5)'],
  bad: [
    `connections {
  a {
    remote_addrs = 192.0.2.1
    children {
      a { local_ts = 10.1.0.0/16
          remote_ts = 10.2.2.0/24 }
    }
  }
  b {
    remote_addrs = 192.0.2.9
    children {
      b { local_ts = 10.1.1.0/24
          remote_ts = 10.2.0.0/16 }
    }
  }
}`,
    `ip xfrm policy add src 10.1.1.1/32 dst 10.2.0.0/16 dir out priority 100 tmpl proto esp reqid 1 mode transport
ip xfrm policy add src 10.1.0.0/16 dst 10.2.2.2/32 dir out priority 100 action block`,
  ],
  good: [
    `connections {
  a {
    remote_addrs = 192.0.2.1
    children {
      a { local_ts = 10.1.0.0/16
          remote_ts = 10.2.2.0/24
          priority = 10 }
    }
  }
  b {
    remote_addrs = 192.0.2.9
    children {
      b { local_ts = 10.1.1.0/24
          remote_ts = 10.2.0.0/16
          priority = 20 }
    }
  }
}`,
    `ip xfrm policy add src 10.1.1.1/32 dst 10.2.0.0/16 dir out priority 100 tmpl proto esp reqid 1 mode transport
ip xfrm policy add src 10.1.0.0/16 dst 10.3.2.2/32 dir out priority 100 action block`,
  ],
  *check(context) {
    // Records of one number are PRI001's; what is compiled of records has a number of its own for each place in the order.
    if (!context.imported) return;
    for (const { spd } of allAnomalies(context)) {
      const meter = meterFor(spd.policies.length, spd.budget);
      let first = 0;
      for (const number of spd.policies) {
        const entry = spd.entries[number]!;
        if (!isTied(spd.entries[first], entry)) first = number;
        if (first === number) continue;
        const rival = rivalOf(spd, number, { from: first }, meter);
        const place = rival && atEntry(context, entry);
        if (!place) continue;
        if (rival === 'undecided') {
          yield* notDecided(context, spd, number, 'whether another one of the same priority selects packets of it');
          continue;
        }
        const other = spd.entries[rival.entry]!;
        yield {
          ...place,
          message: `${entryName(entry)} and ${entryName(other)} select common packets: which of them counts depends on which is put in first`,
          notes: [
            `${formatPacket(rival.witness)} is selected by both: ${describeAction(other.action)} if ${other.source.record.kind} '${other.source.record.name}' is first, else ${describeAction(entry.action)}`,
            ...originNote(entry),
          ],
          related: relatedEntries(context, [other]),
          help: remedies[entry.source.record.kind] ?? 'give one of them another priority',
        };
      }
    }
  },
});

/** Entries without a written number, as those of setkey mostly are, are meant to be found in the order of the file. */
function isTied(first: SpdEntry | undefined, entry: SpdEntry): boolean {
  return entry.priority !== undefined && first?.priority?.value === entry.priority.value;
}

function originNote({ priority }: SpdEntry): string[] {
  return priority?.origin.kind === 'automatic' ? [`where its number is from: ${priority.origin.rule}`] : [];
}

const remedies: Readonly<Record<string, string>> = {
  child: 'write `priority` in both children, the lower number in the one that is meant',
  conn: 'write `priority=` in both connections, the lower number in the one that is meant',
  ikev2: 'let only one rule have this flow',
};
