/** Ten minutes of lifetimes of thirty seconds, in virtual time: a packet every second, from either side in turn, and each arrives protected. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-wear-'));
afterAll(() => rmSync(folder, { recursive: true }));

function swanctl(own: string, other: string, ownNet: string, otherNet: string, version: 1 | 2): string {
  return `connections {
  wear {
    version = ${version}
    local_addrs = ${own}
    remote_addrs = ${other}
    proposals = aes128-sha256-modp2048
    rekey_time = 50s
    over_time = 20s
    local { auth = psk
      id = ${own}
    }
    remote { auth = psk
      id = ${other}
    }
    children {
      net {
        local_ts = ${ownNet}
        remote_ts = ${otherNet}
        esp_proposals = aes128-sha256
        rekey_time = 20s
        life_time = 30s
        start_action = trap
      }
    }
  }
}
secrets {
  ike-wear { secret = "wear-Maple-Quill-31"
  }
}
`;
}

const seconds = 600;

describe.each([1, 2] as const)('IKEv%i', (version) => {
  it('loses no packet', async () => {
    const [a, b, scenario] = ['a.conf', 'b.conf', 'scenario.yaml'].map((name) =>
      path.join(folder, `${version}-${name}`),
    );
    writeFileSync(a!, swanctl('192.0.2.1', '192.0.2.2', '10.1.0.0/16', '10.2.0.0/16', version), { mode: 0o600 });
    writeFileSync(b!, swanctl('192.0.2.2', '192.0.2.1', '10.2.0.0/16', '10.1.0.0/16', version), { mode: 0o600 });
    const name = (file: string) => path.basename(file, '.conf');
    const packets = Array.from({ length: seconds - 20 }, (_, index) => {
      const at = `${index + 10}s`;
      return index % 2 === 0
        ? `  - { at: ${at}, from: ${name(a!)}, packet: "tcp 10.1.0.1:4000 > 10.2.0.1:443" }`
        : `  - { at: ${at}, from: ${name(b!)}, packet: "tcp 10.2.0.1:443 > 10.1.0.1:4000" }`;
    });
    writeFileSync(scenario!, `packets:\n${packets.join('\n')}\n`);
    const { document, runs } = await negotiate({
      systems: [a!, b!],
      further: [],
      initiator: 'A',
      seed: '1',
      beginsAt: new Date('2026-01-01T00:00:00Z'),
      untilMillis: seconds * 1000,
      scenario: scenario!,
      faults: { nat: [] },
      profiles: [],
      detail: 'messages',
      suggest: false,
    });
    const [run] = document.runs;
    expect(run?.verdict).toMatchObject({ word: 'works', good: true });
    const given = runs[0]?.probes.filter(({ purpose }) => purpose === 'given') ?? [];
    expect(given).toHaveLength(packets.length);
    expect(given.filter(({ acceptedAt }) => acceptedAt === undefined)).toEqual([]);
    expect(given.filter(({ wasClear, protectedBy }) => wasClear || !protectedBy?.length)).toEqual([]);
    expect(run?.traffic.childRekeys).toBeGreaterThan(seconds / 40);
    expect(run?.traffic.ikeRekeys).toBeGreaterThan(seconds / 100);
    expect(run?.traffic.unmatched).toEqual([]);
  });
});
