/** SAs that IKE made for policies which a change takes out: they go with them, and do not come back with them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostSa } from '../../../src/model/host-state.js';
import { Secret } from '../../../src/model/secret.js';
import { applyPlan, resume, undoUnfinished } from '../../../src/services/apply.js';
import type { HostSession } from '../../../src/services/host-session.js';
import { type PlannedHost, planHost } from '../../../src/services/plan.js';
import { readPlanFile, refuseStale, writePlanFile } from '../../../src/services/plan-file.js';
import { folderWith } from '../../support/folder.js';
import { type Bench, bench, dyingBefore } from './support.js';

const secured = `add host net -source 10.0.0.1 -destination 10.0.0.2 -priority 10 -action ESP_AES128_HMAC_SHA1
add host more -source 10.0.0.1 -destination 10.3.0.0/16 -priority 20 -action DISCARD
add ikev2 lab -remote 10.0.0.2/32 -priority 10
add auth lab -remote 10.0.0.2/32 -priority 10 -kmp IKEV2 -preshared Maple-Quill-88-lantern
`;

/** A host with `secured` and a pair of SAs that a daemon put there for it. */
async function withSas(options: Parameters<typeof bench>[0] = {}): Promise<Bench> {
  const host = bench(options);
  await host.apply(secured);
  const [template] = host.kernel.state().policies.flatMap(({ templates }) => templates);
  const [local, remote] = [0x0a00_0001, 0x0a00_0002].map((value) => ({ family: 4 as const, value }));
  const sas = [local!, remote!].map(
    (destination, at): HostSa => ({
      source: at === 0 ? remote! : local!,
      destination,
      spi: 0xc000_0001 + at,
      protocol: 50,
      reqid: template!.reqid,
      mode: 'transport',
      mark: { value: 0, mask: 0 },
      ifId: 0,
      replayWindow: 64,
      esn: false,
      flags: 0,
      extraFlags: 0,
      encryption: { name: 'cbc(aes)', key: new Secret(new Uint8Array(16).fill(3)) },
      authentication: { name: 'hmac(sha1)', key: new Secret(new Uint8Array(20).fill(4)), truncatedBits: 96 },
      limits: {},
    }),
  );
  host.kernel.set({ ...host.kernel.state(), sas });
  return host;
}

const keysFile = (host: Bench) => path.join(host.folder, 'state', 'keys.json');

const spis = ({ kernel }: Bench) => kernel.state().sas.map(({ spi }) => spi);

describe('SAs that were negotiated', () => {
  it('go with the policies that asked for them, and stay while those stay', async () => {
    const host = await withSas();
    await host.apply(secured.replace('10.3.0.0/16', '10.4.0.0/16'));
    expect(spis(host)).toEqual([0xc000_0001, 0xc000_0002]);
    expect(await host.apply('')).toMatchObject({ kind: 'done' });
    expect(spis(host)).toEqual([]);
  });

  it('may be renewed between a saved plan and its apply', async () => {
    const host = await withSas();
    const folder = folderWith({ 'host.conf': '' });
    const [file, options] = [path.join(folder, 'plan.json'), { paths: [path.join(folder, 'host.conf')] }];
    const planned = (session: HostSession) => planHost(session, options).then((made) => made as PlannedHost);
    await host.with(async (session) => writePlanFile(file, session, await planned(session), options, '0'));
    const { sas, ...rest } = host.kernel.state();
    host.kernel.set({ ...rest, sas: sas.map((sa) => ({ ...sa, spi: sa.spi + 16 })) });
    await host.with(async (session) => {
      const now = await planned(session);
      refuseStale(readPlanFile(file)!, session, now);
      expect(await applyPlan(session, now, '0')).toMatchObject({ kind: 'done' });
    });
    expect(spis(host)).toEqual([]);
  });

  it('which end by themselves at the last moment are in nobody’s way', async () => {
    let armed = false;
    const host: Bench = await withSas({
      fails(_, { object }) {
        if (armed && object === 'sa') host.kernel.set({ ...host.kernel.state(), sas: [] });
        return undefined;
      },
    });
    armed = true;
    expect(await host.apply('')).toMatchObject({ kind: 'done' });
    expect(host.kernel.state().policies).toEqual([]);
  });

  it.each(['forward', 'back'] as const)('a crash at any step, going %s: none comes back with its keys', async (way) => {
    const policies = (await withSas()).kernel.state().policies.length;
    for (let step = 0; step <= policies + 2; step += 1) {
      const host = await withSas();
      await expect(host.applyOn(dyingBefore(host.kernel, step), '')).rejects.toThrow('died');
      const left = spis(host);
      // What IKE made a secret of is not for the disk.
      expect(existsSync(keysFile(host))).toBe(false);
      const outcome = await host.with((session) => (way === 'forward' ? resume(session) : undoUnfinished(session)));
      expect(outcome.kind).toBe(way === 'forward' ? 'done' : 'undone');
      expect(host.kernel.state().policies.length).toBe(way === 'forward' ? 0 : policies);
      expect(spis(host)).toEqual(way === 'forward' ? [] : left);
    }
  });
});
