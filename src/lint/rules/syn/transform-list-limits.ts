import { defineRule } from '../../rule.js';

export default defineRule({
  scope: 'reading',
  code: 'SYN011',
  slug: 'transform-list-limits',
  severity: 'error',
  summary: 'A list of transforms is too long, or mixes AH, ESP and nested transforms.',
  rationale:
    'A list holds only AH, or only ESP transforms, or one nested pair, and no more than the version allows: 2 AH; 8 ESP in A.02, 6 in A.03.00, 25 in A.03.02.',
  references: ['ipsec_config_add(1M)'],
  bad: [
    'add host h -action AH_SHA1,ESP_AES128_HMAC_SHA1',
    '# ipsec-dialect: A.03.00\nadd host h -action ESP_AES128_HMAC_SHA1,ESP_AES128_HMAC_MD5,ESP_3DES_HMAC_SHA1,ESP_3DES_HMAC_MD5,ESP_NULL_HMAC_SHA1,ESP_NULL_HMAC_MD5,ESP_AES128_HMAC_SHA1',
    'add host h -action ESP_AES128_HMAC_SHA1,ESP_AES128_HMAC_SHA1/3600',
  ],
  good: ['add host h -action AH_SHA1,AH_MD5', 'add host h -action ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1'],
});
