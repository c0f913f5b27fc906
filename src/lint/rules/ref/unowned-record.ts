import { parseAddress } from '../../../model/address.js';
import { SourceText } from '../../../model/span.js';
import { defineRule } from '../../rule.js';

const addresses = (...texts: readonly string[]) => texts.map((text) => parseAddress(text)!);

export default defineRule({
  scope: 'repository',
  code: 'REF008',
  slug: 'unowned-record',
  severity: 'warning',
  summary: 'No host of the inventory claims a folder or file of records.',
  rationale:
    'What no host owns is deployed by nobody, however carefully it is reviewed. Usually the folder is misspelt, or the host is missing from the inventory.',
  references: ['ipsec(1)'],
  bad: [
    { text: 'add bypass 10.1.1.1', hosts: [{ name: 'other', addresses: addresses('10.2.2.2') }] },
    { text: 'add host h -action PASS', hosts: [{ name: 'A', addresses: addresses('10.2.2.2') }] },
  ],
  good: [
    { text: 'add bypass 10.1.1.1', hosts: [{ name: 'a', addresses: addresses('10.1.1.1') }] },
    'add bypass 10.1.1.1',
  ],
  *check({ systems, hosts, unownedFiles }) {
    for (const path of unownedFiles) {
      const source = new SourceText(path, '');
      yield {
        message: 'this file of records belongs to no host',
        at: { source, start: 0, end: 0 },
        help: 'move it below hosts/NAME/, or exclude it in ipsec.config',
      };
    }
    if (hosts.length === 0) return;
    const known = new Set(hosts.map((host) => host.name));
    for (const { name, firstFile } of systems) {
      if (known.has(name) || !firstFile) continue;
      yield {
        message: `host '${name}' is not in the inventory`,
        at: { source: firstFile, start: 0, end: 0 },
        help: `add ${name} to the inventory, or rename the folder`,
      };
    }
  },
});
