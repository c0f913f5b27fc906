import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN026',
  slug: 'delete-refused',
  severity: 'error',
  summary: 'A record is deleted that cannot be.',
  rationale: 'The preloaded default policies and the start-up record stay; they are changed with add.',
  references: ['ipsec_config_delete(1M)'],
  bad: ['delete host default', 'delete startup'],
  good: ['delete host web', 'add host default -action DISCARD'],
});
