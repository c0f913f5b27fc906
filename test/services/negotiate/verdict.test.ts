/** What counts as working: not what comes to life again after packets were lost. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { folderWith } from '../../support/folder.js';

/** A connection of swanctl.conf. Reauthentication makes new Child SAs without a key exchange of their own. */
function connection(own: string, peer: string, esp: string, reauth = '4h'): string {
  return `connections {
  gw {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes256-sha256-modp2048
    reauth_time = ${reauth}
    local {
      auth = psk
    }
    remote {
      auth = psk
    }
    children {
      net {
        local_ts = ${own}/32
        remote_ts = ${peer}/32
        esp_proposals = ${esp}
        mode = transport
        rekey_time = 1h
        start_action = trap
      }
    }
  }
}
secrets {
  ike-gw {
    id-a = 192.0.2.1
    id-b = 198.51.100.2
    secret = "Verdict_of_dry_runs_7"
  }
}
`;
}

async function run(a: string, b: string, untilMillis?: number) {
  const folder = folderWith({ 'a.conf': a, 'b.conf': b });
  const { document } = await negotiate({
    systems: ['a.conf', 'b.conf'].map((name) => path.join(folder, name)),
    further: [],
    seed: '1',
    beginsAt: new Date('2026-01-01T00:00:00Z'),
    ...(untilMillis === undefined ? {} : { untilMillis }),
    faults: { nat: [] },
    profiles: [],
    detail: 'messages',
    suggest: false,
  });
  return document;
}

const [a, b] = ['192.0.2.1', '198.51.100.2'];

it.each([undefined, 24 * 3_600_000])(
  'a PFS mismatch that reauthentication hides for a time is told (until %s)',
  async (until) => {
    const document = await run(connection(a, b, 'aes128-sha256-modp2048'), connection(b, a, 'aes128-sha256'), until);
    expect(document.good).toBe(false);
    expect(document.runs).toHaveLength(2);
    for (const { verdict, failure, traffic } of document.runs) {
      expect(verdict).toMatchObject({ word: 'until-rekey', good: false });
      expect(verdict.at).toBeLessThan(70 * 60_000);
      expect(verdict.text).toMatch(
        /^packets pass at first; after \d+ minutes.* rekeying is refused, and \d+ of \d+ test packets are lost until a new IKE SA brings new SAs: /,
      );
      expect(failure?.difference).toMatchObject({ attribute: 'key exchange group', common: [] });
      expect(traffic.arrived).toBeLessThan(traffic.sent);
    }
  },
);

it('reauthentication of what fits works, and counts as a renewal', async () => {
  const text = [
    connection(a, b, 'aes128-sha256-modp2048', '30m'),
    connection(b, a, 'aes128-sha256-modp2048', '30m'),
  ] as const;
  const document = await run(...text);
  expect(document.good).toBe(true);
  for (const { verdict } of document.runs)
    expect(verdict.text).toBe('packets pass both ways, protected, also past the first rekeys');
});
