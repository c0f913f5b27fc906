/** The example pairs meet; each wrong variant of one gives its code and no other error about the pair. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { lintTexts } from '../../support/lint.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';

const folder = sharedPath('reference', 'hpux-examples');
const read = (name: string) => (folder ? readFileSync(path.join(folder, `${name}.conf`), 'utf8') : '');

const pairs = {
  '01': ['01a-host-to-host-ikev1-psk', '01b-host-to-host-ikev1-psk'],
  '02': ['02a-telnet-only-both-ways', '02b-telnet-only-both-ways'],
  '06': ['06a-end-to-end-tunnel', '06b-end-to-end-tunnel'],
  '08': ['08a-manual-keys', '08b-manual-keys'],
  '09': ['09a-ikev2-certificates', '09b-ikev2-certificates'],
} as const;

/** Findings about the pair. */
function aboutPair(a: string, b: string): Finding[] {
  return lintTexts([a, b]).filter(({ code }) => /^(PEER|PRI004|SEL00[345])/.test(code));
}

/** Codes of the errors, each once: two policies may have the same fault. */
const errors = (findings: readonly Finding[]) => [
  ...new Set(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)),
];

describe.skipIf(!folder)(`example pairs (${folder ? 'found' : sharedMissing})`, () => {
  for (const [number, [a, b]] of Object.entries(pairs)) {
    it(`${number} has nothing wrong between both sides`, () => {
      const findings = aboutPair(read(a), read(b));
      expect(errors(findings)).toEqual([]);
      // Equal lifetimes of IKEv2 are all there is to say.
      expect(findings.filter(({ code }) => code !== 'PEER010').map(({ code }) => code)).toEqual([]);
    });
  }

  const variants: [keyof typeof pairs, string, string, string | RegExp, string][] = [
    ['01', 'another key', 'PEER006', 'Sand7-Plover_99x', 'Sand7-Plover_99y'],
    ['01', 'a quoted key', 'PEER006', 'Sand7-Plover_99x', '"Sand7-Plover_99x"'],
    ['01', 'another group', 'PEER001', '-group 2', '-group 5'],
    ['01', 'another hash', 'PEER001', '-hash SHA1', '-hash MD5'],
    ['01', 'another IKE cipher', 'PEER001', '-encryption AES128-CBC', '-encryption 3DES'],
    ['01', 'no IKE policy: the preloaded one', 'PEER001', /add ikev1[\s\S]*?-pfs OFF\n/, ''],
    ['01', 'another transform', 'PEER002', 'ESP_AES128_HMAC_SHA1', 'ESP_3DES_HMAC_SHA1'],
    ['01', 'another ESP hash', 'PEER002', 'ESP_AES128_HMAC_SHA1', 'ESP_AES128_HMAC_MD5'],
    ['01', 'AH', 'PEER002', 'ESP_AES128_HMAC_SHA1', 'AH_SHA1'],
    ['01', 'PFS, which IKEv1 negotiates at once', 'PEER002', '-pfs OFF', '-pfs ON'],
    ['01', 'another version', 'PEER004', '-kmp IKEV1', '-kmp IKEV2'],
    ['01', 'another version first', 'PEER004', '-kmp IKEV1', '-kmp IKEV2,IKEV1'],
    ['01', 'another exchange', 'PEER005', '-exchange MM', '-exchange AM'],
    ['01', 'another identity', 'PEER007', '-kmp IKEV1', '-kmp IKEV1 -ltype FQDN -lid b.example.com'],
    ['01', 'another expected identity', 'PEER007', '-kmp IKEV1', '-kmp IKEV1 -rtype IPV4 -rid 10.1.1.9'],
    ['01', 'another method', 'PEER008', '-preshared Sand7-Plover_99x', ''],
    [
      '01',
      'no policy',
      'PEER009',
      /add host[\s\S]*?28800\/0\n/,
      'add host other -source 10.2.2.2/32 -destination 10.9.9.9/32 -priority 100 -action DISCARD\n',
    ],
    ['01', 'another peer in the policy', 'PEER009', '-destination 10.1.1.1', '-destination 10.1.1.3'],
    ['01', 'one protocol only', 'SEL003', '-protocol ALL', '-protocol TCP'],
    ['01', 'nobody starts', 'PEER012', '-kmp IKEV1', '-kmp IKEV1 -flags AUTOCONF'],
    ['02', 'another transform', 'PEER002', /ESP_AES128_HMAC_SHA1,ESP_3DES_HMAC_SHA1/g, 'ESP_NULL_HMAC_MD5'],
    ['02', 'another service', 'SEL003', /TELNET/g, 'SMTP'],
    [
      '02',
      'other traffic altogether',
      'SEL005',
      /add host[\s\S]*HMAC_SHA1\n/,
      'add host ntp -source 15.2.2.2/32/NTP -destination 15.1.1.1/32 -priority 20 -action ESP_AES128_HMAC_SHA1\n',
    ],
    ['02', 'a key that is not hexadecimal', 'PEER006', '0x8f3a', '8f3a'],
    ['06', 'another key', 'PEER006', 'tunnel-Key-0017', 'tunnel-Key-0018'],
    ['06', 'another version', 'PEER004', '-kmp IKEV2', '-kmp IKEV1'],
    [
      '06',
      'transport mode',
      'PEER002',
      /add tunnel[\s\S]*-tunnel ba_tunnel -action PASS/,
      'add host ba_host -source 10.2.2.2/32 -destination 10.1.1.1/32 -priority 10 -action ESP_AES128_HMAC_SHA1',
    ],
    [
      '06',
      'another group',
      'PEER001',
      'add auth',
      'add ikev2 a -remote 10.1.1.1 -priority 10 -group 5 -hash HMAC-SHA1 -encryption 3DES -prf HMAC-SHA1\nadd auth',
    ],
    ['06', 'another tunnel endpoint', 'PEER009', '-tdestination 10.1.1.1', '-tdestination 10.1.1.9'],
    ['08', 'SPIs that do not cross', 'PEER021', 'ESP/2500202', 'ESP/2500203'],
    ['08', 'keys that do not cross', 'PEER021', '0x91a2', '0x91a3'],
    ['08', 'another transform', 'PEER002', 'ESP_AES128_HMAC_SHA1', 'ESP_3DES_HMAC_SHA1'],
    ['08', 'no manual keys', 'PEER021', /\\\n\s+-in[\s\S]*$/, '\n'],
    ['09', 'no PFS', 'PEER003', '-pfs ON', '-pfs OFF'],
    ['09', 'another PRF', 'PEER001', '-prf HMAC-SHA1', '-prf HMAC-MD5'],
    ['09', 'another integrity algorithm', 'PEER001', '-hash HMAC-SHA1', '-hash HMAC-MD5'],
    ['09', 'another kind of identity', 'PEER007', '-ltype X500-DN', '-ltype FQDN -lid beta.example.com'],
    [
      '09',
      'a preshared key',
      'PEER008',
      '-local_method RSASIG -remote_method RSASIG',
      '-local_method PSK -remote_method RSASIG -preshared Sand7-Plover_99x',
    ],
  ];
  for (const [number, what, code, from, to] of variants) {
    it(`${number} with ${what}: ${code}`, () => {
      const [a, b] = pairs[number].map(read) as [string, string];
      const wrong = b.replace(from, to);
      expect(wrong).not.toBe(b);
      // Where the second side differs, and where the first one does: the same fault.
      if (what === 'nobody starts') {
        expect(errors(aboutPair(a.replace(from, to), wrong))).toEqual([code]);
        return;
      }
      const findings = aboutPair(a, wrong);
      expect(errors(findings), findings.map(({ message }) => message).join('\n')).toEqual([code]);
      const swapped = aboutPair(wrong, a);
      expect(errors(swapped), swapped.map(({ message }) => message).join('\n')).toEqual([code]);
      for (const finding of [...findings, ...swapped]) {
        expect(finding.message).not.toMatch(/Plover|tunnel-Key|0x/);
        // The default policy stands nowhere: then the other side's record is the one to point at.
        if (finding.severity === 'error' && code !== 'PEER009') expect(finding.at.source.path).toBe('a.conf');
        if (finding.severity === 'error' && code !== 'PEER009')
          expect(finding.related[0]?.at.source.path).toBe('b.conf');
      }
    });
  }

  it('has nothing to say about the IPv6 topology and its mirror image', () => {
    const exchange = (text: string, one: string, other: string) =>
      text.replaceAll(one, '\0').replaceAll(other, one).replaceAll('\0', other);
    const a = read('12-ipv6-host-to-host');
    const b = exchange(a, '2001:db8:1::1', '2001:db8:2::2');
    expect(b).not.toBe(a);
    expect(errors(aboutPair(a, b))).toEqual([]);
    expect(errors(aboutPair(a, b.replace('-lid 2001:db8:2::2', '-lid 2001:db8:2::3')))).toEqual(['PEER007']);
  });
});
