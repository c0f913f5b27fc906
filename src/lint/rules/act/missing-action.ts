import { placeOf, recordRef, setArgument } from '../../places.js';
import { mentions } from '../../priorities.js';
import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'system',
  code: 'ACT014',
  slug: 'missing-action',
  severity: 'warning',
  summary: 'A host or gateway policy has no -action.',
  rationale:
    'The profile fills it in, as shipped with DISCARD: the policy drops what it selects, while packets that no policy selects pass by the default policy. Two opposite defaults meet here, and another profile file changes the first one.',
  references: ['ipsec_config(1M)'],
  bad: [
    'add host lab -source 10.1.1.1 -destination 10.2.2.2/32 -priority 10',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16\nadd host far -source 15.1.1.1 -destination 10.20.0.0/16 \\\n    -priority 10 -tunnel via',
  ],
  good: [
    'add host lab -source 10.1.1.1 -destination 10.2.2.2/32 -priority 10 -action DISCARD',
    'add tunnel via -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16',
  ],
  *check({ policies: { hosts, gateways, dialect } }) {
    for (const record of [...hosts, ...gateways]) {
      const { kind, name, action } = record;
      if (action.origin.kind === 'explicit' || mentions(record, 'action', dialect)) continue;
      // A profile may put transforms here, which have no one spelling: those a person writes.
      const word = action.value.kind === 'TRANSFORMS' ? undefined : action.value.kind;
      const from =
        action.origin.kind === 'profile' && action.origin.path
          ? `profile ${action.origin.path}`
          : 'the shipped profile';
      yield {
        at: placeOf(record, action.origin),
        record: recordRef(record),
        message: `${kind} '${name}' has no -action: ${from} makes it ${word ?? 'a list of transforms'}`,
        ...(record.tunnel && word === 'DISCARD' ? { notes: [`tunnel '${record.tunnel.value}' is not used then`] } : {}),
        help: word ? `write -action ${word}, or what is meant` : 'write the action',
        ...(word
          ? {
              fixes: [
                {
                  safety: 'safe',
                  title: `write -action ${word}`,
                  edits: [setArgument(record, 'action', undefined, word)],
                },
              ],
            }
          : {}),
      };
    }
  },
});
