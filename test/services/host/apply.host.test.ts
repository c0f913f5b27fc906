/** `ipsec apply` and its companions on a real kernel: bad cases, and streams of packets meanwhile. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endProcess, namespacesMissing } from '../../support/netns.js';
import { builtPrograms, type RealHost, realHost, recordTexts, withoutIndex } from './real-host.js';

const missing = namespacesMissing();
if (missing !== undefined) console.log(`skipped: ${missing}`);

const { small, large } = recordTexts;

describe.skipIf(missing !== undefined)('on a real kernel', () => {
  let host: RealHost;

  beforeAll(async () => {
    await builtPrograms();
  }, 300_000);

  beforeEach(async () => {
    host = await realHost();
  });

  afterEach(() => host?.remove());

  const apply = (text: string) => host.apply(text);

  it('leaves what others made alone, and tells of it', async () => {
    host.namespace.shell('ip xfrm policy add src 10.0.0.1 dst 10.9.0.1 proto tcp dir out priority 7 action block');
    const foreign = host.policies();
    await apply(large);
    const shown = await host.ipsec(['plan', host.records(small)]);
    expect(shown.stdout).toContain('of others');
    await apply('');
    expect(host.policies()).toEqual(foreign);
  });

  it('stops where others have the very policy, and goes on when it was adopted', async () => {
    host.namespace.shell('ip xfrm policy add src 10.0.0.1 dst 10.0.0.0/8 dir out priority 7');
    const records = host.records(small);
    const refused = await host.ipsec(['apply', records, '--auto-approve']);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('ipsec state adopt') });
    expect((await host.ipsec(['state', 'adopt', records])).code).toBe(0);
    expect((await host.ipsec(['apply', records, '--auto-approve'])).code).toBe(0);
    expect(host.policies().filter((policy) => policy.includes('action block')).length).toBe(2);
    await apply('');
    expect(host.policies()).toEqual([]);
  });

  it('says that ESP is missing before anything is touched', async () => {
    const secured = host.records(
      'add host a -source 10.0.0.1 -destination 10.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1\n',
    );
    const doctor = JSON.parse((await host.ipsec(['doctor', '--json'])).stdout);
    const hasEsp = doctor.checks.some(
      ({ name, status }: { name: string; status: string }) => name === 'protocols' && status === 'ok',
    );
    const run = await host.ipsec(['apply', secured, '--auto-approve']);
    if (hasEsp) expect(run.code).toBe(0);
    else {
      expect(run).toMatchObject({
        code: 4,
        stderr: expect.stringContaining("host 'a' names what this kernel has not"),
      });
      expect(host.policies()).toEqual([]);
    }
  });

  it('where nothing can be tried beforehand, what the kernel lacks is told by its refusal, and the change is undone', async () => {
    const keys = `-in ESP/2500101/0x${'31'.repeat(20)}/0x${'32'.repeat(16)} -out ESP/2500202/0x${'33'.repeat(20)}/0x${'34'.repeat(16)}`;
    const manual = host.records(
      `${small}add host a -source 10.0.0.1 -destination 10.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1 ${keys}\n`,
    );
    await host.apply(small);
    const before = host.policies();
    // Without it no namespace can be made in which to try.
    const untried = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    const run = await host.ipsec(['apply', manual, '--auto-approve'], untried);
    const hasEsp = run.code === 0;
    if (!hasEsp) {
      expect(run).toMatchObject({
        code: 5,
        stdout: expect.stringMatching(/host is as before: adding an SA of host 'a'/),
      });
      expect(host.policies()).toEqual(before);
      expect((await host.ipsec(['drift'])).code).toBe(0);
    }
  });

  it('without the privilege: says so, and reads or changes nothing', async () => {
    const bare = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const records = host.records(small);
    for (const args of [['plan', records], ['apply', records, '--auto-approve'], ['drift']]) {
      const run = await host.ipsec(args, bare);
      expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining('CAP_NET_ADMIN') });
    }
    expect(host.policies()).toEqual([]);
    // Text can be had everywhere.
    const emitted = await host.ipsec(['apply', records, '--emit', 'ip-batch', '--assume-empty'], bare);
    expect(emitted).toMatchObject({ code: 0, stdout: expect.stringContaining('xfrm policy add src') });
  });

  it('puts back what was applied last where the records cannot be, for the start of the machine', async () => {
    const words = (records: string) => ['apply', records, '--auto-approve', '--else-last', '--quiet'];
    const faulty = host.records('add host no -source nowhere -priority 1 -action DISCARD\n');
    expect(await host.ipsec(words(faulty))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was ever applied that could be put back'),
    });
    expect(host.policies()).toEqual([]);
    await apply(small);
    const before = withoutIndex(host.policies());
    expect((await host.ipsec(words(faulty))).stderr).toContain('what was applied last is in place');
    host.namespace.shell('ip xfrm policy flush');
    expect(await host.ipsec(words(faulty))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/what was applied last is put back: \d+ steps/),
    });
    expect(withoutIndex(host.policies())).toEqual(before);
    // Records that are not there at all, and those that the host refuses.
    host.namespace.shell('ip xfrm policy flush');
    expect((await host.ipsec(words('/nonexistent/records'))).code).toBe(2);
    expect(withoutIndex(host.policies())).toEqual(before);
    host.namespace.shell('ip xfrm policy flush; ip xfrm policy add src 10.0.0.1 dst 10.0.0.0/8 dir out priority 7');
    const inTheWay = host.records(small);
    expect(await host.ipsec(words(inTheWay))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('could not be put back'),
    });
  });

  it('what --emit writes, ip(8) takes', async () => {
    const emitted = await host.ipsec(['apply', host.records(small), '--emit', 'ip-batch']);
    expect(host.policies()).toEqual([]);
    const file = path.join(host.folder, 'batch');
    writeFileSync(file, emitted.stdout);
    host.namespace.shell(`ip -batch ${file}`);
    const byIp = host.policies();
    host.namespace.shell('ip xfrm policy flush');
    await apply(small);
    expect(host.policies()).toEqual(byIp);
  });

  it('does the same by ip(8) as by netlink', async () => {
    await apply(small);
    const byNetlink = host.policies();
    await apply('');
    const means = ['--means', 'ip'];
    const run = await host.ipsec(['apply', host.records(small), '--auto-approve', ...means]);
    expect(run).toMatchObject({ code: 0 });
    expect(withoutIndex(host.policies())).toEqual(withoutIndex(byNetlink));
    expect((await host.ipsec(['drift', ...means])).code).toBe(0);
    expect((await host.ipsec(['rollback', '--auto-approve', ...means])).code).toBe(0);
    expect(host.policies()).toEqual([]);
    // Ranges of ports it cannot say, and says so before it does anything.
    const ranges = await host.ipsec(['apply', host.records(large), '--auto-approve', ...means]);
    expect(ranges).toMatchObject({ code: 4, stderr: expect.stringContaining('is a range') });
    expect(host.policies()).toEqual([]);
  });

  it('two at once: one of them is told that it must wait', async () => {
    const [first, second] = [host.records(large), host.records(small)];
    const runs = await Promise.all([
      host.ipsec(['apply', first, '--auto-approve', '--lock-timeout', '0']),
      host.ipsec(['apply', second, '--auto-approve', '--lock-timeout', '0']),
      host.ipsec(['apply', first, '--auto-approve', '--lock-timeout', '0']),
    ]);
    for (const { code, stderr } of runs) {
      expect([0, 4]).toContain(code);
      if (code === 4) expect(stderr).toContain('another ipsec is changing this host');
    }
    expect((await host.ipsec(['drift'])).code).toBe(0);
  });

  it('with a full disk nothing is done', async () => {
    await apply(small);
    const before = host.policies();
    const saved = readFileSync(path.join(host.stateDir, 'state.jsonl'), 'utf8');
    mkdirSync(host.stateDir, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', host.stateDir]);
    try {
      writeFileSync(path.join(host.stateDir, 'state.jsonl'), saved);
      for (let size = 65536; size >= 1; size = Math.floor(size / 2)) {
        try {
          writeFileSync(path.join(host.stateDir, `fill-${size}`), Buffer.alloc(size));
        } catch {
          // Fuller it does not get by this much.
        }
      }
      const run = await host.ipsec(['apply', host.records(large), '--auto-approve']);
      expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining('ENOSPC') });
      expect(host.policies()).toEqual(before);
      expect(readFileSync(path.join(host.stateDir, 'state.jsonl'), 'utf8')).toBe(saved);
    } finally {
      execFileSync('umount', [host.stateDir]);
    }
    expect((await host.ipsec(['drift'])).code).toBe(0);
  });

  it('lets no closed packet through and holds no open one up for long, in either direction, whatever is done meanwhile', async () => {
    const peer = await realHost();
    try {
      host.namespace.shell(`ip link add wire type veth peer name wire netns ${peer.namespace.name}
        ip addr add 10.0.0.1/8 dev wire; ip link set wire up`);
      peer.namespace.shell('ip addr add 10.0.0.2/8 dev wire; ip link set wire up');
      /** Port 1000 is closed in all of these, port 2000 open, each for another reason. */
      const states = [
        `add host open -source 10.0.0.1 -destination 10.0.0.2/32/2000 -protocol UDP -priority 10 -action PASS
add host closed -source 10.0.0.1 -destination 10.0.0.0/8 -priority 20 -action DISCARD
`,
        `add host closed -source 10.0.0.1 -destination 10.0.0.2/32/1000 -protocol UDP -priority 10 -action DISCARD
add host open -source 10.0.0.1 -destination 10.0.0.0/8 -protocol UDP -priority 20 -action PASS
`,
        `add host open -source 10.0.0.1 -destination 10.0.0.2/32/2000 -protocol UDP -priority 10 -action PASS
add host other -source 10.0.0.1 -destination 10.0.0.2 -protocol TCP -priority 15 -action PASS
add host closed -source 10.0.0.1 -destination 10.0.0.2/32/1000-1003 -protocol UDP -priority 30 -action DISCARD
add host default -action DISCARD
`,
        `add host closed -source 10.0.0.1 -destination 10.0.0.0/8 -protocol UDP -priority 40 -action DISCARD
add host open -source 10.0.0.1 -destination 10.0.0.2/32/2000-2001 -protocol UDP -priority 30 -action PASS
`,
      ];
      const files = states.map((text) => host.records(text));
      const run = async (...args: readonly string[]) =>
        expect((await host.ipsec([...args, '--auto-approve'])).code).toBe(0);
      await run('apply', files[0]!);
      const streams = [host.namespace.name, peer.namespace.name].map((name) =>
        startStream(name, path.join(host.folder, `count-${name}`)),
      );
      try {
        for (let round = 0; round < 2; round += 1) {
          for (const file of [...files.slice(1), files[0]!]) await run('apply', file);
          await run('rollback');
          await run('rollback', '2');
          // Others are in the way of the last policies: it fails in the middle and is undone.
          const theirs = 'src 10.0.0.1/32 dst 10.0.0.2/32 proto tcp dir out';
          const failed = await host.disturbed(1, `ip xfrm policy add ${theirs} action block`, 'apply', files[2]!);
          expect(failed).toMatchObject({ kind: 'undone', why: expect.stringContaining('EEXIST') });
          host.namespace.shell(`ip xfrm policy delete ${theirs}`);
          // Killed in the middle, and taken back or finished.
          await host.dies(2 + round, 'apply', files[2]!);
          if (round === 0) await run('rollback');
          else expect((await host.ipsec(['apply', '--resume'])).code).toBe(0);
        }
        await sleep(300);
      } finally {
        for (const { child } of streams) await endProcess(child);
      }
      for (const { file } of streams) {
        const { closed, open, sent } = JSON.parse(readFileSync(file, 'utf8'));
        expect(closed).toBe(0);
        expect(sent).toBeGreaterThan(500);
        // Seen as reply or request by the other end: the stream ran all the while.
        expect(open).toBeGreaterThan(sent / 4);
      }
    } finally {
      peer.remove();
    }
  });
});

