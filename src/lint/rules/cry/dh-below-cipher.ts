import { encryption, keyExchange } from '../../../model/transform.js';
import {
  type AlgorithmList,
  childLists,
  ikeLists,
  type ListElement,
  writtenIkeRecords,
} from '../../algorithm-lists.js';
import { configuredProposals, entryText, groupsOf, proposalText } from '../../configured.js';
import { recordRef, recordText } from '../../places.js';
import { defineRule } from '../../rule.js';
import { weaknessOf } from '../../strength.js';
import { listNotes } from '../../weak-algorithms.js';

/** Ciphers from this strength on are chosen for their margin, and groups below the other one take it away again. */
const strongCipherBits = 192;
const matchingGroupBits = 128;

export default defineRule({
  scope: 'system',
  code: 'CRY012',
  slug: 'dh-below-cipher',
  severity: 'warning',
  restsOn: 'records',
  summary: 'A strong cipher gets its key from a much weaker Diffie-Hellman group.',
  rationale:
    'Keys are no stronger than the exchange that makes them: AES-256 behind a group of about 112 bits is a 112-bit system that pays for 256. Whoever asks for AES-256 usually asks for margin, so the group has to keep up.',
  references: ['NIST SP 800-57 part 1 §5.6.2', 'RFC 3526 §8', 'RFC 5903'],
  bad: [
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 14 -encryption AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 20,14 -encryption AES128-CBC,AES256-GCM16 -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    'add host hq -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 14 -action ESP_AES256_GCM16',
  ],
  good: [
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 20 -encryption AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    'add ikev2 hq -remote 10.2.2.2 -priority 10 -group 14 -encryption AES128-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    'add host hq -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -pfs_group 19 -action ESP_AES256_GCM16',
  ],
  *check({ policies }) {
    for (const record of writtenIkeRecords(policies)) yield* compare([...ikeLists(record)]);
    let action: AlgorithmList | undefined;
    for (const list of childLists(policies)) {
      if (list.argument === 'action') action = list;
      else if (action) yield* compare([list, action]);
    }
  },
  *imported(context) {
    for (const proposal of configuredProposals(context)) {
      if (!proposal.isWritten) continue;
      const strong = proposal.proposal.encryption.find(({ strengthBits }) => strengthBits >= strongCipherBits);
      const groups = groupsOf(proposal).filter(
        ({ id, name, strengthBits }) =>
          id !== 0 && strengthBits < matchingGroupBits && !weaknessOf({ slot: 'key-exchange', name }),
      );
      if (!strong || groups.length === 0) continue;
      yield {
        message: `${entryText(proposal.owner)} makes keys for ${strong.name} with ${groups.map(({ name }) => name).join(', ')} (${proposalText(proposal)})`,
        at: proposal.at,
        help: 'take a group of 128 bits or more: 15, 16, 19, 20, 21 or 31, as far as the peer has them',
        record: proposal.owner,
      };
    }
  },
});

/** Groups of a record against the strongest cipher of its lists. */
function* compare(lists: readonly AlgorithmList[]) {
  let strongest: { list: AlgorithmList; element: ListElement; name: string; bits: number } | undefined;
  for (const list of lists) {
    for (const element of list.elements) {
      for (const { slot, name } of element.uses) {
        if (!slot.endsWith('encryption')) continue;
        const bits = encryption(name).strengthBits;
        if (!strongest || bits > strongest.bits) strongest = { list, element, name, bits };
      }
    }
  }
  if (!strongest || strongest.bits < strongCipherBits) return;
  for (const list of lists) {
    if (list.argument !== 'group' && list.argument !== 'pfs_group') continue;
    for (const element of list.elements) {
      const [use] = element.uses;
      const group = keyExchange(Number(element.word));
      // A group that is weak in itself is CRY011's.
      if (!use || !group || group.strengthBits >= matchingGroupBits || weaknessOf(use)) continue;
      yield {
        message: `${recordText(list.record)} makes keys for ${strongest.name} with group ${element.word} (${group.name}, about ${group.strengthBits} bits)`,
        at: element.place(),
        related: [
          { at: strongest.element.place(), text: `${strongest.element.word} needs a group of 128 bits or more` },
        ],
        notes: listNotes(list, element),
        help: 'take a group of 128 bits or more: 15, 16, 19, 20, 21 or 31, as far as the dialect and the peer have them',
        record: recordRef(list.record),
      };
    }
  }
}
