/** Records with `-if_id` on a kernel with XFRM interfaces, in a guest: what goes by the interface is protected, and nothing goes another way. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interfacesMissing, runInGuest } from '../support/guest.js';
import type { Tried } from './kernel/attempts.js';
import { plainEnds, type Side, sides } from './kernel/hosts.js';
import type { InterfaceCases, InterfaceOutcome } from './kernel/play-interface.js';

const missing = interfacesMissing();
if (missing) console.warn(`XFRM interfaces are skipped: ${missing}`);

const { inner, outer } = plainEnds;
const ifId = 7;
const spis: Readonly<Record<Side, number>> = { left: 2_500_101, right: 2_500_102 };

/** The key of what a side sends. */
function keyOf(side: Side): string {
  const octet = (value: string, count: number) => `0x${value.repeat(count)}`;
  const own = side === 'left' ? ['5a', '6b'] : ['7c', '8d'];
  return `ESP/${spis[side]}/${octet(own[0]!, 20)}/${octet(own[1]!, 16)}`;
}

function policy(side: Side, action: string): string {
  const other = side === 'left' ? 'right' : 'left';
  const selectors = `-source ${inner[side]} -destination ${inner[other]}`;
  return `add tunnel net -tsource ${outer[side]} -tdestination ${outer[other]} ${selectors} -action ${action} -if_id ${ifId}
add host net ${selectors} -priority 10 -tunnel net -action PASS -if_id ${ifId}
`;
}

function manual(side: Side): string {
  const other = side === 'left' ? 'right' : 'left';
  return policy(side, `ESP_AES128_HMAC_SHA1 -in ${keyOf(other)} -out ${keyOf(side)}`);
}

function ike(side: Side): string {
  const other = side === 'left' ? 'right' : 'left';
  return `${policy(side, 'ESP_AES128_GCM16')}add ikev2 lab -remote ${outer[other]}/32 -priority 10 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256 -life 28800 -pfs OFF
add auth lab -remote ${outer[other]}/32 -priority 10 -kmp IKEV2 -preshared kernel-Maple-Quill-31
`;
}

const closed = 7001;
const cases: InterfaceCases = {
  ifId,
  manual: {
    left: manual('left'),
    // An earlier record for a part of it, which the other side does not have: its packets come by the interface all the same.
    right: `${manual('right')}add host closed -source ${inner.right}/32/${closed} -destination ${inner.left} -protocol TCP -priority 5 -action DISCARD\n`,
  },
  ike: { left: ike('left'), right: ike('right') },
  ports: [7000, closed],
};

describe.skipIf(missing)('XFRM interfaces', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-kernel-'));
  const outcomes: InterfaceOutcome[] = [];

  beforeAll(async () => {
    const file = path.join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(cases), { mode: 0o600 });
    await runInGuest('test/interop/kernel/play-interface.ts', [file], {
      modules: ['xfrm_interface'],
      timeoutSeconds: 600,
      onLine: (value) => outcomes.push(value as InterfaceOutcome),
    });
  }, 660_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function outcome(): InterfaceOutcome {
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]!.fault).toBeUndefined();
    return outcomes[0]!;
  }

  function neverInTheClear(attempt: Tried | undefined): void {
    for (const side of sides)
      expect(attempt?.seen[side]).toMatchObject({ clear: 0, clearKinds: [], ah: 0, espInUdp: 0 });
  }

  function dropped(attempt: Tried | undefined): void {
    expect(attempt?.passed).toBe(false);
    neverInTheClear(attempt);
    expect(attempt?.seen.left.esp).toBe(0);
  }

  it('without the interface nothing leaves, and the plan says what is missing', () => {
    const { said, withoutInterface } = outcome();
    expect(said[0]).toMatch(
      /works through XFRM interface 7 only, which this host has not.*type xfrm dev DEVICE if_id 7/,
    );
    expect(said[1]).toMatch(/works through XFRM interface 7 only, and drops what goes another way/);
    dropped(withoutInterface);
  });

  it('by the interface packets are protected both ways', () => {
    const { byInterface, tcp } = outcome();
    for (const attempt of [byInterface, tcp[7000]]) {
      expect(attempt?.passed).toBe(true);
      neverInTheClear(attempt);
      for (const side of sides) expect(attempt?.seen[side].esp).toBeGreaterThan(0);
    }
  });

  it('what an earlier record drops is dropped although it comes by the interface', () => {
    const attempt = outcome().tcp[closed];
    expect(attempt?.passed).toBe(false);
    neverInTheClear(attempt);
    expect(attempt?.seen.left.esp).toBeGreaterThan(0);
    expect(attempt?.seen.right.esp).toBe(0);
  });

  it('past the interface, and when it is gone or made anew, nothing leaves', () => {
    const { pastIt, gone, anew } = outcome();
    for (const attempt of [pastIt, gone, anew]) dropped(attempt);
  });

  it('by the interface with keys of IKE, which the first packet asks for', () => {
    const { ike: attempt, state, log } = outcome();
    expect(attempt?.passed, log).toBe(true);
    neverInTheClear(attempt);
    expect(state).toContain('rfc4106(gcm(aes))');
    expect(state?.match(/if_id 0x7/g)?.length).toBe(2);
  });
});
