import { formatPacket } from '../../../model/packet.js';
import { defaultEntry, defaultPlace, defaultReach } from '../../default-policy.js';
import { statementsAtEnd } from '../../new-records.js';
import { setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'ACT001',
  slug: 'default-pass',
  severity: 'warning',
  recordsOnly: true,
  summary: 'The default policy lets packets that no policy selects pass in the clear.',
  rationale:
    'RFC 4301 drops what matches no entry; the preloaded default policy passes it. A policy that is deleted, mistyped or too narrow then shows as clear text on the wire and not as a fault. Where nobody wrote the default policy, this is an information only.',
  references: ['RFC 4301 §4.4.1', 'ipsec_config(1M)'],
  bad: [
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host default -action PASS',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1',
  ],
  good: [
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host default -action DISCARD',
    'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host rest -priority 20 -action DISCARD',
  ],
  *check(context) {
    const { defaultHost } = context.policies;
    const at = defaultPlace(context);
    if (!at || defaultEntry(context).action.kind !== 'BYPASS') return;
    const reaches = defaultReach(context);
    if (reaches.length > 0 && reaches.every((reach) => reach.kind === 'covered')) return;
    const notes = reaches.flatMap((reach) =>
      reach.kind === 'reached'
        ? [`${formatPacket(reach.witness)} is selected by no policy and passes in the clear`]
        : [],
    );
    const { record } = defaultHost;
    const edit = record
      ? setArgument(record, 'action', defaultHost.action.origin, 'DISCARD')
      : statementsAtEnd(at, ['add host default -action DISCARD']);
    yield {
      at,
      record: { kind: 'host', name: 'default' },
      message: record
        ? 'the default host policy lets all packets pass that no policy selects'
        : 'no default host policy is written: the preloaded one lets all packets pass that no policy selects',
      ...(record ? {} : { severity: 'info' }),
      notes,
      help: 'write policies for what must pass, then `add host default -action DISCARD`',
      fixes: [{ safety: 'unsafe', title: 'discard what no policy selects', edits: [edit] }],
    };
  },
});
