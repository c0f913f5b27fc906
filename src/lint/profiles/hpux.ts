import type { GuidanceProfile } from './profile.js';

/** What HP-UX IPSec itself can do: findings about what it lacks, none about what it cannot have. */
export const hpux: GuidanceProfile = {
  name: 'hpux',
  title: 'HP-UX IPSec',
  edition: 'A.03.02',
  citation: "HP-UX IPSec Administrator's Guide, version A.03.02",
  summary: 'Limits of the product: no combined-mode ciphers, no quantum-safe key exchange, no settable replay window.',
  severities: [
    // The product has no algorithm that would mend it.
    { code: 'PQC001', severity: 'off', section: 'appendix on algorithms', confirmed: true },
  ],
  demands: [
    {
      kind: 'target',
      target: 'hpux',
      dialect: 'A.03.02',
      severity: 'error',
      section: 'the chapter on ipsec_config',
      confirmed: true,
    },
  ],
};
