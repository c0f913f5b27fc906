import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN013',
  slug: 'duplicate-name',
  severity: 'error',
  summary: 'A record is added twice under one name.',
  rationale:
    'The product does not overwrite a record: it refuses the batch. To change a record, delete and add it in one batch.',
  references: ['ipsec_config_batch(1M)'],
  bad: ['add host web -action PASS\nadd host web -action DISCARD', 'add bypass 10.1.1.1\nadd bypass 10.1.1.1'],
  good: [
    'add host web -action PASS\ndelete host web\nadd host web -action DISCARD',
    'add host web -action PASS\nadd tunnel web -tsource 10.1.1.1 -tdestination 10.2.2.2',
  ],
});
