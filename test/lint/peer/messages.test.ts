/** What a reader gets to see of the most frequent mismatches. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/finding.js';
import { lintTexts } from '../../support/lint.js';

const host = (own: string, peer: string, action: string) =>
  `add host h -source ${own} -destination ${peer} -priority 10 -action ${action}`;
const ike = (peer: string, rest: string) => `add ikev2 i -remote ${peer} -priority 10 ${rest}`;
const auth = (peer: string, rest = '') =>
  `add auth x -remote ${peer} -priority 10 -kmp IKEV2 -preshared file:k ${rest}`;
const strong = '-group 14 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256';

function only(code: string, a: readonly string[], b: readonly string[]): Finding {
  const found = lintTexts([a.join('\n'), b.join('\n')]).filter(
    (finding) => /^(PEER|SEL00[345]|PRI004)/.test(finding.code) && finding.severity === 'error',
  );
  expect(found.map((finding) => finding.code)).toEqual([code]);
  return found[0]!;
}

describe('messages', () => {
  it('show proposals in a table, and the smallest change of either side', () => {
    const finding = only(
      'PEER001',
      [
        host('10.1.1.1', '10.2.2.2', 'ESP_AES128_HMAC_SHA1'),
        ike('10.2.2.2', '-group 14,2 -hash HMAC-SHA1 -encryption 3DES,AES128-CBC -prf HMAC-SHA1'),
        auth('10.2.2.2'),
      ],
      [
        host('10.2.2.2', '10.1.1.1', 'ESP_AES128_HMAC_SHA1'),
        ike('10.1.1.1', strong.replace('AES256', 'AES128')),
        auth('10.1.1.1'),
      ],
    );
    expect(finding.message).toBe(
      "ikev2 'i' of a and ikev2 'i' of b have no IKE proposal in common: the integrity differs",
    );
    expect(finding.notes).toEqual([
      '                    a offers               b accepts',
      'cipher              3DES-CBC, AES-CBC-128  AES-CBC-128',
      'integrity           HMAC-SHA1-96           HMAC-SHA2-256-128  nothing in common',
      'PRF                 HMAC-SHA1              HMAC-SHA2-256      nothing in common',
      'key exchange group  MODP-2048, MODP-1024   MODP-2048',
      'for example outbound TCP 10.1.1.1:49152 > 10.2.2.2:443 from a',
    ]);
    expect(finding.help).toBe(
      "let ikev2 'i' of a take integrity HMAC-SHA2-256-128 and PRF HMAC-SHA2-256, or let ikev2 'i' of b take integrity HMAC-SHA1-96 and PRF HMAC-SHA1",
    );
  });

  it('say what one word more would mend', () => {
    const finding = only(
      'PEER002',
      [
        host('10.1.1.1', '10.2.2.2', 'ESP_AES256_GCM16,ESP_AES128_HMAC_SHA2_256'),
        ike('10.2.2.2', strong),
        auth('10.2.2.2'),
      ],
      [host('10.2.2.2', '10.1.1.1', 'ESP_AES128_HMAC_SHA1'), ike('10.1.1.1', strong), auth('10.1.1.1')],
    );
    expect(finding.help).toBe(
      "add ESP_AES128_HMAC_SHA2_256 to -action of host 'h' of b, or add ESP_AES128_HMAC_SHA1 to -action of host 'h' of a",
    );
    expect(finding.fixes.map(({ title, edits }) => [title, edits[0]?.newText, edits[0]?.at.source.path])).toEqual([
      ["add ESP_AES128_HMAC_SHA2_256 to -action of host 'h' of b", ',ESP_AES128_HMAC_SHA2_256', 'b.conf'],
    ]);
  });

  it('point at the values that differ, on both sides', () => {
    const finding = only(
      'PEER007',
      [
        host('10.1.1.1', '10.2.2.2', 'ESP_AES128_HMAC_SHA1'),
        ike('10.2.2.2', strong),
        auth('10.2.2.2', '-ltype FQDN -lid a.example.com'),
      ],
      [
        host('10.2.2.2', '10.1.1.1', 'ESP_AES128_HMAC_SHA1'),
        ike('10.1.1.1', strong),
        auth('10.1.1.1', '-rtype FQDN -rid b.example.com'),
      ],
    );
    const text = ({ source, start, end }: Finding['at']) => source.text.slice(start, end);
    expect([finding.at, finding.related[0]!.at].map(text)).toEqual(['a.example.com', 'b.example.com']);
    expect(finding.system).toBe('a');
    expect(finding.peer).toBe('b');
  });

  it('count a cause once, however many flows suffer from it', () => {
    const ports = [22, 23, 25, 80, 443];
    const side = (own: string, peer: string, mine: boolean) =>
      ports.map(
        (port) =>
          `add host h${port} -source ${own}/32${mine ? `/${port}` : ''} -destination ${peer}/32${mine ? '' : `/${port}`} -protocol TCP -priority ${port} -action ESP_AES128_HMAC_SHA1`,
      );
    const finding = only(
      'PEER001',
      [...side('10.1.1.1', '10.2.2.2', true), ike('10.2.2.2', strong), auth('10.2.2.2')],
      [
        ...side('10.2.2.2', '10.1.1.1', false),
        ike('10.1.1.1', strong.replace('-group 14', '-group 19')),
        auth('10.1.1.1'),
      ],
    );
    expect(finding.notes.at(-1)).toMatch(/ from a, and 4 other kinds of packets$/);
  });

  it('tell of the preloaded policy, which stands nowhere', () => {
    const finding = only(
      'PEER001',
      [host('10.1.1.1', '10.2.2.2', 'ESP_AES128_HMAC_SHA1'), auth('10.2.2.2')],
      [host('10.2.2.2', '10.1.1.1', 'ESP_AES128_HMAC_SHA1'), ike('10.1.1.1', strong), auth('10.1.1.1')],
    );
    expect(finding.message).toContain("ikev2 'default' of a");
    expect(finding.at.source.path).toBe('a.conf');
  });

  it('take a peer that is not rolled out yet for what it is', () => {
    const rollout = [
      'add host h -source 10.1.1.1 -destination 10.2.0.0/16 -priority 10 -flags FALLBACK_TO_CLEAR -action ESP_AES128_HMAC_SHA1',
      'add auth x -remote 10.2.0.0/16 -priority 10 -kmp IKEV2 -preshared file:k',
    ].join('\n');
    const later = (action: string) =>
      `add host other -source 10.2.2.2 -destination 10.3.3.3 -priority 10 -action PASS\nadd host default -action ${action}`;
    const severities = (action: string) =>
      lintTexts([rollout, later(action)])
        .filter(({ code }) => code === 'PEER009')
        .map(({ severity }) => severity);
    expect(severities('PASS')).toEqual(['info']);
    expect(severities('DISCARD')).toEqual(['error']);
  });
});
