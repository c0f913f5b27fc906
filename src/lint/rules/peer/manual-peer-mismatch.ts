import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import { failuresAt } from '../../pair-analysis.js';
import { faultFinding } from '../../pair-finding.js';
import { defineRule } from '../../rule.js';

const one = '0x3b9f0c6ad1e2457798a1b2c3d4e5f60718293a4b/0x6c1fe2d3a4b5968778695a4b3c2d1e0f';
const two = '0x91a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c5/0x0f1e2d3c4b5a69788796a5b4c3d2e1f1';
const side = (own: string, peer: string, inbound: string, outbound: string) =>
  `add host manual -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1 -in ESP/${inbound} -out ESP/${outbound}`;

export default defineRule({
  scope: 'pair',
  code: 'PEER021',
  slug: 'manual-peer-mismatch',
  severity: 'error',
  summary: 'Manual keys or SPIs of two systems do not cross.',
  rationale:
    'What one side has in -out the other must have in -in, SPI and keys alike. Nothing is negotiated, so nothing complains: packets are dropped one by one for an unknown SPI or a wrong ICV.',
  references: ['RFC 4301 §4.5.1', 'ipsec_config(1M)'],
  bad: [
    {
      text: side('10.1.1.1', '10.2.2.2', `2500101/${one}`, `2500202/${two}`),
      peer: side('10.2.2.2', '10.1.1.1', `2500101/${one}`, `2500202/${two}`),
    },
    {
      text: side('10.1.1.1', '10.2.2.2', `2500101/${one}`, `2500202/${two}`),
      peer: side('10.2.2.2', '10.1.1.1', `2500202/${two}`, `2500101/${two}`),
    },
  ],
  good: [
    {
      text: side('10.1.1.1', '10.2.2.2', `2500101/${one}`, `2500202/${two}`),
      peer: side('10.2.2.2', '10.1.1.1', `2500202/${two}`, `2500101/${one}`),
    },
  ],
  *check(pair) {
    for (const fault of failuresAt(pair, 'manual-keys')) {
      yield* faultFinding(pair, fault, {
        message: fault.step.text,
        help: 'copy -in of each side to -out of the other',
        origin: (record) => ('manualIn' in record ? (record as HostRecord | TunnelRecord).manualIn?.origin : undefined),
      });
    }
  },
});
