import type { SaTemplate } from '../../../model/system-config.js';
import type { SystemContext } from '../../context.js';
import { recordOf, sourceText } from '../../pair-finding.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const host = (action: string) => `add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ${action}`;

export default defineRule({
  scope: 'system',
  code: 'TUN004',
  slug: 'weaker-outer-or-later',
  severity: 'warning',
  summary: 'An SA around another one between the same ends adds nothing to its protection.',
  rationale:
    'What is applied later covers what was applied before. If it is nowhere stronger, it only costs time and room in each packet; if it is weaker, the reader of the policy may take the outer transform for the level of protection.',
  references: ['Hamed, Al-Shaer and Marrero 2005', 'RFC 8221 §4'],
  bad: [
    host('AH_MD5+ESP_AES128_GCM16'),
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.2.0.0/16 -action AH_SHA1+ESP_AES256_HMAC_SHA2_256\nadd host h -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -tunnel t -action PASS',
  ],
  good: [
    host('AH_SHA2_256+ESP_AES128_CTR_HMAC_SHA1'),
    // The tunnel ends at a gateway, and hides the addresses behind it.
    'add tunnel t -tsource 10.1.1.1 -tdestination 10.9.9.9 -source 10.1.1.1 -destination 10.2.2.2 -action ESP_3DES_HMAC_SHA1\nadd host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -tunnel t -action ESP_AES256_HMAC_SHA2_256',
  ],
  *check(context) {
    const seen = new Set<string>();
    for (const { action, source } of [...context.config.spd, ...context.config.forwardSpd]) {
      if (action.kind !== 'PROTECT') continue;
      for (const [index, outer] of action.bundle.entries()) {
        const inner = action.bundle[index - 1];
        const key = `${source.record.name} ${sourceText(outer.source.record)} ${index}`;
        if (!inner || seen.has(key) || isEndToEnd(inner, outer) || !sameEnds(inner, outer)) continue;
        seen.add(key);
        yield* compare(context, inner, outer);
      }
    }
  },
});

/** A transform inside of a tunnel between the end hosts: the product refuses it, and e2e-tunnel-needs-pass tells. */
function isEndToEnd(inner: SaTemplate, outer: SaTemplate): boolean {
  return inner.source.record.kind === 'host' && outer.source.record.kind === 'tunnel';
}

/** Do two SAs of a bundle run between the same two ends? */
function sameEnds(inner: SaTemplate, outer: SaTemplate): boolean {
  const [a, b] = [inner.remoteEndpoint, outer.remoteEndpoint];
  if (!a && !b) return true;
  if (a && b) return a.family === b.family && a.value === b.value;
  const end = a ?? b;
  // One takes the packet's own address: they are the same where the packets go to that one only.
  const { selectors } = a ? outer : inner;
  return (
    end !== undefined &&
    selectors.every(({ family, remote }) => family === end.family && remote.lo === end.value && remote.hi === end.value)
  );
}

interface Services {
  readonly confidentiality: number;
  readonly integrity: number;
}

/** The least that an SA gives, and the most that it may give, by its list of proposals. */
function services({ proposals }: SaTemplate): { least: Services; most: Services } {
  const each = proposals.map(({ protocol, encryption, authentication }) => {
    const [cipher] = encryption;
    const combined = cipher?.icvOctets === undefined ? undefined : cipher.keyBits;
    return {
      confidentiality: protocol === 'ESP' ? (cipher?.strengthBits ?? 0) : 0,
      integrity: combined ?? authentication[0]?.strengthBits ?? 0,
    };
  });
  const pick = (choose: (...values: number[]) => number): Services => ({
    confidentiality: choose(...each.map(({ confidentiality }) => confidentiality)),
    integrity: choose(...each.map(({ integrity }) => integrity)),
  });
  return { least: pick(Math.min), most: pick(Math.max) };
}

function compare(context: SystemContext, inner: SaTemplate, outer: SaTemplate): RuleFinding[] {
  if (inner.proposals.length === 0 || outer.proposals.length === 0) return [];
  const [{ least }, { most }] = [services(inner), services(outer)];
  if (most.confidentiality > least.confidentiality || most.integrity > least.integrity) return [];
  const isWeaker = most.confidentiality < least.confidentiality || most.integrity < least.integrity;
  const record = recordOf(context, outer.source);
  const at = outer.proposals[0]?.source.at ?? record?.nameAt ?? outer.source.at;
  if (!at) return [];
  const name = (template: SaTemplate) => `${template.proposals[0]?.name} of ${sourceText(template.source.record)}`;
  return [
    {
      message: `${name(outer)} ${isWeaker ? 'is weaker than' : 'adds nothing to'} ${name(inner)}, around which it is put between the same ends`,
      at,
      record: outer.source.record,
      help: 'leave one of the two out',
    },
  ];
}
