/** What policy protects never goes or comes in the clear: while the runtime starts, runs, dies, and starts again. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SystemWords } from './lab/description.js';
import { inner, inner6, type Lab, makeLab, missingForLab, other, outer, outer6, type Side } from './lab/lab.js';

const missing = missingForLab('ping', 'nft', 'tcpdump');
let lab: Lab | undefined;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

const suite = { encryption: 'AES-GCM-16-128' } as const;

/** The inside is protected by a tunnel, port 7777 of the outside discarded, the rest goes in the clear. */
function systemOf(side: Side, more: Partial<SystemWords> = {}): SystemWords {
  const ends = { local: outer[side], remote: outer[other(side)] };
  return {
    name: side,
    addresses: [outer[side], inner[side], outer6[side], inner6[side]],
    spd: [
      {
        name: 'inside',
        local: inner[side],
        remote: inner[other(side)],
        action: [{ ...suite, ...ends, mode: 'tunnel' }],
      },
      {
        name: 'inside6',
        local: inner6[side],
        remote: inner6[other(side)],
        action: [{ ...suite, ...ends, mode: 'tunnel' }],
      },
      { name: 'no', ...ends, protocol: 17, remotePort: 7777, action: 'DISCARD' },
      { name: 'no-in', ...ends, protocol: 17, localPort: 7777, action: 'DISCARD' },
      { name: 'rest', action: 'BYPASS' },
    ],
    ...more,
  };
}

const sas = (side: Side, inUdp = true) => {
  const [sent, received] = side === 'left' ? [1, 2] : [2, 1];
  const about = { ...suite, mode: 'tunnel', local: outer[side], remote: outer[other(side)], inUdp } as const;
  return [
    { ...about, direction: 'outbound', spi: 0x1000 + sent, keySeed: sent },
    { ...about, direction: 'inbound', spi: 0x1000 + received, keySeed: received },
  ] as const;
};

const insidePing = (made: Lab, side: Side = 'left') =>
  made.attempt(side, 'ping', '-c', '2', '-i', '0.1', '-W', '1', inner[other(side)]);
const insidePing6 = (made: Lab, side: Side = 'left') =>
  made.attempt(side, 'ping', '-c', '2', '-i', '0.1', '-W', '1', inner6[other(side)]);
const outsidePing = (made: Lab) => made.attempt('left', 'ping', '-c', '1', '-W', '2', outer.right);

/** Packets with inside addresses that are seen on the wire while something is done. */
async function seenInTheClear(made: Lab, act: () => void | Promise<void>): Promise<string> {
  const filter = `host ${inner.left} or host ${inner.right} or host ${inner6.left} or host ${inner6.right} or (udp port 7777)`;
  const watcher = made.start('right', 'tcpdump', '-n', '-l', '-i', 'wire0', filter);
  let seen = '';
  watcher.stdout.on('data', (text) => {
    seen += text;
  });
  await new Promise<void>((done) => watcher.stderr.on('data', (text) => `${text}`.includes('listening') && done()));
  await act();
  await new Promise((done) => setTimeout(done, 300));
  watcher.kill('SIGINT');
  await new Promise((done) => watcher.once('exit', done));
  return seen.trim();
}

