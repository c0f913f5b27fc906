/** The packet that shows what the default policy lets pass. */
import { expect, it } from 'vitest';
import defaultPass from '../../../src/lint/rules/act/default-pass.js';
import { lintTexts } from '../../support/lint.js';

it.each([
  ['10.9.9.0/24', 'outbound TCP 192.0.2.1:49152 > 198.51.100.1:443'],
  // The first address that comes to mind has a policy of its own.
  ['198.51.100.0/24', 'outbound TCP 192.0.2.1:49152 > 203.0.113.1:443'],
])('beside a policy for %s is one of the system itself to an address for examples', (destination, packet) => {
  const text = `add host a -source 192.0.2.1 -destination ${destination} -priority 10 -action ESP_AES256_GCM16\n`;
  const [finding] = lintTexts([text], { rules: [defaultPass] });
  expect(finding?.notes).toEqual([`${packet} is selected by no policy and passes in the clear`]);
});
