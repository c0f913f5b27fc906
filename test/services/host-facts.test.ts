/** What a host tells of its XFRM interfaces. */
import { expect, it } from 'vitest';
import { interfacesIn } from '../../src/services/host-facts.js';

it('reads XFRM interfaces by their if_id', () => {
  const text = `2: ipsec7@lo: <NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/none  promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    xfrm if_id 0x7 addrgenmode eui64 numtxqueues 1
70: site-b: <NOARP,UP,LOWER_UP> mtu 1400 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/none  promiscuity 0 minmtu 68 maxmtu 65535 \\    xfrm if_id 0x2a addrgenmode none numtxqueues 1
71: by-routes: <NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/none  promiscuity 0 \\    xfrm external addrgenmode eui64
`;
  expect([...interfacesIn(text)]).toEqual([
    [7, 2],
    [42, 70],
  ]);
  expect(interfacesIn('').size).toBe(0);
});
