import { configuredTemplates, entryPlace, entryText } from '../../configured.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY021',
  slug: 'ipcomp',
  severity: 'info',
  summary: 'Packets are compressed before they are encrypted.',
  rationale:
    'What compresses well becomes short, and the length is seen from outside: it tells about the content (as CRIME did with TLS). Most traffic of today is compressed or encrypted already, so little is gained; and products take IPComp apart in different ways.',
  references: ['RFC 3173', 'RFC 7296 §2.22'],
  bad: ['connections { c { remote_addrs = 192.0.2.1\n children { n { ipcomp = yes } } } }'],
  good: ['connections { c { remote_addrs = 192.0.2.1\n children { n { ipcomp = no } } } }'],
  check: () => [],
  *imported(context) {
    for (const { source, ipComp } of configuredTemplates(context.config)) {
      const at = ipComp?.value ? entryPlace(context, source, ipComp.origin) : undefined;
      if (!at) continue;
      yield {
        message: `${entryText(source.record)} compresses packets before it encrypts them`,
        at,
        help: 'leave compression out, on both ends',
        record: source.record,
      };
    }
  },
});
