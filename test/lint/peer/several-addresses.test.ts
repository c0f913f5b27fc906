/** A peer with several addresses: each may meet other records, and a fault of one must not hide behind another. */
import { expect, it } from 'vitest';
import { parseAddress } from '../../../src/model/address.js';
import { lintTexts } from '../../support/lint.js';

const ike = (name: string, remote: string) =>
  `add ikev2 ${name} -remote ${remote} -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-256`;
const a = (
  second: string,
) => `add host b -source 10.1.1.1 -destination 10.2.2.0/24 -priority 10 -action ESP_AES256_GCM16
${ike('b', '10.2.2.0/24')}
add auth first -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-first
add auth second -remote 10.2.2.3 -priority 20 -kmp IKEV2 -preshared ${second}`;
const b = `add host a -source 10.2.2.0/24 -destination 10.1.1.1 -priority 10 -action ESP_AES256_GCM16
${ike('a', '10.1.1.1')}
add auth a -remote 10.1.1.1 -priority 10 -kmp IKEV2 -preshared Larch-7-Quill-first`;

const host = (name: string, ...addresses: string[]) => ({
  name,
  addresses: addresses.map((text) => parseAddress(text)!),
  roles: ['host' as const],
  behindNat: false,
  target: undefined,
});
const hosts = [host('a', '10.1.1.1'), host('b', '10.2.2.2', '10.2.2.3')];
const found = (text: string) =>
  lintTexts([text, b], { hosts }).filter(({ code, severity }) => code.startsWith('PEER') && severity === 'error');

it('the second address is looked at as well', () => {
  expect(found(a('Larch-7-Quill-first'))).toEqual([]);
  const findings = found(a('Larch-7-Quill-other'));
  expect(findings.map(({ code }) => code)).toEqual(['PEER006']);
  expect(findings[0]?.record).toEqual({ kind: 'auth', name: 'second' });
});
