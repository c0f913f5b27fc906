/**
 * Two hosts with a NAT between them: left is behind it, right sees the NAT's outer address. The NAT is nf_tables in a namespace of its
 * own, and can be made to forget what it knows, after which it gives other ports.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { endProcess, ends, type Namespaces } from './netns.js';

export interface NattedNamespaces extends Namespaces {
  /** Its mappings end, and the next packet gets another port: the address stays. */
  forget(): void;
  /** Datagrams that came through from left, of so many octets of payload or fewer. */
  shortDatagrams(): number;
}

/** Left's own address, and what right sees of it. */
export const behindNat = { own: '198.19.0.2', seen: ends.left.outer4 } as const;
const inside = '198.19.0.1';

/** Why a NAT cannot be made here; undefined where it can. */
export function natMissing(): string | undefined {
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'nftables is not installed';
  }
}

/** Makes three namespaces, or throws and leaves none. */
export function makeNattedNamespaces(): NattedNamespaces {
  const tag = randomBytes(3).toString('hex');
  const names = { left: `ipsec-${tag}-l`, nat: `ipsec-${tag}-n`, right: `ipsec-${tag}-r` };
  const children = new Set<ChildProcess>();
  let portsFrom = 50_000;
  const ip = (...words: string[]): void => {
    execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const inNat = (program: string, words: readonly string[], input = ''): string =>
    execFileSync('ip', ['netns', 'exec', names.nat, program, ...words], {
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const removeNames = (): void => {
    for (const name of Object.values(names)) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of Object.values(names)) ip('netns', 'add', name);
    ip('link', 'add', 'wire', 'netns', names.left, 'type', 'veth', 'peer', 'name', 'inside', 'netns', names.nat);
    ip('link', 'add', 'outside', 'netns', names.nat, 'type', 'veth', 'peer', 'name', 'wire', 'netns', names.right);
    const address = (where: keyof typeof names, text: string, device: string): void =>
      ip('-n', names[where], 'addr', 'add', text, 'dev', device);
    address('left', `${behindNat.own}/24`, 'wire');
    address('nat', `${inside}/24`, 'inside');
    address('nat', `${behindNat.seen}/24`, 'outside');
    address('right', `${ends.right.outer4}/24`, 'wire');
    for (const side of ['left', 'right'] as const) address(side, `${ends[side].inner4}/24`, 'lo');
    for (const [where, devices] of [
      ['left', ['lo', 'wire']],
      ['nat', ['lo', 'inside', 'outside']],
      ['right', ['lo', 'wire']],
    ] as const)
      for (const device of devices) ip('-n', names[where], 'link', 'set', device, 'up');
    ip('-n', names.left, 'route', 'add', 'default', 'via', inside);
    inNat('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    inNat(
      'nft',
      ['-f', '-'],
      `table ip nat {
  counter short { }
  chain post { type nat hook postrouting priority srcnat; oifname "outside" masquerade random; }
  chain through { type filter hook forward priority 0;
    iifname "inside" udp length 9 counter name short;
  }
}`,
    );
  } catch (error) {
    removeNames();
    throw error;
  }
  return {
    left: names.left,
    right: names.right,
    run: (where, program, ...words) =>
      execFileSync('ip', ['netns', 'exec', names[where], program, ...words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      }),
    start(where, command, options = {}) {
      const child = spawn('ip', ['netns', 'exec', names[where], ...command], { stdio: 'ignore', ...options });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
    forget() {
      portsFrom = portsFrom === 40_000 ? 50_000 : 40_000;
      const ports = `:${portsFrom}-${portsFrom + 9_999}`;
      inNat('nft', ['flush', 'chain', 'ip', 'nat', 'post']);
      inNat('nft', [
        ...['add', 'rule', 'ip', 'nat', 'post', 'oifname', 'outside'],
        ...['meta', 'l4proto', 'udp', 'masquerade', 'to', ports, 'random'],
      ]);
      // With the device, masquerading forgets what went out by it.
      ip('-n', names.nat, 'link', 'set', 'outside', 'down');
      ip('-n', names.nat, 'link', 'set', 'outside', 'up');
    },
    shortDatagrams() {
      const text = inNat('nft', ['list', 'counter', 'ip', 'nat', 'short']);
      return Number(/packets (\d+)/.exec(text)?.[1] ?? 0);
    },
    async remove() {
      await Promise.all([...children].map(endProcess));
      removeNames();
    },
  };
}
