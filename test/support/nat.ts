/**
 * Two hosts with a NAT between them: left is behind it, right sees the NAT's outer address. The NAT is nf_tables in a namespace of its
 * own, and can be made to forget what it knows, after which it gives other ports.
 */
import { execFileSync } from 'node:child_process';
import { ends, makeNamespaceSet, type Namespaces } from './netns.js';

export interface NattedNamespaces extends Namespaces {
  /** Its mappings end, and the next packet gets another port: the address stays. */
  forget(): void;
  /** Datagrams that came through from left, of so many octets of payload or fewer. */
  shortDatagrams(): number;
}

/** Left's own address, and what right sees of it. */
export const behindNat = { own: '198.19.0.2', seen: ends.left.outer4 } as const;
const inside = '198.19.0.1';

const nat = `table ip nat {
  counter short { }
  chain post { type nat hook postrouting priority srcnat; oifname "outside" masquerade random; }
  chain through { type filter hook forward priority 0;
    iifname "inside" udp length 9 counter name short;
  }
}`;

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
  let portsFrom = 50_000;
  const { names, run, start, remove } = makeNamespaceSet(['left', 'nat', 'right'], (made, ip) => {
    ip('link', 'add', 'wire', 'netns', made.left, 'type', 'veth', 'peer', 'name', 'inside', 'netns', made.nat);
    ip('link', 'add', 'outside', 'netns', made.nat, 'type', 'veth', 'peer', 'name', 'wire', 'netns', made.right);
    const address = (where: keyof typeof made, text: string, device: string): void =>
      ip('-n', made[where], 'addr', 'add', text, 'dev', device);
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
      for (const device of devices) ip('-n', made[where], 'link', 'set', device, 'up');
    ip('-n', made.left, 'route', 'add', 'default', 'via', inside);
    ip('netns', 'exec', made.nat, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
    ip('netns', 'exec', made.nat, 'nft', nat);
  });
  const inNat = (program: string, ...words: string[]): string => run('nat', program, ...words);
  return {
    left: names.left,
    right: names.right,
    run,
    start,
    remove,
    forget() {
      portsFrom = portsFrom === 40_000 ? 50_000 : 40_000;
      const ports = `:${portsFrom}-${portsFrom + 9_999}`;
      inNat('nft', 'flush', 'chain', 'ip', 'nat', 'post');
      inNat(
        'nft',
        ...['add', 'rule', 'ip', 'nat', 'post', 'oifname', 'outside'],
        ...['meta', 'l4proto', 'udp', 'masquerade', 'to', ports, 'random'],
      );
      // With the device, masquerading forgets what went out by it.
      inNat('ip', 'link', 'set', 'outside', 'down');
      inNat('ip', 'link', 'set', 'outside', 'up');
    },
    shortDatagrams() {
      const text = inNat('nft', 'list', 'counter', 'ip', 'nat', 'short');
      return Number(/packets (\d+)/.exec(text)?.[1] ?? 0);
    },
  };
}
