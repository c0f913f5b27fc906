import { formatPacket } from '../../../model/packet.js';
import type { SpdEntry } from '../../../model/system-config.js';
import { describeAction } from '../../../model/treatment.js';
import { meterFor } from '../../anomalies/meter.js';
import { type Anomalies, forwardAnomalies, hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { atEntry, entryName, relatedEntries } from '../../entries.js';
import { type Asymmetry, forwardAsymmetries, messageAsymmetry } from '../../return-path.js';
import { defineRule, type RuleFinding } from '../../rule.js';
import { notDecided } from '../../shadowing.js';

export default defineRule({
  scope: 'system',
  code: 'SHD011',
  slug: 'return-path-asymmetry',
  severity: 'error',
  summary: 'A flow and its replies meet different actions.',
  rationale:
    'One direction protected and the other in the clear is a half-encrypted session, and a peer that follows its own policy drops one half of it. Host policies hold for both directions, so only message types make the difference, which are written for each side; gateway policies are written for each leg, and there a flow is reported that is forwarded while its replies are dropped.',
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)'],
  bad: [
    'add host ping -source 10.1.1.1 -destination 10.2.2.2 -protocol ICMP -src_icmp_type 8 -dst_icmp_type 8 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host echo -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -src_icmp_type 8 -dst_icmp_type 3 -priority 10 -action PASS\nadd host rest -source 10.1.1.1 -destination 0.0.0.0/0 -priority 20 -action DISCARD',
    'add gateway out -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 10 -action FORWARD\nadd gateway default -action DISCARD',
  ],
  good: [
    'add host ping -source 10.1.1.1 -destination 10.2.2.2 -protocol ICMP -src_icmp_type 0,8 -dst_icmp_type 0,8 -priority 10 -action ESP_AES128_HMAC_SHA1',
    'add host errors -source 10.1.1.1 -destination 0.0.0.0/0 -protocol ICMP -src_icmp_type 3,4,5,11 -dst_icmp_type 3,4,5,11 -priority 10 -action PASS\nadd host rest -source 10.1.1.1 -destination 0.0.0.0/0 -priority 20 -action DISCARD',
    'add gateway out -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 10 -action FORWARD\nadd gateway in -source 10.2.0.0/16 -destination 10.1.0.0/16 -priority 20 -action FORWARD\nadd gateway default -action DISCARD',
  ],
  *check(context) {
    yield* messages(context);
    yield* legs(context);
  },
});

function* messages(context: SystemContext): Iterable<RuleFinding> {
  const { spd } = hostAnomalies(context);
  const cost = { meter: meterFor(spd.policies.length, spd.budget), budget: spd.budget };
  for (const number of spd.policies) {
    const found = messageAsymmetry(spd.entries, spd.index, number, cost);
    if (found === 'undecided')
      yield* notDecided(context, spd, number, 'whether answers are treated as what they answer');
    else if (found) yield* finding(context, spd, spd.entries[number]!, found, 'of a message type');
  }
}

function* legs(context: SystemContext): Iterable<RuleFinding> {
  const { spd } = forwardAnomalies(context);
  const [first] = spd.policies;
  if (first === undefined) return;
  const found = forwardAsymmetries(spd.entries, spd.budget);
  if (found === 'undecided') {
    yield* notDecided(context, spd, first, 'whether gateway policies forward the replies to what they forward');
    return;
  }
  for (const each of found) {
    const entry = [each.requestEntry, each.replyEntry]
      .map((number) => spd.entries[number]!)
      .find((one) => one.source.at);
    if (entry) yield* finding(context, spd, entry, each, 'that is forwarded');
  }
}

function* finding(
  context: SystemContext,
  spd: Anomalies['spd'],
  entry: SpdEntry,
  { request, reply, requestEntry, replyEntry }: Asymmetry,
  what: string,
): Iterable<RuleFinding> {
  const place = atEntry(context, entry);
  const [asks, answers] = [spd.entries[requestEntry]!, spd.entries[replyEntry]!];
  if (!place) return;
  yield {
    ...place,
    message: `a flow ${what} meets ${entryName(asks)} (${describeAction(asks.action)}), its replies meet ${entryName(answers)} (${describeAction(answers.action)})`,
    notes: [
      `${formatPacket(request)}: ${describeAction(asks.action)}`,
      `${formatPacket(reply)}: ${describeAction(answers.action)}`,
    ],
    related: relatedEntries(
      context,
      [asks, answers].filter((each) => each !== entry),
    ),
    help: 'select requests and replies by the same policy, or give both the same action',
  };
}