/** Sends to both ports of the other end, from those ports, all the time, and counts what comes. */
function startStream(namespace: string, file: string) {
  const code = `
    const dgram = require('node:dgram'); const fs = require('node:fs');
    const counts = { closed: 0, open: 0, sent: 0 };
    const own = process.argv[1]; const other = own === '10.0.0.1' ? '10.0.0.2' : '10.0.0.1';
    const sockets = [1000, 2000].map((port) => {
      const socket = dgram.createSocket('udp4').bind(port, own);
      socket.on('message', () => { counts[port === 1000 ? 'closed' : 'open'] += 1; });
      socket.on('error', () => {});
      return [socket, port];
    });
    setInterval(() => {
      for (const [socket, port] of sockets) socket.send('x', port, other, () => {});
      counts.sent += 1;
      // By a rename: the end may come in the middle of writing.
      if (counts.sent % 20 === 0) {
        fs.writeFileSync(process.argv[2] + '.new', JSON.stringify(counts));
        fs.renameSync(process.argv[2] + '.new', process.argv[2]);
      }
    }, 1);`;
  return { child: spawnIn(namespace, code, file), file };
}

function spawnIn(namespace: string, code: string, file: string) {
  const address = execFileSync('ip', ['-n', namespace, '-4', '-o', 'addr', 'show', 'dev', 'wire'], {
    encoding: 'utf8',
  });
  const own = /inet (\S+)\//.exec(address)![1]!;
  return spawn('ip', ['netns', 'exec', namespace, process.execPath, '-e', code, own, file], { stdio: 'ignore' });
}