describe.skipIf(missing)(`no leak${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('nothing is protected before, everything that should be while it runs', async () => {
    const made = makeLab();
    lab = made;
    expect(await seenInTheClear(made, () => void insidePing(made))).toContain('ICMP echo request');
    const left = await made.dataPath('left');
    await left.start(systemOf('left'));
    const seen = await seenInTheClear(made, () => {
      expect(insidePing(made).ok).toBe(false);
      expect(insidePing6(made).ok).toBe(false);
      expect(made.attempt('left', 'bash', '-c', `echo x > /dev/udp/${outer.right}/7777`).ok).toBe(true);
    });
    expect(seen).toBe('');
    expect(outsidePing(made).ok).toBe(true);
    expect(await left.event('acquire')).toMatchObject({ name: 'inside' });
    await left.tell({ do: 'stop' });
    expect(insidePing(made).ok).toBe(true);
    expect(existsSync(path.join(left.stateDir, 'data-path.json'))).toBe(false);
  });

  it('a killed runtime leaves protected packets without a way, and cleaning up gives it back', async () => {
    const made = makeLab();
    lab = made;
    const [left, right] = [await made.dataPath('left'), await made.dataPath('right')];
    await left.start(systemOf('left'));
    await right.start(systemOf('right'));
    await left.tell({ do: 'install', sas: [...sas('left')] });
    await right.tell({ do: 'install', sas: [...sas('right')] });
    expect([insidePing(made).ok, insidePing6(made).ok]).toEqual([true, true]);
    const seen = await seenInTheClear(made, async () => {
      left.process.kill('SIGKILL');
      await left.ended();
      expect(insidePing(made).ok).toBe(false);
      expect(insidePing6(made).ok).toBe(false);
      // Whatever becomes of the routing: the guard stands.
      made.run('left', 'ip', 'rule', 'del', 'pref', '4501');
      expect(insidePing(made).ok).toBe(false);
    });
    expect(seen).toBe('');
    expect(outsidePing(made).ok).toBe(true);
    const cleaner = await made.dataPath('left');
    expect(await cleaner.tell({ do: 'clean-up', stateDir: left.stateDir })).toBe(true);
    expect(await cleaner.tell({ do: 'clean-up', stateDir: left.stateDir })).toBe(false);
    expect(made.run('left', 'ip', 'rule')).not.toContain('450');
    expect(made.run('left', 'ip', '-6', 'rule')).not.toContain('450');
    expect(made.attempt('left', 'ip', 'route', 'show', 'table', '4500').text).not.toContain('unreachable');
    expect(made.run('left', 'nft', 'list', 'ruleset')).toBe('');
  });

  it('without the guard, routes that lead nowhere keep back what would go out', async () => {
    const made = makeLab();
    lab = made;
    const left = await made.dataPath('left');
    await left.start(systemOf('left'), { guard: 'none' });
    expect(outsidePing(made).ok).toBe(true);
    const seen = await seenInTheClear(made, async () => {
      expect(insidePing(made).ok).toBe(false);
      left.process.kill('SIGKILL');
      await left.ended();
      expect(insidePing(made).text).toMatch(/No route to host/);
      expect(insidePing6(made).ok).toBe(false);
    });
    expect(seen).toBe('');
    const cleaner = await made.dataPath('left');
    expect(await cleaner.tell({ do: 'clean-up', stateDir: left.stateDir })).toBe(true);
    expect([insidePing(made).ok, insidePing6(made).ok]).toEqual([true, true]);
    expect(made.attempt('left', 'ip', 'route', 'show', 'table', '4500').text).not.toContain('unreachable');
  });

  it('a start after a kill takes over what is left, without a gap', async () => {
    const made = makeLab();
    lab = made;
    const first = await made.dataPath('left');
    await first.start(systemOf('left'));
    first.process.kill('SIGKILL');
    await first.ended();
    const seen = await seenInTheClear(made, async () => {
      // All the while somebody tries to get through.
      const knock = `while :; do ping -n -c 1 -W 0.2 ${inner.right}; sleep 0.01; done`;
      const knocking = made.start('left', 'bash', '-c', knock);
      knocking.stdout.resume();
      knocking.stderr.resume();
      const second = await made.dataPath('left');
      await second.start(systemOf('left'));
      await second.tell({ do: 'reconfigure', system: systemOf('left', { name: 'other' }) });
      await second.tell({ do: 'stop', keepBlocked: true });
      await new Promise((done) => setTimeout(done, 200));
      knocking.kill('SIGKILL');
      await new Promise((done) => knocking.once('exit', done));
    });
    expect(seen).toBe('');
    const third = await made.dataPath('left');
    expect(await third.tell({ do: 'clean-up', stateDir: first.stateDir })).toBe(true);
    expect(insidePing(made).ok).toBe(true);
  });

  it('a start that fails leaves blocked what was blocked, and nothing where nothing was', async () => {
    const made = makeLab();
    lab = made;
    const first = await made.dataPath('left');
    await first.start(systemOf('left'));
    first.process.kill('SIGKILL');
    await first.ended();
    const seen = await seenInTheClear(made, async () => {
      const second = await made.dataPath('left');
      await second.start(systemOf('left'));
      // What a daemon does whose port is taken, say.
      await second.tell({ do: 'stop', keepBlocked: 'as-before' });
      expect(insidePing(made).ok).toBe(false);
    });
    expect(seen).toBe('');
    const third = await made.dataPath('left');
    expect(await third.tell({ do: 'clean-up', stateDir: first.stateDir })).toBe(true);
    await third.start(systemOf('left'));
    await third.tell({ do: 'stop', keepBlocked: 'as-before' });
    expect(insidePing(made).ok).toBe(true);
  });

  it('a guard that somebody flushes comes back, and is told of', async () => {
    const made = makeLab();
    lab = made;
    const left = await made.dataPath('left');
    const system = systemOf('left');
    // With the chains for forwarded packets too.
    made.run('left', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    await left.start({ ...system, forwardSpd: system.spd }, { guardCheckMillis: 200, forwards: true });
    made.run('left', 'nft', 'flush', 'ruleset');
    expect(await left.event('fault')).toMatchObject({ fatal: false, text: expect.stringContaining('guard') });
    const whole = made.run('left', 'nft', 'list', 'ruleset');
    expect(whole).toContain('table inet ipsec_runtime');
    // The chains stay, and have no rules any more: all of them, then one.
    for (const flushed of [['table'], ['chain', 'into']]) {
      const [what = '', ...chain] = flushed;
      made.run('left', 'nft', 'flush', what, 'inet', 'ipsec_runtime', ...chain);
      await expect.poll(() => made.run('left', 'nft', 'list', 'ruleset'), { timeout: 10_000 }).toBe(whole);
    }
    // What is whole is left alone: rules that are put there anew have other numbers.
    const numbered = made.run('left', 'nft', '-a', 'list', 'ruleset');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(made.run('left', 'nft', '-a', 'list', 'ruleset')).toBe(numbered);
    await left.tell({ do: 'stop' });
    expect(made.run('left', 'nft', 'list', 'ruleset')).toBe('');
  });

  it('what comes in the clear is refused, what comes protected is not', async () => {
    const made = makeLab();
    lab = made;
    const right = await made.dataPath('right');
    await right.start(systemOf('right'));
    // The other side knows nothing of IPsec: its packets arrive, and are not answered.
    const seen = await seenInTheClear(made, () => {
      expect(insidePing(made).ok).toBe(false);
      expect(insidePing6(made).ok).toBe(false);
    });
    expect(seen).toContain('ICMP echo request');
    expect(seen).not.toContain('ICMP echo reply');
    expect(outsidePing(made).ok).toBe(true);
  });

  it('a second runtime is refused, and so is a table of somebody else', async () => {
    const made = makeLab();
    lab = made;
    const first = await made.dataPath('left');
    await first.start(systemOf('left'));
    const second = await made.dataPath('left');
    const names = { tun: 'ipsec1', ikePorts: { ike: 501, natTraversal: 4501 } };
    await expect(second.start(systemOf('left'), { names })).rejects.toMatchObject({ code: 'RUNNING' });
    await expect(second.start(systemOf('left'), { names, stateDir: `${made.folder}/else` })).rejects.toMatchObject({
      code: 'TAKEN',
    });
    await expect(second.start(systemOf('left'), { stateDir: `${made.folder}/else` })).rejects.toMatchObject({
      code: 'EBUSY',
    });
    await first.tell({ do: 'stop' });
    expect(insidePing(made).ok).toBe(true);
  });

  it('strict reverse path filtering is refused, and nothing is left', async () => {
    const made = makeLab();
    lab = made;
    made.run('left', 'sysctl', '-qw', 'net.ipv4.conf.wire0.rp_filter=1');
    const left = await made.dataPath('left');
    await expect(left.start(systemOf('left'))).rejects.toMatchObject({ code: 'RP_FILTER' });
    expect(made.run('left', 'nft', 'list', 'ruleset')).toBe('');
    expect(insidePing(made).ok).toBe(true);
  });

  it('a process that exits without stopping ends at once, and leaves everything blocked', async () => {
    const made = makeLab();
    lab = made;
    const left = await made.dataPath('left');
    await left.start(systemOf('left'));
    void left.tell({ do: 'exit' }).catch(() => {});
    expect(await left.ended()).toBe(7);
    expect(insidePing(made).ok).toBe(false);
  });
});
