/**
 * Our units under a systemd that runs, as the first process of a host of its own: policies before the network, the daemon as a service that is
 * started by its socket, reloaded, killed, hung and stopped, and what they may not do; all the while not one packet goes in the clear.
 * Kernels without ESP do: policies that pass and discard, and our own data path.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtProgram } from '../../support/cli.js';
import { ends, makeNamespaces, type Namespaces, namespacesMissing } from '../../support/netns.js';
import { onSystemdHost, type SystemdHost, systemdHost, systemdMissing } from '../../support/systemd-host.js';
import { pings, recordsOf, seenInTheClear, startSide, statusOf } from './two-daemons.js';

const missing = namespacesMissing() ?? systemdMissing();
if (missing) console.warn(`units under a running systemd are skipped: ${missing}`);

const startMillis = 300_000;
const waitMillis = 60_000;

/** What brings the network up, and what everybody on the host then sends at once. */
const network = `[Unit]
Description=The network
DefaultDependencies=no
Wants=network-pre.target network.target
After=network-pre.target
Before=network.target network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c "ip xfrm policy >/var/lib/ipsec/policies; nft list ruleset >/var/lib/ipsec/guard; ip link set wire up; ip link set lo up"
ExecStart=/bin/sh -c "ping -n -i 0.02 -I ${ends.left.inner4} ${ends.right.inner4} >/dev/null 2>&1 &"
KillMode=none
[Install]
WantedBy=multi-user.target
`;

