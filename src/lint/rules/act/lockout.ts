import { anyAddress, formatRange } from '../../../model/address.js';
import { judge, type Violation } from '../../../model/assertion.js';
import { type Management, managementPackets, remoteShellPorts } from '../../../model/management.js';
import { formatPacket } from '../../../model/packet.js';
import { formatBox } from '../../../model/selector/format-box.js';
import { witnessPacket } from '../../../model/selector/witness.js';
import type { Span } from '../../../model/span.js';
import { hostAnomalies } from '../../anomalies.js';
import type { SystemContext } from '../../context.js';
import { defaultEntry, defaultPlace } from '../../default-policy.js';
import { atEntry, entryName } from '../../entries.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const operators = {
  name: 'the operators',
  from: [{ family: 4, first: 0xc000_0200, last: 0xc000_02ff }],
  port: 22,
} as const;
const addresses = [{ family: 4, value: 0x0a01_0101 }] as const;

export default defineRule({
  scope: 'system',
  code: 'ACT009',
  slug: 'lockout',
  severity: 'error',
  absenceOf: ['host'],
  summary: 'The policy cuts off those who administer the system.',
  rationale:
    'Once it is in force nobody can get in to mend it. The inventory says under `management` from where systems are administered, by people and by CI, and through which TCP port; every packet of such a connection must pass, in both directions. One that is protected is an information: then the way in depends on the very SAs that may be what is broken. Where the inventory says nothing, a policy that lets neither SSH nor Telnet in from anywhere is a warning. `ipsec plan` and `ipsec apply` look at the sessions that are really open and refuse what would cut them (LOCKOUT).',
  references: ['RFC 4301 §4.4.1', 'ipsec-apply(1)', 'ipsec schema inventory'],
  bad: [
    {
      text: 'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
      host: { addresses, management: [operators] },
    },
    {
      text: 'add host part -source 10.1.1.1/32/22 -destination 192.0.2.0/25 -protocol TCP -priority 10 -action PASS\nadd host rest -source 10.1.1.1 -destination 192.0.2.0/24 -priority 20 -action DISCARD',
      host: { addresses, management: [operators] },
    },
    'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
  ],
  good: [
    {
      text: 'add host admin -source 10.1.1.1/32/22 -destination 192.0.2.0/24 -protocol TCP -priority 5 -action PASS\nadd host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\nadd host default -action DISCARD',
      host: { addresses, management: [operators] },
    },
    'add host ssh -source 10.1.1.1/32/22 -destination 10.9.0.0/16 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host default -action DISCARD',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action DISCARD',
  ],
  *check(context) {
    const { management } = context.host ?? {};
    if (management && management.length > 0) for (const one of management) yield* cutOff(context, one);
    else yield* unreachable(context);
  },
});

/** What the policy does with those of whom the inventory tells. */
function* cutOff(context: SystemContext, management: Management): Iterable<RuleFinding> {
  const { config, settings } = context;
  const packets = managementPackets(config.addresses, management);
  const result = judge(config.spd, packets, { treatment: 'BYPASS' }, settings.budget);
  const who = `${management.name} (TCP port ${management.port} from ${management.from.map(formatRange).join(', ')})`;
  if (result.kind === 'undecided') {
    const at = context.firstFile && startOf(context);
    if (at) yield { at, severity: 'info', message: `not decided: whether ${who} can get in`, help: 'raise the budget' };
    return;
  }
  if (result.kind === 'holds') return;
  // The same for both directions is one finding.
  const told = new Set<Violation['entry']>();
  for (const { entry, packets: cut, witness } of result.violations) {
    if (told.has(entry)) continue;
    told.add(entry);
    const place = placeOf(context, entry);
    if (!place) continue;
    const isProtected = entry.action.kind === 'PROTECT';
    yield {
      ...place,
      ...(isProtected ? { severity: 'info' } : {}),
      message: isProtected
        ? `${who} can get in only through SAs of ${entryName(entry)}`
        : `${entryName(entry)} cuts off ${who}`,
      notes: [
        `${formatPacket(witness)}: ${isProtected ? 'protected' : 'dropped'}`,
        ...(cut.length > 0
          ? [`these packets: ${cut.slice(0, 3).map(formatBox).join('; ')}${cut.length > 3 ? '; …' : ''}`]
          : []),
      ],
      help: isProtected
        ? 'keep another way in, as a console, or let them pass by a policy before it'
        : 'let them pass by a policy before it',
    };
  }
}

/** Nobody says how the system is administered: can anybody get in at all? */
function* unreachable(context: SystemContext): Iterable<RuleFinding> {
  const { config, settings } = context;
  const { spd } = hostAnomalies(context);
  if (spd.policies.length === 0) return;
  const families = ([4, 6] as const).filter((family) =>
    spd.policies.some((number) => spd.entries[number]!.selectors.some((box) => box.family === family)),
  );
  for (const port of remoteShellPorts) {
    const packets = managementPackets(config.addresses, { from: families.map(anyAddress), port });
    const inbound = packets.map((box) => ({ ...box, direction: { lo: 1, hi: 1 } }));
    // Mostly one look-up shows that somebody can.
    const isOpen = inbound.some(
      (box) => spd.entries[spd.index.classify(witnessPacket(box))]?.action.kind !== 'DISCARD',
    );
    if (isOpen || judge(config.spd, inbound, { treatment: 'DISCARD' }, settings.budget).kind !== 'holds') return;
  }
  const at = defaultPlace(context) ?? startOf(context);
  if (!at) return;
  yield {
    at,
    severity: 'warning',
    message:
      'no policy lets SSH or Telnet in from anywhere: whoever administers the system over the network is cut off',
    notes: ['the inventory says nothing about how the system is administered (`management`)'],
    help: 'let the port by which it is administered pass, or say in the inventory from where that is',
  };
}

function placeOf(context: SystemContext, entry: Violation['entry']): Pick<RuleFinding, 'at' | 'record'> | undefined {
  const place = atEntry(context, entry);
  if (place) return place;
  const at = (entry === defaultEntry(context) ? defaultPlace(context) : undefined) ?? startOf(context);
  return at && { at };
}

function startOf({ firstFile }: SystemContext): Span | undefined {
  return firstFile && { source: firstFile, start: 0, end: 0 };
}
