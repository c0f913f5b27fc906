import { protectingRecords } from '../../algorithm-lists.js';
import { originNotes, placeOf, recordRef, setArgument } from '../../places.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'OPS001',
  slug: 'not-started-at-boot',
  severity: 'warning',
  absenceOf: ['startup'],
  summary: 'The system does not start IPsec when it boots, and has policies that protect.',
  rationale:
    'Until somebody starts it by hand after a reboot, nothing is encrypted and nothing is dropped: what the policies protect goes out in the clear.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add startup -autoboot OFF\nadd host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
    'add startup -auditlvl ERROR\nadd tunnel b -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16',
  ],
  good: [
    'add startup -autoboot ON\nadd host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
    'add startup -autoboot OFF\nadd host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA2_256',
  ],
  *check({ policies }) {
    const { startup } = policies;
    if (startup?.autoboot?.value !== false) return;
    const count = [...protectingRecords(policies)].length;
    if (count === 0) return;
    const { origin } = startup.autoboot;
    yield {
      message: `IPsec is not started at boot, and ${count === 1 ? 'one policy protects' : `${count} policies protect`} traffic`,
      at: placeOf(startup, origin),
      notes: originNotes('autoboot', origin),
      help: 'write -autoboot ON',
      fixes: [
        { safety: 'unsafe', title: 'write -autoboot ON', edits: [setArgument(startup, 'autoboot', origin, 'ON')] },
      ],
      record: recordRef(startup),
    };
  },
});
