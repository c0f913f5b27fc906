import { describe, expect, it } from 'vitest';
import { parseAddress, prefixRange } from '../../src/model/address.js';
import { type Narrowing, narrow } from '../../src/model/narrow.js';
import type { Packet } from '../../src/model/packet.js';
import { mirrorProxyIds, proxyIds, sameProxyIds } from '../../src/model/proxy-ids.js';
import { anyPort, type Box, fullBox, type Interval, type Region } from '../../src/model/selector/box.js';
import { formatBox } from '../../src/model/selector/format-box.js';
import {
  formatSelector,
  type SelectorLists,
  selectorLists,
  type TrafficSelector,
} from '../../src/model/traffic-selector.js';

function range(text: string): TrafficSelector['range'] {
  const [from = '', to] = text.split('-');
  const [base = '', length] = from.split('/');
  const address = parseAddress(base)!;
  if (to) return { family: address.family, first: address.value, last: parseAddress(to)!.value };
  return prefixRange(address, length === undefined ? (address.family === 4 ? 32 : 128) : Number(length));
}

/** `10.0.0.0/8`, `10.0.0.0/8 6`, `10.0.0.1 6 23`, `10.0.0.1 6 1024-2048`. */
function ts(text: string): TrafficSelector {
  const [address = '', protocol = '0', ports] = text.split(' ');
  const [lo, hi = lo] = (ports ?? '0-65535').split('-').map(Number);
  return { range: range(address), protocol: Number(protocol), ports: { lo: lo!, hi: hi! } };
}

const lists = (local: string[], remote: string[]): SelectorLists => ({ local: local.map(ts), remote: remote.map(ts) });

function box(local: string, remote: string, protocol?: number, x: Interval = anyPort, y: Interval = anyPort): Box {
  const [ours, theirs] = [range(local), range(remote)];
  return {
    ...fullBox(ours.family),
    local: { lo: ours.first, hi: ours.last },
    remote: { lo: theirs.first, hi: theirs.last },
    ...(protocol === undefined ? {} : { protocol: { lo: protocol, hi: protocol } }),
    x,
    y,
  };
}

function narrowed(result: Narrowing): Extract<Narrowing, { kind: 'narrowed' }> {
  if (result.kind !== 'narrowed') throw new Error(`unacceptable: ${result.why}`);
  return result;
}

const shown = ({ local, remote }: SelectorLists) => ({
  local: local.map(formatSelector),
  remote: remote.map(formatSelector),
});
const boxes = (region: Region | undefined) => region?.map(formatBox);

describe('narrow (RFC 7296 §2.9)', () => {
  it('takes the whole when the policy allows it', () => {
    const proposed = lists(['10.2.0.0/24'], ['10.1.0.0/24']);
    const result = narrowed(narrow(proposed, [box('10.2.0.0/16', '10.1.0.0/16')]));
    expect(result).toMatchObject({ whole: true, keepsFirst: true, additionalPossible: false });
    expect(result.lists).toEqual(proposed);
    expect(result.loss.proposed).toEqual([]);
    expect(boxes(result.loss.allowed)!.length).toBeGreaterThan(0);
  });

  it('narrows to what both have, and tells what either side lost', () => {
    const result = narrowed(narrow(lists(['10.2.0.0/16'], ['10.1.0.0/16']), [box('10.2.0.0/24', '10.1.0.0/16')]));
    expect(result.whole).toBe(false);
    expect(shown(result.lists)).toEqual({ local: ['10.2.0.0/24'], remote: ['10.1.0.0/16'] });
    expect(boxes(result.loss.proposed)).toEqual(['10.2.1.0-10.2.255.255 <-> 10.1.0.0/16']);
    expect(result.loss.allowed).toEqual([]);
  });

  it('keeps the first selectors, those of the packet', () => {
    const proposed = lists(['10.2.0.7 6 23', '10.2.0.0/16'], ['10.1.0.9 6 40000', '10.1.0.0/16']);
    const result = narrowed(narrow(proposed, [box('10.2.0.0/24', '10.1.0.0/16')]));
    expect(result.keepsFirst).toBe(true);
    expect(shown(result.lists)).toEqual({ local: ['10.2.0.0/24'], remote: ['10.1.0.0/16'] });
    const other = narrowed(narrow(proposed, [box('10.2.1.0/24', '10.1.0.0/16')]));
    expect(other.keepsFirst).toBe(false);
  });

  it('chooses one of several that do not go together, with the first selectors in it, and says that there is more', () => {
    const own = [box('10.2.1.0/24', '10.1.1.0/24'), box('10.2.2.0/24', '10.1.2.0/24')];
    const proposed = lists(['10.2.2.5', '10.2.0.0/16'], ['10.1.2.5', '10.1.0.0/16']);
    const result = narrowed(narrow(proposed, own));
    expect(result).toMatchObject({ whole: false, keepsFirst: true, additionalPossible: true });
    expect(shown(result.lists)).toEqual({ local: ['10.2.2.0/24'], remote: ['10.1.2.0/24'] });
  });

  it('joins several that are a product', () => {
    const own = ['10.2.1.0/24', '10.2.3.0/24'].flatMap((ours) =>
      ['10.1.1.0/24', '10.1.3.0/24'].map((theirs) => box(ours, theirs)),
    );
    const result = narrowed(narrow(lists(['10.2.0.0/16'], ['10.1.0.0/16']), own));
    expect(result.additionalPossible).toBe(false);
    expect(shown(result.lists)).toEqual({
      local: ['10.2.1.0/24', '10.2.3.0/24'],
      remote: ['10.1.1.0/24', '10.1.3.0/24'],
    });
  });

  it('refuses what has nothing in common, in addresses, protocols or ports', () => {
    const own = [box('10.2.0.0/16', '10.1.0.0/16', 6, { lo: 23, hi: 23 })];
    for (const proposed of [
      lists(['10.3.0.0/16'], ['10.1.0.0/16']),
      lists(['10.2.0.0/16 17'], ['10.1.0.0/16 17']),
      lists(['10.2.0.0/16 6 80'], ['10.1.0.0/16 6']),
      lists(['10.2.0.0/16 6'], ['10.1.0.0/16 17']),
      lists([], ['10.1.0.0/16']),
    ])
      expect(narrow(proposed, own)).toEqual({ kind: 'unacceptable', why: 'disjoint' });
  });

  it('takes all or nothing for a peer that cannot narrow', () => {
    const own = [box('10.2.0.0/24', '10.1.0.0/24')];
    expect(narrow(lists(['10.2.0.0/16'], ['10.1.0.0/24']), own, { exact: true })).toEqual({
      kind: 'unacceptable',
      why: 'cannot-narrow',
    });
    expect(narrow(lists(['10.2.0.0/25'], ['10.1.0.0/24']), own, { exact: true }).kind).toBe('narrowed');
  });

  it('restricts transport mode to the two ends', () => {
    const transport = { local: parseAddress('10.2.0.5')!, remote: parseAddress('10.1.0.9')! };
    const result = narrowed(
      narrow(lists(['10.2.0.0/16'], ['10.1.0.0/16']), [box('10.2.0.5', '0.0.0.0/0')], { transport }),
    );
    expect(result.whole).toBe(true);
    expect(shown(result.lists)).toEqual({ local: ['10.2.0.5'], remote: ['10.1.0.9'] });
    expect(narrow(lists(['10.2.0.6'], ['10.1.0.9']), [box('10.2.0.0/16', '10.1.0.9')], { transport })).toEqual({
      kind: 'unacceptable',
      why: 'not-endpoints',
    });
  });

  it('takes a policy for all but some ICMPv6 messages for one for all protocols', () => {
    const part = (lo: number, hi: number, x: Interval = anyPort): Box => ({
      ...box('2001:db8:2::/48', '2001:db8:1::/48'),
      protocol: { lo, hi },
      x,
    });
    const own = [part(0, 57), part(58, 58, { lo: 128 * 256, hi: 129 * 256 + 255 }), part(59, 255)];
    expect(shown(selectorLists(own))).toEqual({ local: ['2001:db8:2::/48'], remote: ['2001:db8:1::/48'] });
    expect(narrowed(narrow(lists(['2001:db8:2::/48'], ['2001:db8:1::/48']), own)).whole).toBe(true);
  });

  it('keeps message types', () => {
    const own = [box('10.2.0.5', '10.1.0.9', 1, { lo: 8 * 256, hi: 8 * 256 + 255 })];
    const result = narrowed(narrow(lists(['10.2.0.5 1'], ['10.1.0.9 1']), own));
    expect(shown(result.lists)).toEqual({ local: ['10.2.0.5 ICMP type 8'], remote: ['10.1.0.9 ICMP type 8'] });
  });
});

