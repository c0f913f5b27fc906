import { entryPlace, entryText } from '../../configured.js';
import { placeOf, recordRef, recordText } from '../../places.js';
import { cite, guidanceOf } from '../../profiles/active.js';
import { worst } from '../../profiles/severity.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'PRO002',
  slug: 'authentication-not-approved',
  severity: 'error',
  summary: 'A peer is authenticated in a way that an active guidance profile does not approve.',
  rationale:
    'Profiles for high requirements want proofs of identity that one host cannot lend to another: signatures with keys of a certain strength. A preshared key proves only that somebody has it.',
  references: ['the citation of the profile, which the finding names'],
  bad: [
    { text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key', profiles: ['cnsa1'] },
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method ECDSASIG -remote_method ECDSASIG',
      profiles: ['cnsa2'],
      asOf: '2030-01-01',
    },
    {
      text: 'connections { c { remote_addrs = 192.0.2.1\n local { auth = psk }\n remote { auth = psk }\n children { n {  } } } }',
      profiles: ['cnsa1'],
    },
  ],
  good: [
    'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared file:b.key',
    {
      text: 'add auth b -remote 10.2.2.2 -priority 10 -kmp IKEV2 -local_method ECDSASIG -remote_method ECDSASIG',
      profiles: ['cnsa1', 'cnsa2'],
      asOf: '2029-12-31',
    },
  ],
  *check({ policies, settings }) {
    const demands = guidanceOf(settings).demands('authentication');
    if (demands.length === 0) return;
    for (const record of policies.auths) {
      const sides = [record.localMethod, record.remoteMethod];
      const broken = demands.filter(({ approved }) => sides.some(({ value }) => !approved.includes(value)));
      if (broken.length === 0) continue;
      const wrong = sides.filter(({ value }) => broken.some(({ approved }) => !approved.includes(value)));
      const methods = [...new Set(wrong.map(({ value }) => value))];
      const origin = wrong.find((side) => side.origin.kind === 'explicit')?.origin;
      yield {
        message: `${recordText(record)} authenticates by ${methods.join(' and ')}, which is not approved`,
        at: placeOf(record, origin),
        severity: worst(broken.map(({ severity }) => severity))!,
        notes: broken.map((demand) => `${demand.approved.join(', ')} are approved by ${cite(demand)}`),
        help: 'use a method that the profile approves',
        record: recordRef(record),
      };
    }
  },
  *imported(context) {
    const demands = guidanceOf(context.settings).demands('authentication');
    if (demands.length === 0) return;
    for (const { source, localMethod, remoteMethod } of context.config.pad) {
      const sides = [localMethod, remoteMethod].filter(({ value }) => value !== 'ANY');
      const broken = demands.filter(({ approved }) => sides.some(({ value }) => !approved.includes(value)));
      const wrong = sides.filter(({ value }) => broken.some(({ approved }) => !approved.includes(value)));
      const at = wrong[0] && entryPlace(context, source, wrong[0].origin);
      if (!at) continue;
      yield {
        message: `${entryText(source.record)} authenticates by ${[...new Set(wrong.map(({ value }) => value))].join(' and ')}, which is not approved`,
        at,
        severity: worst(broken.map(({ severity }) => severity))!,
        notes: broken.map((demand) => `${demand.approved.join(', ')} are approved by ${cite(demand)}`),
        help: 'use a method that the profile approves',
        record: source.record,
      };
    }
  },
});
