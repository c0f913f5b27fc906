import { mutualWalks } from '../../pair-analysis.js';
import { ofSystem, pairFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const swan = (local: string, remote: string, child: string) => `connections {
  c {
    local_addrs = ${local}
    remote_addrs = ${remote}
    local { auth = psk }
    remote { auth = psk }
    children { n { mode = transport
      start_action = trap
      esp_proposals = aes128-sha256
      ${child} } }
  }
}
secrets { ike-c { secret = kX9vQ2mTzR7bLwY4sHfJ8cPe } }`;

export default defineRule({
  scope: 'pair',
  code: 'PEER016',
  slug: 'sha2-truncation',
  severity: 'warning',
  summary: 'Both ends agree on HMAC-SHA2-256, and cut it to different lengths.',
  rationale:
    'Kernels of before 2010 send 96 bits of it, RFC 4868 demands 128. IKE negotiates the algorithm and knows nothing of the length, so the tunnel comes up and every packet is dropped as forged.',
  references: ['RFC 4868 §2.1.1', 'swanctl.conf(5), sha256_96', 'ipsec.conf(5), sha2-truncbug'],
  bad: [
    {
      text: swan('10.1.1.1', '10.2.2.2', 'sha256_96 = yes'),
      peer: swan('10.2.2.2', '10.1.1.1', 'sha256_96 = no'),
    },
  ],
  good: [
    {
      text: swan('10.1.1.1', '10.2.2.2', 'sha256_96 = yes'),
      peer: swan('10.2.2.2', '10.1.1.1', 'sha256_96 = yes'),
    },
    {
      text: swan('10.1.1.1', '10.2.2.2', ''),
      peer: swan('10.2.2.2', '10.1.1.1', ''),
    },
  ],
  *check(pair) {
    const told = new Set<string>();
    for (const { flow, initiator, initiatorTemplate, responderTemplate, proposal, outcome } of mutualWalks(pair)) {
      if (outcome === 'fails' || !responderTemplate || !proposal) continue;
      if (proposal.transforms.integrity?.name !== 'HMAC-SHA2-256-128') continue;
      const [a, b] =
        initiator === 'a' ? [initiatorTemplate, responderTemplate] : [responderTemplate, initiatorTemplate];
      const isCutByA = a.sha256Truncated?.value === true;
      const key = `${a.source.record.name} ${b.source.record.name}`;
      if (isCutByA === (b.sha256Truncated?.value === true) || told.has(key)) continue;
      told.add(key);
      const bits = (isCut: boolean) => (isCut ? '96' : '128');
      yield* pairFinding(pair, [a.source, flow.a.entry.source], [b.source, flow.b.entry.source], {
        message: `${ofSystem(pair.a, a.source)} sends ${bits(isCutByA)} bits of HMAC-SHA2-256 and ${ofSystem(pair.b, b.source)} ${bits(!isCutByA)}: SAs come up and no packet passes`,
        help: 'let both ends send 128 bits; while one cannot, take another integrity algorithm or AES-GCM',
      });
    }
  },
});
