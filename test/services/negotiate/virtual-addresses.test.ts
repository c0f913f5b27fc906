/** A road warrior in a dry run: it asks for an address, sends from it, and is told why it has none. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

const key = 'secrets { ike { secret = "Some_Long_Key_With_Entropy_7" } }';
const carol = (vips: string) => `connections { home {
  version = 2
  local_addrs = 192.0.2.100
  remote_addrs = 192.0.2.1
  ${vips}
  local { auth = psk
    id = carol@example.org }
  remote { auth = psk
    id = moon.example.org }
  children { net { remote_ts = 10.1.0.0/16
    start_action = trap } } } }
${key}`;
const moon = (pools: string) => `connections { rw {
  version = 2
  local_addrs = 192.0.2.1
  ${pools}
  local { auth = psk
    id = moon.example.org }
  remote { auth = psk }
  children { net { local_ts = 10.1.0.0/16 } } } }
pools { road { addrs = 10.3.0.0/28 } }
${key}`;

async function run(left: string, right: string) {
  const folder = folderWith({ 'carol/swanctl.conf': left, 'moon/swanctl.conf': right });
  const files = ['carol', 'moon'].map((name) => path.join(folder, name, 'swanctl.conf'));
  const document = await dryRun(files, { initiator: 'A', suggest: false });
  expect(document.runs).toHaveLength(1);
  return document.runs[0]!;
}

describe('a road warrior', () => {
  it('sends from the address that it is given, and its gateway knows the way back', async () => {
    const { verdict, packet, chosen, traffic } = await run(carol('vips = 0.0.0.0'), moon('pools = road'));
    expect(verdict).toMatchObject({ word: 'works', good: true });
    expect(packet).toMatch(/^TCP 10\.3\.0\.1:/);
    expect(chosen.children[0]).toMatchObject({ mode: 'tunnel' });
    expect(traffic.arrived).toBe(traffic.sent);
  });

  it('that gets none is told so, by the side that refuses', async () => {
    const { verdict, failure } = await run(carol('vips = 0.0.0.0'), moon(''));
    expect(verdict).toMatchObject({ word: 'fails', step: 'virtual address' });
    expect(failure?.notify).toBe('INTERNAL_ADDRESS_FAILURE');
    expect(verdict.text).toMatch(/has no pool$/);
  });

  it('that does not ask is told so', async () => {
    const { verdict, failure } = await run(carol(''), moon('pools = road'));
    expect(verdict).toMatchObject({ word: 'fails', step: 'virtual address' });
    expect(failure?.notify).toBe('FAILED_CP_REQUIRED');
  });
});
