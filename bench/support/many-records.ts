/** Long record files for benchmarks: what a large site would write, always the same for one number. */
import { seededRandom } from '../../src/model/selector/sampling.js';

const lists = [
  'ESP_AES128_HMAC_SHA1',
  'ESP_AES256_HMAC_SHA2_256/28800/0',
  'ESP_AES128_HMAC_SHA1/28800/0,ESP_3DES_HMAC_SHA1/28800/0',
  'ESP_AES256_HMAC_SHA2_256,ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_MD5',
] as const;

/**
 * The text of `count` records, about 150 characters each: eight in ten host policies, the others tunnels and authentication
 * records; IPv4 and IPv6, lists of transforms, continuation lines, a comment before every tenth.
 */
export function manyRecords(count: number, seed = 1): string {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const v4 = () => `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`;
  const v6 = () =>
    `2001:db8:${Math.floor(random() * 65536).toString(16)}::${(1 + Math.floor(random() * 65535)).toString(16)}`;
  const lines: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    if (number % 10 === 1) lines.push(`# site ${number}, changed by the network group`);
    const isV6 = random() < 0.2;
    const address = isV6 ? v6 : v4;
    const full = isV6 ? 128 : 32;
    const dice = random();
    if (dice < 0.8) {
      const service = random() < 0.3 ? `/${1024 + Math.floor(random() * 60000)} -protocol TCP` : '';
      lines.push(
        `add host site-${number} -source ${address()}/${full} -destination ${address()}/${full}${service}${random() < 0.5 ? ' \\\n   ' : ''} -priority ${number} -action ${pick(lists)}`,
      );
    } else if (dice < 0.9) {
      lines.push(
        `add tunnel link-${number} -tsource ${address()} -tdestination ${address()} -source ${address()}/${full} -destination ${address()}/${full} \\\n    -action ${pick(lists)}`,
      );
    } else {
      lines.push(
        `add auth peer-${number} -remote ${address()}/${full} -priority ${number} -kmp IKEV2 -preshared Key-of-${number}-and-more`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
