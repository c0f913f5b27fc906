import { placeOf, recordRef, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'OPS005',
  slug: 'debug-audit',
  severity: 'info',
  summary: 'The audit level of a file under version control is DEBUG.',
  rationale:
    'The level writes every packet of every negotiation, fills the disk within hours and shows identities and addresses to whoever reads logs. It is for an hour of looking for a fault.',
  references: ['ipsec_admin(1M)'],
  bad: [
    'add startup -autoboot ON -auditlvl DEBUG',
    'add startup -auditlvl debug -maxsize 100\nadd host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
  ],
  good: ['add startup -autoboot ON -auditlvl ERROR', 'add startup -autoboot ON'],
  *check({ policies: { startup } }) {
    if (startup?.auditLevel?.value !== 'DEBUG') return;
    const { origin } = startup.auditLevel;
    yield {
      message: 'the audit level is DEBUG',
      at: placeOf(startup, origin),
      help: 'write -auditlvl ERROR; for an hour of looking, change the level of the running system',
      fixes: [
        { safety: 'safe', title: 'write -auditlvl ERROR', edits: [setArgument(startup, 'auditlvl', origin, 'ERROR')] },
      ],
      record: recordRef(startup),
    };
  },
});
