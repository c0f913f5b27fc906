import { reservedName } from '../../../model/language/limits.js';
import { objectRows } from '../../../model/language/objects.js';
import { allRecords } from '../../../model/resolve.js';
import { type AnyRecord, recordRef } from '../../places.js';
import { defineRule } from '../../rule.js';

/** IFNAMSIZ of Linux without the closing zero. */
const interfaceNameMax = 15;

const preloaded = new Set<string>(objectRows.filter((row) => row.preloaded).map((row) => row.name));

export default defineRule({
  scope: 'system',
  code: 'OPS007',
  slug: 'reserved-name',
  severity: 'info',
  summary: 'A record has a name that something else cannot use, or takes for something else.',
  rationale:
    'Names of records become names of interfaces and connections where the policy is applied or exported. What does not fit is cut or refused there, and a record called Default is read as the preloaded one.',
  references: ['ip-link(8)', 'ipsec_config_add(1M)'],
  bad: [
    'add host Default -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
    'add tunnel default -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16',
    'add tunnel headquarters-backup -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -if_id 7 -action ESP_AES128_GCM16',
  ],
  good: [
    'add host web -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action PASS',
    'add host default -action DISCARD',
    'add tunnel headquarters-backup -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_GCM16',
    'add tunnel hq-backup -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.20.0.0/16 -if_id 7 -action ESP_AES128_GCM16',
  ],
  *check({ policies }) {
    for (const record of allRecords(policies)) {
      const reason = reasonAgainst(record);
      if (!reason) continue;
      yield {
        message: `${record.kind} '${record.name}': ${reason}`,
        at: record.nameAt,
        help: 'choose another name, also where it is referred to',
        record: recordRef(record),
      };
    }
  },
});

function reasonAgainst(record: AnyRecord & { readonly ifId?: unknown }): string | undefined {
  const { kind, name } = record;
  // The preloaded policies themselves.
  if (kind.startsWith('default-') || (name === reservedName && preloaded.has(kind))) return undefined;
  if (name.toLowerCase() === reservedName) return `the name is taken for the preloaded policy '${reservedName}'`;
  if (record.ifId !== undefined && name.length > interfaceNameMax)
    return `an interface cannot have a name of more than ${interfaceNameMax} characters`;
  return undefined;
}
