import type { HostFlag } from '../../../model/record/policy.js';
import { placeOf, recordRef, recordText, removeArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'SYN015',
  slug: 'flag-not-allowed',
  severity: 'error',
  summary: 'A flag does not go with the action, the keys, the tunnel or the addresses of its policy.',
  rationale:
    'EXCLUSIVE needs negotiated SAs, FALLBACK_TO_CLEAR needs a transform without a tunnel, MIPV6 needs IPv6. The product refuses the batch.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -destination 10.2.2.2/32 -action PASS -flags EXCLUSIVE',
    'add host h -destination 10.2.2.2/32 -action DISCARD -flags FALLBACK_TO_CLEAR',
    'add host h -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1 -flags MIPV6',
    'add host h -destination 10.2.2.2/32 -action PASS -flags NONE+EXCLUSIVE',
  ],
  good: [
    'add host h -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE+FALLBACK_TO_CLEAR',
    'add host h -destination 10.2.2.2/32 -action PASS -flags NONE',
  ],
  *check({ policies }) {
    for (const record of [...policies.hosts, ...policies.gateways]) {
      const flags: readonly HostFlag[] = record.flags.value;
      const isClear = record.action.value.kind !== 'TRANSFORMS';
      const action = record.action.value.kind;
      const wrong: { flag: HostFlag; why: string; harmless: boolean }[] = [];
      if (flags.includes('EXCLUSIVE') && isClear) {
        wrong.push({ flag: 'EXCLUSIVE', why: `with -action ${action}`, harmless: !record.tunnel });
      }
      if (flags.includes('EXCLUSIVE') && record.kind === 'host' && (record.manualIn || record.manualOut)) {
        wrong.push({ flag: 'EXCLUSIVE', why: 'with manual keys', harmless: false });
      }
      if (flags.includes('FALLBACK_TO_CLEAR') && (isClear || record.tunnel)) {
        wrong.push({
          flag: 'FALLBACK_TO_CLEAR',
          why: record.tunnel ? 'with a tunnel' : `with -action ${action}`,
          harmless: isClear && !record.tunnel,
        });
      }
      if (
        flags.includes('MIPV6') &&
        [...record.sources, ...record.destinations].some(({ value }) => value.range.family === 4)
      ) {
        wrong.push({ flag: 'MIPV6', why: 'with IPv4 addresses', harmless: true });
      }
      for (const { flag, why, harmless } of wrong) {
        const left = flags.filter((candidate) => candidate !== flag);
        const { origin } = record.flags;
        const edit =
          left.length > 0 && origin.kind === 'explicit'
            ? { at: origin.at, newText: left.join('+') }
            : removeArgument(origin);
        yield {
          message: `${recordText(record)}: ${flag} is not allowed ${why}`,
          at: placeOf(record, origin),
          record: recordRef(record),
          help: `leave ${flag} out`,
          fixes: edit ? [{ safety: harmless ? 'safe' : 'unsafe', title: `remove ${flag}`, edits: [edit] }] : [],
        };
      }
    }
  },
});
