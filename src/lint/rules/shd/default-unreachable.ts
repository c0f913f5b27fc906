import { describeAction } from '../../../model/treatment.js';
import { defaultEntry, defaultPlace, defaultReach } from '../../default-policy.js';
import { entryName, entryPlace, relatedEntries } from '../../entries.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SHD007',
  slug: 'default-unreachable',
  severity: 'info',
  summary: 'Host policies select every packet of a family, so that the default policy never applies to it.',
  rationale:
    'The action of the default policy is dead text then, and whoever changes it changes nothing. Only families that a host policy is about are looked at: a wildcard 0.0.0.0/0 is every IPv4 packet and no IPv6 one.',
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)'],
  bad: [
    'add host rest -priority 10 -action DISCARD',
    'add host low -source 0.0.0.0/1 -priority 10 -action DISCARD\nadd host high -source 128.0.0.0/1 -priority 20 -action PASS\nadd host default -action DISCARD',
  ],
  good: [
    'add host site -destination 10.0.0.0/8 -priority 10 -action DISCARD',
    'add host low -source 0.0.0.0/1 -priority 10 -action DISCARD\nadd host high -source 128.0.0.0/2 -priority 20 -action PASS',
  ],
  *check(context) {
    const place = defaultPlace(context);
    if (!place) return;
    const entry = defaultEntry(context);
    for (const reach of defaultReach(context)) {
      const family = `IPv${reach.family}`;
      // A default that nobody wrote has no place of its own.
      const by = reach.kind === 'covered' && reach.by;
      const at = (by && !context.policies.defaultHost.record && entryPlace(context, by)) || place;
      if (reach.kind === 'undecided') {
        yield {
          at,
          message: `not decided for ${entryName(entry)}: whether host policies select every ${family} packet`,
          notes: [`the answer takes more than the budget of ${context.settings.budget} steps`],
        };
      } else if (reach.kind === 'covered') {
        const others = by ? `${entryName(by)} selects` : 'other entries together select';
        yield {
          at,
          message: `${entryName(entry)} (${describeAction(entry.action)}) never applies to ${family}: ${others} every packet`,
          related: by ? relatedEntries(context, [by]) : [],
          record: entry.source.record,
        };
      }
    }
  },
});
