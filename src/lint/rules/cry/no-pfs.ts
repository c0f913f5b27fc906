import { protectingRecords, writtenIkeRecords } from '../../algorithm-lists.js';
import { configuredTemplates, entryPlace, entryText } from '../../configured.js';
import { isManual } from '../../peer-policies.js';
import { originNotes, placeOf, recordRef, recordText, setArgument } from '../../places.js';
import { cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'CRY014',
  slug: 'no-pfs',
  severity: 'warning',
  summary: 'SAs are keyed without a key exchange of their own.',
  rationale:
    'Without PFS every key of every SA follows from the keys of one IKE SA: whoever gets those reads all that was sent under it, also what was recorded. With PFS each SA takes a Diffie-Hellman exchange of its own, which costs milliseconds an hour.',
  references: ['RFC 7296 §1.3.1 and §2.17', 'RFC 2409 §5.5', 'NIST SP 800-77r1 §2.2'],
  bad: [
    'add ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -pfs OFF',
    'add ikev2 b -remote 10.2.2.2 -priority 10 -group 19 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256',
    '# ipsec-dialect: A.02\nadd ike b -remote 10.2.2.2 -priority 10 -group 2 -hash SHA1 -encryption 3DES -maxqm 100',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128-sha256 } } } }',
  ],
  good: [
    'add ikev1 b -remote 10.2.2.2 -priority 10 -group 14 -hash SHA2-256 -encryption AES128-CBC -pfs ON',
    '# ipsec-dialect: A.02\nadd ike b -remote 10.2.2.2 -priority 10 -group 2 -hash SHA1 -encryption 3DES -maxqm 1',
    'add host b -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 19 -action ESP_AES128_GCM16\nadd ikev2 b -remote 10.2.2.2 -priority 10 -group 19 -encryption AES128-GCM16 -prf HMAC-SHA2-256',
    'connections { c { remote_addrs = 192.0.2.1\n  children { n { esp_proposals = aes128-sha256-modp3072 } } } }',
  ],
  *check({ policies, settings }) {
    const demands = guidanceOf(settings).demands('forward-secrecy');
    const severity = worst(['warning', ...demands.map((demand) => demand.severity)])!;
    const children = [...protectingRecords(policies)].filter((record) => !isManual(record));
    const groups = children.map((record) => record.pfsGroups?.value.length ?? 0);
    // Every policy has groups of its own: what the IKE policy says of PFS is not used.
    if (groups.length > 0 && groups.every((count) => count > 0)) return;
    for (const record of writtenIkeRecords(policies)) {
      if (record.pfs.value) continue;
      const isOld = record.kind === 'ike';
      const origin = isOld ? (record.quickModesMax?.origin ?? record.pfs.origin) : record.pfs.origin;
      const argument = isOld ? 'maxqm' : 'pfs';
      const value = isOld ? '1' : 'ON';
      yield {
        message: isOld
          ? `${recordText(record)} keys up to ${record.quickModesMax?.value ?? 'any number of'} Quick Modes with one ISAKMP SA, without PFS`
          : `${recordText(record)} has PFS off`,
        at: placeOf(record, origin),
        severity,
        notes: [...demands.map((demand) => `demanded by ${cite(demand)}`), ...originNotes(argument, origin)],
        help: `write -${argument} ${value} on both ends: an end without PFS refuses one with it${isOld ? ', and this form makes a new ISAKMP SA for each Quick Mode' : ''}`,
        fixes: [
          {
            safety: 'unsafe',
            title: `write -${argument} ${value}`,
            edits: [setArgument(record, argument, origin, value)],
          },
        ],
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    const demands = guidanceOf(context.settings).demands('forward-secrecy');
    const policies = new Map(context.config.ikePolicies.map((policy) => [policy.connection, policy]));
    for (const template of configuredTemplates(context.config)) {
      const { source, pfsGroups, proposals, manual } = template;
      if (manual || proposals.length === 0 || policies.get(template.connection)?.pfs.value) continue;
      const without = proposals.filter(({ keyExchange }) => {
        const groups = keyExchange ?? pfsGroups?.value ?? [];
        return groups.length === 0 || groups.some(({ id }) => id === 0);
      });
      const at = entryPlace(context, source, pfsGroups?.origin);
      if (without.length < proposals.length || !at) continue;
      yield {
        message: `${entryText(source.record)} makes the keys of rekeyed SAs without a key exchange of their own`,
        at,
        severity: worst(['warning', ...demands.map((demand) => demand.severity)])!,
        notes: [
          'who learns the secret of the IKE SA reads all packets of its Child SAs',
          ...demands.map((demand) => `demanded by ${cite(demand)}`),
        ],
        help: 'name a group for it on both ends: an end without PFS refuses one with it',
        record: source.record,
      };
    }
  },
});
