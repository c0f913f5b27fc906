/** Outbound tunnels of peers whose address nobody knew before: found by what is behind them. */
import { describe, expect, it } from 'vitest';
import type { Sa } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { parseAddress, parseRange } from '../../../src/model/address.js';
import { fullBox } from '../../../src/model/selector/box.js';

function tunnel(spi: number, behind: string, peer: string): Sa {
  const range = parseRange(behind)!;
  const remote = parseAddress(peer)!;
  const id = { direction: 'outbound', protocol: 'ESP', spi, destination: remote } as const;
  const selectors = [{ ...fullBox(4), remote: { lo: range.first, hi: range.last } }];
  const parameters = { mode: 'tunnel', manual: false, local: parseAddress('192.0.2.1')!, remote, selectors };
  return { id, parameters } as unknown as Sa;
}

const template = {};
const all = () => true;

describe('the tunnel for an address', () => {
  it('is that of the peer who has it, else the newest whose network fits, and nothing once it is gone', () => {
    const sad = createSad();
    const [wide, host, newer] = [
      tunnel(1, '10.3.0.0/16', '198.51.100.1'),
      tunnel(2, '10.3.0.7', '198.51.100.2'),
      tunnel(3, '10.3.0.0/16', '198.51.100.3'),
    ];
    for (const sa of [wide, host, newer]) expect(sad.add(sa)).toBe(true);
    const find = (to: string, fits: (sa: Sa) => boolean = all) =>
      sad.tunnelFor(parseAddress(to)!, template, fits)?.id.spi;
    expect([find('10.3.0.7'), find('10.3.0.8')]).toEqual([2, 3]);
    expect(find('10.3.0.8', (sa) => sa !== newer)).toBe(1);
    sad.remove(host.id);
    sad.remove(newer.id);
    expect([find('10.3.0.7'), find('10.3.0.8')]).toEqual([1, 1]);
    sad.remove(wide.id);
    expect(find('10.3.0.8')).toBeUndefined();
  });

  it('is none by hand, and none in transport mode', () => {
    const sad = createSad();
    const manual = tunnel(1, '10.3.0.7', '198.51.100.1');
    const transport = tunnel(2, '10.3.0.7', '198.51.100.1');
    sad.add({ ...manual, parameters: { ...manual.parameters, manual: true } });
    sad.add({ ...transport, parameters: { ...transport.parameters, mode: 'transport' } });
    expect(sad.tunnelFor(parseAddress('10.3.0.7')!, template, all)).toBeUndefined();
  });
});
