/** Pairs in which an address is asked for, or is to be (RFC 7296 §2.19): what becomes of each is in `configuration-verdicts.json`. */
import { pairHosts } from '../../scripts/fidelity/random-pairs.js';
import type { Pair } from '../../scripts/fidelity/verdict.js';

interface End {
  readonly connection?: string;
  readonly child?: string;
  readonly children?: string;
  readonly pools?: string;
}

const side = (own: string, peer: string, { connection = '', child = '', children = '', pools = '' }: End): string =>
  `connections { c {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    proposals = aes128-sha256-modp2048
    ${connection}
    local { auth = psk
      id = ${own === pairHosts.left[0] ? 'left' : 'right'}.example.org
    }
    remote { auth = psk
      id = ${own === pairHosts.left[0] ? 'right' : 'left'}.example.org
    }
    children { ${children}
      net {
      esp_proposals = aes128gcm16
      ${child}
    } } } }
  pools { ${pools} }
  secrets { ike { secret = Plover-Sand-77 } }`;

const pair = (left: End, right: End): Pair => ({
  id: 'x',
  left: side(pairHosts.left[0], pairHosts.right[0], left),
  right: side(pairHosts.right[0], pairHosts.left[0], right),
});

const network = 'remote_ts = 10.2.0.0/16';
const behind = 'local_ts = 10.2.0.0/16';
const four = 'v4 { addrs = 10.3.0.0/24 }';
const six = 'v6 { addrs = fd03::/120 }';
const both = `${four}\n${six}`;

