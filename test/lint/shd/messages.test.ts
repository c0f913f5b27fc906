/** What findings say: names, numbers, packets that prove it, places, and severities that depend on the case. */
import { describe, expect, it } from 'vitest';
import { rules } from '../../../src/lint/registry.js';
import type { Finding } from '../../../src/model/finding.js';
import { formatPlace } from '../../../src/model/span.js';
import { lintTexts } from '../../support/lint.js';

const only = (code: string) => rules.filter((rule) => rule.code === code);
const findings = (code: string, text: string): readonly Finding[] => lintTexts([text], { rules: only(code) });
const first = (code: string, text: string): Finding => findings(code, text)[0]!;

describe('order of policies', () => {
  it('names both policies, a packet and what happens to it', () => {
    const finding = first(
      'SHD001',
      `add host all -priority 10 -action PASS
add host web -source 10.1.1.1 -destination 10.2.2.2/32/HTTP-TCP -priority 20 -action DISCARD
`,
    );
    expect(finding.message).toBe(
      "host 'web' (priority 20) never matches: host 'all' (priority 10) selects every packet of it",
    );
    expect(finding.notes).toEqual([
      "outbound TCP 10.1.1.1:49152 > 10.2.2.2:80 meets host 'all' (priority 10): PASS, not DISCARD",
    ]);
    expect(formatPlace(finding.at)).toBe('a.conf:2:10');
    expect(finding.related.map(({ at, text }) => [formatPlace(at), text])).toEqual([
      ['a.conf:1:10', "host 'all' (priority 10): PASS"],
    ]);
  });

  it('shows what is left of a policy, in boxes and by a packet', () => {
    const finding = first(
      'SHD006',
      `add host low -source 10.1.1.1 -destination 10.2.0.0/16/1-60000 -protocol TCP -priority 10 -action PASS
add host app -source 10.1.1.1 -destination 10.2.3.4/32/50000-65000 -protocol TCP -priority 20 -action DISCARD
`,
    );
    expect(finding.message).toContain('gets 33 % of what it selects');
    expect(finding.notes).toEqual([
      'left to it: TCP 10.1.1.1 <-> 10.2.3.4 port 60001-65000',
      'outbound TCP 10.1.1.1:49152 > 10.2.3.4:60001 still meets it: DISCARD',
    ]);
  });

  it('counts shares near one half instead of estimating them', () => {
    const text = (port: number) =>
      `add host low -source 10.1.1.1 -destination 10.2.0.0/16/0-${port} -protocol TCP -priority 10 -action PASS
add host app -source 10.1.1.1 -destination 10.2.3.4 -protocol TCP -priority 20 -action DISCARD
`.replace('/0-', '/1-');
    // Ports 1 to 32767 are less than half of 65536, 1 to 32769 are more.
    expect(findings('SHD006', text(32_767))).toEqual([]);
    expect(first('SHD006', text(32_769)).message).toContain('gets 50 % of what it selects');
  });

  it('tells the request and the reply that part ways', () => {
    const finding = first(
      'SHD011',
      'add host ping -source 10.1.1.1 -destination 10.2.2.2 -protocol ICMP -src_icmp_type 8 -dst_icmp_type 3 -priority 10 -action ESP_AES128_HMAC_SHA1\n',
    );
    expect(finding.notes).toEqual([
      'outbound ICMP 10.1.1.1 > 10.2.2.2 type 8: ESP_AES128_HMAC_SHA1',
      'inbound ICMP 10.2.2.2 > 10.1.1.1 type 0: PASS',
    ]);
  });

  it('is quiet about a policy that says what the default does', () => {
    expect(findings('SHD003', 'add host lab -destination 10.2.0.0/16 -priority 10 -action PASS\n')).toEqual([]);
  });

  it('knows forwarded packets as well', () => {
    const finding = first(
      'SHD001',
      `add gateway all -source 10.0.0.0/8 -destination 0.0.0.0/0 -priority 10 -action DISCARD
add gateway out -source 10.1.0.0/16 -destination 10.2.0.0/16 -priority 20 -action FORWARD
`,
    );
    expect(finding.message).toContain("gateway 'out' (priority 20) never matches");
  });

  it('says nothing of records that select no packet', () => {
    const text =
      'add host all -priority 10 -action PASS\nadd host none -source 10.1.1.1 -destination 2001:db8::1 -priority 20 -action DISCARD\n';
    for (const code of ['SHD001', 'SHD002', 'SHD003', 'SHD004', 'SHD005', 'SHD006']) {
      expect(findings(code, text), code).toEqual([]);
    }
  });
});

describe('severities that depend on the case', () => {
  const severity = (code: string, text: string) => findings(code, text).map((finding) => finding.severity);

  it('of the default policy: written or not', () => {
    const host = 'add host db -source 10.1.1.1 -destination 10.7.7.7 -priority 10 -action ESP_AES128_HMAC_SHA1\n';
    expect(severity('ACT001', `${host}add host default -action PASS\n`)).toEqual(['warning']);
    expect(severity('ACT001', host)).toEqual(['info']);
  });

  it('of the bypass list: for policies that name the address or for all', () => {
    const bypass = 'add bypass 10.0.0.1\n';
    expect(
      severity(
        'SHD010',
        `${bypass}add host a -source 10.0.0.0/24 -destination 10.9.0.0/16 -priority 10 -action DISCARD\n`,
      ),
    ).toEqual(['error']);
    expect(severity('SHD010', `${bypass}add host a -destination 10.9.0.0/16 -priority 10 -action DISCARD\n`)).toEqual([
      'warning',
    ]);
  });

  it('of hidden authentication records: whether the identity still finds them', () => {
    const text = (rest: string) =>
      `add auth site -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG
add auth db -remote 10.7.7.7/32 -priority 20 -kmp IKEV2 -local_method RSASIG -remote_method RSASIG ${rest}\n`;
    expect(severity('SHD008', text(''))).toEqual(['error']);
    expect(severity('SHD008', text('-rtype FQDN -rid db.example.com'))).toEqual(['warning']);
    expect(severity('SHD008', text('-rtype FQDN -rid db.example.com -flags AUTOCONF'))).toEqual([]);
  });

  it('of what captures IKE: its ports or UDP as a whole', () => {
    const host = (rest: string) =>
      `add host udp -source 10.1.1.1${rest} -destination 10.2.2.2${rest} -protocol UDP -priority 10 -action ESP_AES128_HMAC_SHA1\n`;
    expect(severity('ACT003', host('/32/500'))).toEqual(['error']);
    expect(severity('ACT003', host(''))).toEqual(['warning']);
  });
});