describe('proxyIds (hpux-ipsec reference 7.7)', () => {
  const packet: Packet = {
    family: 4,
    direction: 'outbound',
    local: parseAddress('10.1.0.9')!.value,
    remote: parseAddress('10.2.0.5')!.value,
    protocol: 6,
    localPort: 40000,
    remotePort: 1500,
  };
  const ids = (region: Region, mode: 'transport' | 'tunnel', populateFromPacket = false) => {
    const found = proxyIds(region, packet, { mode, populateFromPacket });
    return found && [formatSelector(found.local), formatSelector(found.remote)];
  };

  it('takes the first source and destination that match the packet', () => {
    const region = [box('10.9.0.0/16', '10.2.0.0/16'), box('10.1.0.0/24', '10.2.0.0/16'), fullBox(4)];
    expect(ids(region, 'tunnel')).toEqual(['10.1.0.0/24', '10.2.0.0/16']);
    expect(ids([box('10.9.0.0/16', '10.2.0.0/16')], 'tunnel')).toBeUndefined();
  });

  it('replaces ranges by what the packet has in transport mode, and leaves wildcards', () => {
    const region = [box('10.1.0.0/24', '10.2.0.3-10.2.0.9', 6, anyPort, { lo: 1024, hi: 2048 })];
    expect(ids(region, 'transport')).toEqual(['10.1.0.9 TCP', '10.2.0.5 TCP port 1500']);
    expect(ids(region, 'tunnel')).toEqual(['10.1.0.0/24 TCP', '10.2.0.3-10.2.0.9 TCP ports 1024-2048']);
    expect(ids([fullBox(4)], 'transport')).toEqual(['10.1.0.9', '10.2.0.5']);
  });

  it('takes all values from the packet where every five-tuple has its SAs', () => {
    expect(ids([fullBox(4)], 'transport', true)).toEqual(['10.1.0.9 TCP port 40000', '10.2.0.5 TCP port 1500']);
  });

  it('compares exactly', () => {
    const region = [box('10.1.0.0/24', '10.2.0.0/16')];
    const ours = proxyIds(region, packet, { mode: 'tunnel' })!;
    const mirrored: Packet = { ...packet, local: packet.remote, remote: packet.local };
    const theirs = (local: string, remote: string) =>
      mirrorProxyIds(proxyIds([box(local, remote)], mirrored, { mode: 'tunnel' })!);
    expect(sameProxyIds(ours, theirs('10.2.0.0/16', '10.1.0.0/24'))).toBe(true);
    expect(sameProxyIds(ours, theirs('10.2.0.0/16', '10.1.0.0/25'))).toBe(false);
    expect(sameProxyIds(ours, theirs('10.2.0.0/15', '10.1.0.0/24'))).toBe(false);
  });
});