describe.skipIf(missing)('units under systemd', () => {
  let folder: string;
  let namespaces: Namespaces;
  let host: SystemdHost;
  let ipsec: readonly string[];
  beforeAll(async () => {
    ipsec = [process.execPath, onSystemdHost(path.join(await builtProgram(), 'bin', 'run.js'))];
  }, startMillis);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ipsec-units-'));
    namespaces = makeNamespaces();
    namespaces.run('left', 'ip', 'link', 'set', 'wire', 'down');
    host = systemdHost(namespaces.left);
    put('etc/systemd/system/test-network.service', network);
  });
  afterEach(async () => {
    await host?.remove();
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  function put(file: string, text: string): void {
    const whole = path.join(host.disk, file);
    mkdirSync(path.dirname(whole), { recursive: true });
    writeFileSync(whole, text, { mode: 0o600 });
  }
  const read = (file: string) => readFileSync(path.join(host.disk, file), 'utf8');

  /** As it is written after `runtime unit`. */
  async function installUnits(...words: string[]): Promise<void> {
    await host.boot();
    host.must(...ipsec, 'runtime', 'unit', '--install', '/etc/systemd/system', ...words);
    const early = words.includes('userspace') ? 'ipsec-guard.service' : 'ipsec-apply.service';
    host.must('systemctl', 'daemon-reload');
    host.must('systemctl', 'enable', 'test-network.service', early, 'ipsec-runtime.service');
    await host.cut();
  }

  it('policies are in the kernel before the network, are loaded anew, and stay', { timeout: startMillis }, async () => {
    const [own, peer] = [ends.left.inner4, ends.right.inner4];
    const records = `add host no -source ${own} -destination ${peer} -priority 10 -action DISCARD\n`;
    put('etc/ipsec/left.conf', records);
    await installUnits();
    const policies = () => namespaces.run('left', 'ip', 'xfrm', 'policy');
    const clear = await seenInTheClear(namespaces, async () => {
      for (const _ of ['first', 'second']) {
        // A host that starts has none.
        namespaces.run('left', 'ip', 'xfrm', 'policy', 'flush');
        namespaces.run('left', 'ip', 'link', 'set', 'wire', 'down');
        expect(await host.boot(), host.journal()).toBe('running');
        expect(read('var/lib/ipsec/policies')).toMatch(
          new RegExp(`src ${own}/32 dst ${peer}/32[^]*?dir out action block`),
        );
        expect(host.show('ipsec-apply.service', 'ActiveState', 'Result')).toEqual({
          ActiveState: 'active',
          Result: 'success',
        });
        expect(host.show('ipsec-runtime.service', 'ActiveState', 'SubState')).toEqual({
          ActiveState: 'active',
          SubState: 'running',
        });
        expect(host.journal()).not.toMatch(/ordering cycle|Unknown key|Failed to/);
        if (_ === 'first') await host.cut();
      }
    });
    expect(clear).toBe('');
    expect(host.run(...ipsec, 'drift').code).toBe(0);

    put(
      'etc/ipsec/left.conf',
      `${records}add host more -source ${own} -destination 203.0.113.7 -priority 20 -action DISCARD\n`,
    );
    host.must('systemctl', 'reload', 'ipsec-apply.service');
    expect(policies()).toContain('203.0.113.7');
    // Records with errors leave what there is.
    put('etc/ipsec/left.conf', 'add host no -source nowhere\n');
    expect(host.run('systemctl', 'reload', 'ipsec-apply.service').code).not.toBe(0);
    expect(policies()).toContain('203.0.113.7');
    // At the next start they leave what there was last, before the network, and are told of.
    await host.cut();
    namespaces.run('left', 'ip', 'xfrm', 'policy', 'flush');
    namespaces.run('left', 'ip', 'link', 'set', 'wire', 'down');
    expect(await seenInTheClear(namespaces, async () => expect(await host.boot()).toBe('degraded'))).toBe('');
    expect(read('var/lib/ipsec/policies')).toContain('203.0.113.7');
    expect(host.show('ipsec-apply.service', 'ActiveState', 'Result')).toEqual({
      ActiveState: 'failed',
      Result: 'exit-code',
    });
    host.run('systemctl', 'stop', 'ipsec-runtime.service', 'ipsec-runtime.socket', 'ipsec-apply.service');
    expect(policies()).toContain('203.0.113.7');
    host.must(...ipsec, 'rollback', '--auto-approve');
    expect(policies()).not.toContain('203.0.113.7');
  });

  it('the daemon lives as a service, and nothing goes in the clear whatever befalls it', {
    timeout: startMillis,
  }, async () => {
    put('etc/ipsec/left.conf', recordsOf('left'));
    // So that a hang is found out in this test's time.
    put('etc/systemd/system/ipsec-runtime.service.d/test.conf', '[Service]\nWatchdogSec=4\n');
    put('etc/default/ipsec', 'IPSEC_RUNTIME_OPTIONS=--log-level debug\n');
    await installUnits('--data-path', 'userspace');
    const right = await startSide(namespaces, folder, 'right');
    const said = () => `${host.journal().slice(-8000)}\n--- right\n${right.log().slice(-4000)}`;
    const daemon = () =>
      host.show('ipsec-runtime.service', 'ActiveState', 'MainPID', 'NRestarts', 'Result', 'ControlGroup');
    const reaches = () => vi.waitFor(() => expect(pings(namespaces, 'left'), said()).toBeGreaterThan(0), waitMillis);
    /** Signals the daemon and waits until another one is there. */
    const replacedAfter = async (signal: string) => {
      const { MainPID, NRestarts } = daemon();
      host.must('kill', `-${signal}`, MainPID!);
      await vi.waitFor(() => {
        const now = daemon();
        expect(now, said()).toMatchObject({ ActiveState: 'active', NRestarts: `${Number(NRestarts) + 1}` });
        expect(now.MainPID).not.toBe(MainPID);
      }, waitMillis);
    };
    try {
      const clear = await seenInTheClear(namespaces, async () => {
        namespaces.run('left', 'ip', 'link', 'set', 'wire', 'down');
        expect(await host.boot(), said()).toBe('running');
        expect(read('var/lib/ipsec/guard')).toContain('table inet ipsec_runtime');
        await reaches();
        mayDoNoMoreThanItMust(Number(daemon().MainPID));

        await replacedAfter('KILL');
        await reaches();
        await replacedAfter('STOP');
        await reaches();

        const more = 'add host more -source 198.18.1.1 -destination 203.0.113.7 -priority 20 -action DISCARD\n';
        put('etc/ipsec/left.conf', `${recordsOf('left')}${more}`);
        const { MainPID } = daemon();
        host.must('systemctl', 'reload', 'ipsec-runtime.service');
        expect(daemon().MainPID).toBe(MainPID);
        expect(host.must(...ipsec, 'runtime', 'report', 'host')).toContain('203.0.113.7');
        await reaches();

        // Stopped: held back. Whoever asks for it then starts it, and is answered.
        host.must('systemctl', 'stop', 'ipsec-runtime.service');
        await vi.waitFor(async () => expect((await statusOf(right)).ikeSas, said()).toBe(0), waitMillis);
        expect(pings(namespaces, 'left', 1)).toBe(0);
        expect(host.show('ipsec-runtime.socket', 'ActiveState')).toEqual({ ActiveState: 'active' });
        expect(host.must(...ipsec, 'runtime', 'status')).toContain('left');
        expect(daemon(), said()).toMatchObject({ ActiveState: 'active', Result: 'success' });
        await reaches();

        // Records with errors: told once, to the journal and to whoever waits; no daemon, and nothing in the clear.
        put('etc/ipsec/left.conf', `${recordsOf('left')}add host bad -source nowhere\n`);
        expect(host.run('systemctl', 'restart', 'ipsec-runtime.service').code).not.toBe(0);
        expect(daemon()).toMatchObject({ ActiveState: 'failed', Result: 'exit-code' });
        expect(host.journal()).toContain('the records of left have 1 errors');
        expect(pings(namespaces, 'left', 1)).toBe(0);
        expect(host.run(...ipsec, 'runtime', 'status').code, said()).toBe(4);
        put('etc/ipsec/left.conf', recordsOf('left'));
        host.must('systemctl', 'reset-failed', 'ipsec-runtime.service', 'ipsec-runtime.socket');
        host.must('systemctl', 'start', 'ipsec-runtime.service');
        expect(host.show('ipsec-runtime.socket', 'ActiveState')).toEqual({ ActiveState: 'active' });
        await reaches();

        // An address that comes late: tried until it is there.
        const addr = (what: string) =>
          namespaces.run('left', 'ip', 'addr', what, `${ends.left.outer4}/24`, 'dev', 'wire');
        host.must('systemctl', 'stop', 'ipsec-runtime.service');
        addr('del');
        expect(host.run('systemctl', 'start', 'ipsec-runtime.service').code).not.toBe(0);
        expect(daemon(), said()).toMatchObject({ ActiveState: 'activating' });
        expect(namespaces.run('left', 'nft', 'list', 'ruleset')).toContain('table inet ipsec_runtime');
        addr('add');
        await reaches();
        expect(daemon()).toMatchObject({ ActiveState: 'active' });

        // An orderly end tells the peer.
        host.run('systemctl', 'poweroff');
        await host.ended();
        await vi.waitFor(async () => expect((await statusOf(right)).ikeSas, said()).toBe(0), waitMillis);

        // At the next start records with errors leave the guard that was there last.
        put('etc/ipsec/left.conf', `${recordsOf('left')}add host bad -source nowhere\n`);
        namespaces.run('left', 'nft', 'flush', 'ruleset');
        namespaces.run('left', 'ip', 'link', 'set', 'wire', 'down');
        expect(await host.boot(), said()).toBe('degraded');
        expect(read('var/lib/ipsec/guard')).toContain('table inet ipsec_runtime');
        expect(host.show('ipsec-guard.service', 'ActiveState')).toEqual({ ActiveState: 'failed' });
        expect(host.journal()).toContain('what was held back last is held back');
        expect(pings(namespaces, 'left', 1)).toBe(0);
      });
      expect(clear).toBe('');
    } finally {
      await right.stop();
    }
  });

  /** What the units say of rights is what the process has. */
  function mayDoNoMoreThanItMust(inside: number): void {
    const status = host.must('cat', `/proc/${inside}/status`);
    const bits = { dacReadSearch: 2, netBindService: 10, netAdmin: 12, netRaw: 13 };
    const mask = Object.values(bits).reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
    expect(BigInt(`0x${/CapBnd:\s+(\w+)/.exec(status)?.[1]}`)).toBe(mask);
    expect(status).toMatch(/NoNewPrivs:\s+1\n/);
    expect(status).toMatch(/Seccomp:\s+2\n/);
    const mounts = host.must('cat', `/proc/${inside}/mountinfo`);
    expect(mounts).toMatch(/ \/ \/ ro,/);
    expect(mounts).toMatch(/ \/var\/lib\/ipsec rw,/);
  }
});
