/** What ip(8) prints and takes: the same policies and SAs as netlink gives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { samePolicy, sameSa } from '../../../src/backends/equal.js';
import { parsePolicies, parseSas } from '../../../src/backends/xfrm/ip-text.js';
import { decodePolicy } from '../../../src/backends/xfrm/netlink/policies.js';
import { decodeSa } from '../../../src/backends/xfrm/netlink/sas.js';
import { changeText } from '../../../src/backends/xfrm/text.js';
import { policyKey, saKey } from '../../../src/model/host-state.js';
import { root } from '../../support/sources.js';
import { smallPolicy } from '../support/small-states.js';

interface Vectors {
  readonly policies: readonly string[];
  readonly sas: readonly string[];
  readonly shownPolicies: readonly string[];
  readonly shownSas: readonly string[];
  readonly requests: readonly { readonly command: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(path.join(root, 'test', 'vectors', 'xfrm', 'linux.json'), 'utf8'));
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const policies = vectors.policies.map((body) => decodePolicy(octets(body))!);
const sas = vectors.sas.map((body) => decodeSa(octets(body))!);

describe('what ip(8) prints is what netlink gives', () => {
  test('policies', () => {
    const parsed = parsePolicies(vectors.shownPolicies.join('\n'));
    expect(parsed.map(policyKey)).toEqual(policies.map(policyKey));
    for (const [at, policy] of parsed.entries()) {
      expect(samePolicy(policy, policies[at]!)).toBe(true);
      expect(policy.index).toBe(policies[at]!.index);
    }
  });

  test('SAs', () => {
    const parsed = parseSas(vectors.shownSas.join('\n'));
    expect(parsed.map(saKey)).toEqual(sas.map(saKey));
    for (const [at, sa] of parsed.entries()) expect({ at, same: sameSa(sa, sas[at]!) }).toEqual({ at, same: true });
  });

  test('policies for one device, which may be gone', () => {
    const shown = (device: string) =>
      `src 10.0.0.1/32 dst 10.0.0.2/32 dev ${device} \n\tdir out action block priority 5 ptype main \n`;
    const indexOf = (device: string) => (device === 'ipsec7' ? 70 : undefined);
    const parsed = parsePolicies([shown('ipsec7'), shown('if71')].join(''), indexOf);
    expect(parsed.map(({ selector }) => selector.interfaceIndex)).toEqual([70, 71]);
    for (const policy of parsed)
      expect(changeText({ object: 'policy', kind: 'delete', before: policy }).text).toMatch(
        /dst 10.0.0.2\/32 dev if7[01] dir/,
      );
  });

  test('nothing, and nonsense', () => {
    expect(parsePolicies('')).toEqual([]);
    expect(parseSas('src nonsense\n\tproto esp\n')).toEqual([]);
  });
});

describe('commands', () => {
  it('show no key unless it is asked for', () => {
    for (const sa of sas) {
      const create = { object: 'sa', kind: 'create', after: sa } as const;
      expect(changeText(create).text).not.toMatch(/0x0001020304/);
      if (sa.aead ?? sa.authentication) expect(changeText(create, { reveal: true }).text).toMatch(/0x(000102|202122)/);
    }
  });

  it('say what ip(8) cannot', () => {
    const { selector } = smallPolicy({ priority: 1 });
    const create = (parts: Partial<typeof selector>) =>
      changeText({
        object: 'policy',
        kind: 'create',
        after: smallPolicy({ priority: 5, selector: { ...selector, ...parts } }),
      });
    expect(create({ protocol: 6, destinationPort: 80, destinationPortMask: 0xffff })).toEqual({
      text: 'xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 proto 6 dport 80 dir out action allow priority 5',
    });
    expect(create({ protocol: 6, destinationPort: 80, destinationPortMask: 0xfff0 }).inexpressible).toBe(
      'dport 80/0xfff0 is a range',
    );
    expect(create({ protocol: 6, destinationPort: 0, destinationPortMask: 0xffff }).inexpressible).toBe(
      'dport 0 means any to it',
    );
    expect(create({ protocol: 1, sourcePort: 0, sourcePortMask: 0xffff }).inexpressible).toBeUndefined();
  });

  it('delete by number where no other policy may be meant', () => {
    const remove = changeText(
      { object: 'policy', kind: 'delete', before: { ...policies[2]!, index: 4001 } },
      { exact: true },
    );
    expect(remove.text).toBe('xfrm policy delete dir in index 4001 mark 0x5 mask 0xff if_id 7');
  });

  it('delete by name alone', () => {
    const remove = changeText({ object: 'policy', kind: 'delete', before: policies[2]! });
    expect(remove.text).toBe(
      'xfrm policy delete src 10.9.0.0/16 dst 10.8.0.0/16 proto 6 sport 23 dport 4000 dir in mark 0x5 mask 0xff if_id 7',
    );
    const gone = changeText({ object: 'sa', kind: 'delete', before: sas[3]! });
    expect(gone.text).toBe('xfrm state delete src 10.1.1.1 dst 10.1.1.2 proto esp spi 0x1001');
  });
});
