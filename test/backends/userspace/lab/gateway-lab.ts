/**
 * Two gateways with a host behind each and a router between them:
 *
 *   leftHost ── left (gateway) ── router ── right (gateway) ── rightHost
 *
 * The gateways and their addresses are those of the lab; the link between router and right can be narrower than the others.
 */
import { execFileSync } from 'node:child_process';
import { type Lab, makeLab, outer, outer6, type Side } from './lab.js';

export const behind = { left: '10.91.1.2', right: '10.91.2.2' } as const;
export const behind6 = { left: '2001:db8:91:1::2', right: '2001:db8:91:2::2' } as const;
export const networks = { left: '10.91.1.0/24', right: '10.91.2.0/24' } as const;
export const networks6 = { left: '2001:db8:91:1::/64', right: '2001:db8:91:2::/64' } as const;
/** The gateways' addresses towards the hosts. */
export const gateway = { left: '10.91.1.1', right: '10.91.2.1' } as const;
const gateway6 = { left: '2001:db8:91:1::1', right: '2001:db8:91:2::1' } as const;
const router = '198.18.0.254';
const router6 = '2001:db8::fe';

export interface GatewayLab extends Lab {
  /** Runs a program on the host behind a side, or on the router, and gives what it printed, also when it fails. */
  on(where: Side | 'router', ...words: readonly string[]): { readonly ok: boolean; readonly text: string };
  /** Names of the namespaces beyond those of the lab. */
  readonly host: Readonly<Record<Side, string>>;
  readonly router: string;
}

/** Makes it, with so many octets on the link between router and right. */
export function makeGatewayLab({ mtu = 1500 }: { readonly mtu?: number } = {}): GatewayLab {
  const lab = makeLab();
  const base = lab.namespace.left.slice(0, -1);
  const host = { left: `${base}lh`, right: `${base}rh` } as const;
  const middle = `${base}m`;
  const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const inside = (name: string, ...words: readonly string[]) => ip('netns', 'exec', name, ...words);
  for (const name of [host.left, host.right, middle]) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('-n', lab.namespace.left, 'link', 'del', 'wire0');
  for (const side of ['left', 'right'] as const) {
    const own = lab.namespace[side];
    const other = side === 'left' ? 'right' : 'left';
    ip('link', 'add', 'wire0', 'netns', own, 'type', 'veth', 'peer', 'name', side, 'netns', middle);
    const octets = side === 'right' ? `${mtu}` : '1500';
    ip('-n', own, 'link', 'set', 'wire0', 'mtu', octets, 'up');
    ip('-n', middle, 'link', 'set', side, 'mtu', octets, 'up');
    ip('-n', own, 'addr', 'add', `${outer[side]}/32`, 'dev', 'wire0');
    ip('-n', own, '-6', 'addr', 'add', `${outer6[side]}/128`, 'dev', 'wire0', 'nodad');
    // ARP answers for every address of a host, neighbour discovery for those of the interface.
    if (side === 'left') ip('-n', middle, 'addr', 'add', `${router}/32`, 'dev', side);
    ip('-n', middle, '-6', 'addr', 'add', `${router6}/128`, 'dev', side, 'nodad');
    ip('-n', middle, 'route', 'add', outer[side], 'dev', side);
    ip('-n', middle, '-6', 'route', 'add', outer6[side], 'dev', side);
    ip('-n', own, 'route', 'add', router, 'dev', 'wire0', 'src', outer[side]);
    ip('-n', own, '-6', 'route', 'add', router6, 'dev', 'wire0', 'src', outer6[side]);
    ip('-n', own, 'route', 'add', outer[other], 'via', router, 'src', outer[side]);
    ip('-n', own, '-6', 'route', 'add', outer6[other], 'via', router6, 'src', outer6[side]);
    ip('link', 'add', 'behind0', 'netns', own, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host[side]);
    ip('-n', own, 'addr', 'add', `${gateway[side]}/24`, 'dev', 'behind0');
    ip('-n', own, '-6', 'addr', 'add', `${gateway6[side]}/64`, 'dev', 'behind0', 'nodad');
    ip('-n', own, 'link', 'set', 'behind0', 'up');
    ip('-n', host[side], 'addr', 'add', `${behind[side]}/24`, 'dev', 'eth0');
    ip('-n', host[side], '-6', 'addr', 'add', `${behind6[side]}/64`, 'dev', 'eth0', 'nodad');
    ip('-n', host[side], 'link', 'set', 'eth0', 'up');
    ip('-n', host[side], 'route', 'add', 'default', 'via', gateway[side]);
    ip('-n', host[side], '-6', 'route', 'add', 'default', 'via', gateway6[side]);
    // Without IPsec the packets would find their way in the clear, which is what must not happen.
    ip('-n', own, 'route', 'add', networks[other], 'via', router);
    ip('-n', own, '-6', 'route', 'add', networks6[other], 'via', router6);
    ip('-n', middle, 'route', 'add', networks[side], 'via', outer[side], 'dev', side, 'onlink');
    ip('-n', middle, '-6', 'route', 'add', networks6[side], 'via', outer6[side], 'dev', side, 'onlink');
  }
  for (const name of [lab.namespace.left, lab.namespace.right, middle]) {
    inside(name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    // Answers of routers must not be rationed in a test that asks for many.
    inside(name, 'sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
  }
  return {
    ...lab,
    host,
    router: middle,
    on(where, ...words) {
      const name = where === 'router' ? middle : host[where];
      try {
        const text = execFileSync('ip', ['netns', 'exec', name, ...words], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 60_000,
        });
        return { ok: true, text };
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
        return { ok: false, text: `${stdout}${stderr}` };
      }
    },
    async close() {
      await lab.close();
      for (const name of [host.left, host.right, middle]) ip('netns', 'del', name);
    },
  };
}
