import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN023',
  slug: 'not-in-batch',
  severity: 'error',
  summary: 'Something stands in a record file that belongs to a command line.',
  rationale:
    'A batch holds add and delete of policy records. Certificates, -nocommit, show, export and batch itself are for the command line; in pasted shell history they are only noted.',
  references: ['ipsec_config_batch(1M)'],
  bad: ['add cacert -file /tmp/ca.pem', 'show host', 'add host h -action PASS -nocommit'],
  good: ['add host h -action PASS', 'ipsec_config add cacert -file /tmp/ca.pem'],
});
