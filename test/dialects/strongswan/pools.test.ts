/** Pools of swanctl.conf: which addresses are handed out (mem_pool.c), and that they are written as they were read. */
import { describe, expect, it } from 'vitest';
import { strongswan } from '../../../src/dialects/strongswan/dialect.js';
import { readPoolAddresses } from '../../../src/dialects/strongswan/pool-addresses.js';
import { formatAddress } from '../../../src/model/address.js';
import { readDialect } from '../../support/dialects.js';
import { write } from '../../support/written.js';

const conf = (pools: string) => `connections { rw {
  remote_addrs = %any
  pools = p
  local { auth = psk }
  remote { auth = psk }
  children { net { } } } }
pools { ${pools} }
secrets { ike { secret = Plover-Sand-77 } }`;

describe('addresses of a pool', () => {
  it.each([
    ['10.3.0.0/24', '10.3.0.1', '10.3.0.254'],
    ['10.3.0.0/30', '10.3.0.1', '10.3.0.2'],
    ['10.3.0.6/31', '10.3.0.6', '10.3.0.7'],
    ['10.3.0.7/31', '10.3.0.7', '10.3.0.7'],
    ['10.3.0.9/32', '10.3.0.9', '10.3.0.9'],
    ['10.3.0.9', '10.3.0.9', '10.3.0.9'],
    ['10.3.0.10/28', '10.3.0.10', '10.3.0.14'],
    ['10.3.0.100-10.3.0.200', '10.3.0.100', '10.3.0.200'],
    ['fd03::/120', 'fd03::1', 'fd03::fe'],
    ['fd03::/64', 'fd03::1', 'fd03::7fff:fffe'],
    ['fd03::a:0:10/64', 'fd03::a:0:10', 'fd03::a:7fff:fffe'],
  ])('of %s are %s to %s', (text, first, last) => {
    const { given } = readPoolAddresses(text)!;
    expect([formatAddress(given!.family, given!.first), formatAddress(given!.family, given!.last)]).toEqual([
      first,
      last,
    ]);
  });

  it.each(['10.3.0.9-10.3.0.1', '10.3.0.1-fd03::1', 'fd03::1-fd03::1:0:0:1', '10.3.0.0/33', 'dhcp', '10.3.0.0/x', ''])(
    'of %s are none',
    (text) => {
      expect(readPoolAddresses(text)).toBeUndefined();
    },
  );

  it('are none of a network whose only host left is its broadcast address, of which 5.9 gives whatever is asked for', () => {
    expect(readPoolAddresses('10.3.0.7/29')!.given).toBeUndefined();
    const old = readDialect(strongswan, conf('p { addrs = 10.3.0.7/29 }'), { version: '5.9.8' });
    expect(old.config.pools).toMatchObject([{ name: 'p', givesWhatIsAsked: true }]);
    expect(old.problems).toMatchObject([{ severity: 'warning' }]);
    const later = readDialect(strongswan, conf('p { addrs = 10.3.0.7/29 }'), { version: '6.0.0' });
    expect(later.problems.map(({ message }) => message).join()).toContain('leaves no address to give');
  });

  it.each([
    'p { addrs = 10.3.0.0/24\ndns = 10.1.0.53, fd01::53 }',
    'p { addrs = 10.3.0.10/28 }',
    'p { addrs = fd03::5 }',
  ])('are given again as they were: %s', (pools) => {
    const { config } = readDialect(strongswan, conf(pools));
    const { files } = write(strongswan, config, '5.9.8');
    const again = readDialect(strongswan, files.find(({ path }) => path === 'swanctl.conf')!.text);
    const given = ({ config: { pools: list = [] } }: typeof again) =>
      list.map(({ range, nameServers }) => [range, nameServers]);
    expect(given(again)).toEqual(given({ ...again, config }));
  });
});