/** Each with what it is about. */
export const configurationPairs: readonly (readonly [string, Pair])[] = [
  [
    'an address of the pool, which dynamic selectors of both ends become',
    pair({ connection: 'vips = 0.0.0.0', child: network }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  [
    'of both families where both are asked for',
    pair(
      { connection: 'vips = 0.0.0.0, ::', child: 'remote_ts = 10.2.0.0/16, fd02::/64' },
      { connection: 'pools = v4, v6', pools: both, child: 'local_ts = 10.2.0.0/16, fd02::/64' },
    ),
  ],
  [
    'of one family where there is a pool of that alone',
    pair(
      { connection: 'vips = ::, 0.0.0.0', child: network },
      { connection: 'pools = v4', pools: four, child: behind },
    ),
  ],
  ['none, where there is no pool', pair({ connection: 'vips = 0.0.0.0', child: network }, { child: behind })],
  [
    'none and no child for the selectors either: both are told of',
    pair({ connection: 'vips = 0.0.0.0', child: network }, { child: 'local_ts = 10.9.0.0/16' }),
  ],
  [
    'none of the other family',
    pair({ connection: 'vips = ::', child: network }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  ['a pool that nobody asks', pair({ child: network }, { connection: 'pools = v4', pools: four, child: behind })],
  [
    'a pool that nobody asks, and a Child SA with an exchange of its own',
    pair({ connection: 'childless = force', child: network }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  [
    'no address, and a Child SA with an exchange of its own',
    pair({ connection: 'childless = force\nvips = 0.0.0.0', child: network }, { child: behind }),
  ],
  [
    'an address by name is not what the pool gives',
    pair({ connection: 'vips = 10.3.0.77', child: network }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  [
    'an address by name that is in no pool',
    pair({ connection: 'vips = 10.77.0.1', child: network }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  [
    'a pool that is not there',
    pair({ connection: 'vips = 0.0.0.0', child: network }, { connection: 'pools = other', pools: four, child: behind }),
  ],
  [
    'several pools: the first that has one',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = v6, range, v4', pools: `${both}\nrange { addrs = 10.4.0.9-10.4.0.10 }`, child: behind },
    ),
  ],
  [
    'two addresses of one pool',
    pair(
      { connection: 'vips = 0.0.0.0, 0.0.0.0', child: network },
      { connection: 'pools = v4', pools: four, child: behind },
    ),
  ],
  [
    'two addresses of a pool that has one',
    pair(
      { connection: 'vips = 0.0.0.0, 0.0.0.0', child: network },
      { connection: 'pools = one', pools: 'one { addrs = 10.3.0.9/32 }', child: behind },
    ),
  ],
  [
    'a network of two addresses',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = odd', pools: 'odd { addrs = 10.3.0.6/31 }', child: behind },
    ),
  ],
  [
    'the second of a network of two addresses',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = odd', pools: 'odd { addrs = 10.3.0.7/31 }', child: behind },
    ),
  ],
  [
    'selectors of the initiator that do not follow the address',
    pair(
      { connection: 'vips = 0.0.0.0', child: `local_ts = 10.1.0.0/16\n${network}` },
      { connection: 'pools = v4', pools: four, child: `${behind}\nremote_ts = 10.1.0.0/16` },
    ),
  ],
  [
    'selectors of the initiator that do not follow the address, and of the responder that do',
    pair(
      { connection: 'vips = 0.0.0.0', child: `local_ts = 10.1.0.0/16\n${network}` },
      { connection: 'pools = v4', pools: four, child: behind },
    ),
  ],
  [
    'selectors of the initiator that follow the address, and of the responder that are wider',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = v4', pools: four, child: `${behind}\nremote_ts = 10.3.0.0/16` },
    ),
  ],
  [
    'selectors of the responder that do not hold the address',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = v4', pools: four, child: `${behind}\nremote_ts = 10.5.0.0/16` },
    ),
  ],
  [
    'dynamic selectors with a protocol, and others beside them',
    pair(
      { connection: 'vips = 0.0.0.0', child: `local_ts = dynamic[tcp], 10.1.1.5/32\n${network}` },
      { connection: 'pools = v4', pools: four, child: `${behind}\nremote_ts = dynamic, 10.1.1.5/32[udp]` },
    ),
  ],
  [
    'several children: the first that meets what is asked for is not that of the address',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      {
        connection: 'pools = v4',
        pools: four,
        children: `first { ${behind}\nremote_ts = 10.1.0.0/16 }\nsecond { ${behind}\nremote_ts = 10.3.0.0/24\nesp_proposals = aes256gcm16 }`,
        child: behind,
      },
    ),
  ],
  [
    'a pool of the one who starts: what is dynamic of the peer is anywhere',
    pair(
      { connection: 'pools = v4', pools: four, child: 'local_ts = 10.1.0.0/16' },
      { child: 'remote_ts = 10.1.0.0/16' },
    ),
  ],
  [
    'both ask, and only one of them is answered',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'vips = 0.0.0.0\npools = v4', pools: four, child: behind },
    ),
  ],
  [
    'IPv6 alone, over IPv4',
    pair(
      { connection: 'vips = ::', child: 'remote_ts = fd02::/64' },
      { connection: 'pools = v6', pools: six, child: 'local_ts = fd02::/64' },
    ),
  ],
  [
    'an IPv6 network of more than 31 bits, that begins with a host',
    pair(
      { connection: 'vips = ::', child: 'remote_ts = fd02::/64' },
      { connection: 'pools = v6', pools: 'v6 { addrs = fd03::a:0:10/64 }', child: 'local_ts = fd02::/64' },
    ),
  ],
  [
    'a pool that nobody asks, and selectors as wide as what is dynamic without an address',
    pair({ child: `local_ts = 0.0.0.0/0\n${network}` }, { connection: 'pools = v4', pools: four, child: behind }),
  ],
  [
    'the same, and a Child SA with an exchange of its own',
    pair(
      { connection: 'childless = force', child: `local_ts = 0.0.0.0/0\n${network}` },
      { connection: 'pools = v4', pools: four, child: behind },
    ),
  ],
  [
    'a request for an address, and a Child SA with an exchange of its own',
    pair(
      { connection: 'childless = force\nvips = 0.0.0.0, ::', child: network },
      { connection: 'pools = v4', pools: four, child: behind },
    ),
  ],
  [
    'name servers beside the address',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = v4', pools: 'v4 { addrs = 10.3.0.128/25\ndns = 10.2.0.53, fd02::53 }', child: behind },
    ),
  ],
  [
    'a pool without an address left gives what is asked for by name',
    pair(
      { connection: 'vips = 10.8.0.8', child: network },
      { connection: 'pools = odd', pools: 'odd { addrs = 10.3.0.7/29 }', child: behind },
    ),
  ],
  [
    'one address is left of a network that is written with a host in it',
    pair(
      { connection: 'vips = 0.0.0.0', child: network },
      { connection: 'pools = odd', pools: 'odd { addrs = 10.3.0.6/29 }', child: behind },
    ),
  ],
];
