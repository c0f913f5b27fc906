import { formatAddress, parseAddress } from '../../../model/address.js';
import { findAuth } from '../../lookup.js';
import { recordRef } from '../../places.js';
import { usedRecords } from '../../protected-peers.js';
import { defineRule } from '../../rule.js';

const addresses = (...texts: readonly string[]) => texts.map((text) => parseAddress(text)!);

export default defineRule({
  scope: 'repository',
  code: 'REF005',
  slug: 'multihomed-gap',
  severity: 'warning',
  absenceOf: ['auth'],
  summary: 'A peer has several addresses, and only some of them match an authentication record.',
  rationale:
    'Every address of a multihomed peer needs an authentication record. When the peer speaks from an address that has none, IKE fails, and it looks as if the peer were broken only sometimes.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    {
      text: 'add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth b -remote 10.2.2.2/32 -preshared Plover-Sand-77',
      hosts: [{ name: 'b', addresses: addresses('10.2.2.2', '10.3.3.3') }],
    },
    {
      text: 'add host b -source 10.1.1.1/32 -destination 10.2.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd auth b -remote 10.2.0.0/16 -preshared Plover-Sand-77',
      hosts: [{ name: 'b', addresses: addresses('10.2.2.2', '2001:db8::2') }],
    },
  ],
  good: [
    {
      text: 'add host b -source 10.1.1.1/32 -destination 10.2.2.2/32 -action ESP_AES128_HMAC_SHA1\nadd auth b -remote 10.2.2.2/31 -preshared Plover-Sand-77',
      hosts: [{ name: 'b', addresses: addresses('10.2.2.2', '10.2.2.3') }],
    },
    {
      text: 'add host b -source 10.1.1.1/32 -destination 10.9.9.9/32 -action ESP_AES128_HMAC_SHA1\nadd auth c -remote 10.9.9.9/32 -preshared Plover-Sand-77',
      hosts: [{ name: 'b', addresses: addresses('10.2.2.2', '10.3.3.3') }],
    },
  ],
  *check({ systems, hosts }) {
    const multihomed = hosts.filter((host) => host.addresses.length > 1);
    for (const system of systems) {
      const { auths } = usedRecords(system);
      for (const host of multihomed) {
        if (host.name === system.name) continue;
        const found = host.addresses.map((address) => ({ address, auth: findAuth(system.policies, address) }));
        const known = found.find(({ auth }) => auth && auths.has(auth));
        const gaps = found
          .filter(({ auth }) => !auth)
          .map(({ address }) => formatAddress(address.family, address.value));
        if (!known?.auth || gaps.length === 0) continue;
        yield {
          message: `auth '${known.auth.name}' of ${system.name} is for ${host.name}, whose other address${gaps.length > 1 ? 'es' : ''} ${gaps.join(', ')} no auth record matches`,
          at: known.auth.nameAt,
          record: recordRef(known.auth),
          help: 'add an auth record for each address, or widen -remote',
        };
      }
    }
  },
});
