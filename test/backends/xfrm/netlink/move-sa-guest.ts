/** Runs in a guest with a kernel of its own: moves SAs and prints, a JSON line each, what the kernel holds then. */
import { execFileSync } from 'node:child_process';
import { hostSaOf, movedSa } from '../../../../src/backends/xfrm/host-sa.js';
import { moveSa } from '../../../../src/backends/xfrm/netlink/move-sa.js';
import { requestOf } from '../../../../src/backends/xfrm/netlink/requests.js';
import { openXfrmSocket } from '../../../../src/backends/xfrm/netlink/socket.js';
import { readState } from '../../../../src/backends/xfrm/netlink-backend.js';
import type { SaParameters } from '../../../../src/engine/ipsec/sa.js';
import { parseAddress } from '../../../../src/model/address.js';
import type { HostSa } from '../../../../src/model/host-state.js';
import { Secret } from '../../../../src/model/secret.js';
import { authentication, encryption } from '../../../../src/model/transform.js';

const [own, nat, elsewhere] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((text) => parseAddress(text)!) as [
  SaParameters['local'],
  SaParameters['local'],
  SaParameters['local'],
];

function parameters(direction: SaParameters['direction'], replayWindow: number, esn: boolean): SaParameters {
  return {
    direction,
    protocol: 'ESP',
    spi: direction === 'inbound' ? 0x1001 : 0x2002,
    mode: 'tunnel',
    local: own,
    remote: nat,
    selectors: [],
    encryption: encryption('AES-CBC-128'),
    authentication: authentication('HMAC-SHA1-96'),
    keys: {
      encryption: new Secret(new Uint8Array(16).fill(7)),
      authentication: new Secret(new Uint8Array(20).fill(9)),
    },
    esn,
    replayWindow,
    limits: { hardSeconds: 3600 },
    manual: false,
    udpEncapsulation: { localPort: 4500, remotePort: 40_001 },
  };
}

const shell = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' });
shell(`ip link add wire type veth peer name other; ip link set other up; ip addr add 192.0.2.1/24 dev wire; ip link set wire up
  ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev wire; ip neigh replace 192.0.2.3 lladdr 02:00:00:00:00:03 dev wire
  ip route add 203.0.113.0/24 dev wire`);
const socket = await openXfrmSocket();

/** What the test compares of an SA. */
function told(sa: HostSa | undefined) {
  if (!sa) return undefined;
  const { source, destination, encapsulation, usage, esn, replayWindow, reqid, encryption: cipher } = sa;
  return {
    source: Number(source.value) & 0xff,
    destination: Number(destination.value) & 0xff,
    ports: encapsulation && [encapsulation.sourcePort, encapsulation.destinationPort],
    packets: Number(usage?.packets),
    octets: Number(usage?.bytes),
    addedAt: Number(usage?.addedAt),
    esn,
    replayWindow,
    reqid,
    key: cipher && Buffer.from(cipher.key.reveal()).toString('hex'),
  };
}

/** Sequence numbers sent, as `ip` has them. */
const sent = () =>
  [...shell('ip -s xfrm state').matchAll(/oseq(?:-hi)? 0x([0-9a-f]+)/g)].map(([, hex]) => hex).join(' ');

for (const { window, esn, remote, remotePort } of [
  { window: 32, esn: false, remote: nat, remotePort: 50_002 },
  { window: 1024, esn: false, remote: nat, remotePort: 50_002 },
  { window: 128, esn: true, remote: nat, remotePort: 50_002 },
  { window: 32, esn: false, remote: elsewhere, remotePort: 50_003 },
  { window: 128, esn: true, remote: elsewhere, remotePort: 50_003 },
]) {
  const pair = (['outbound', 'inbound'] as const).map((direction) => {
    const sa = hostSaOf(parameters(direction, window, esn), 77);
    if ('fault' in sa) throw new Error(sa.fault);
    return { direction, sa };
  });
  shell(
    'ip xfrm policy update dir out src 192.0.2.1/32 dst 203.0.113.0/24 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 77 mode tunnel',
  );
  const errors = pair.map(
    ({ sa }) => socket.request([requestOf({ object: 'sa', kind: 'create', after: sa })])[0]!.errno,
  );
  shell('ping -c 4 -i 0.01 -W 0.01 203.0.113.5 || true');
  const find = () => pair.map(({ sa: { spi } }) => told(readState(socket).sas.find((each) => each.spi === spi)));
  const before = { sas: find(), sent: sent() };
  const move = { sas: [], remote, remotePort };
  const moved = pair.map(({ direction, sa }) => movedSa(sa, direction, move));
  errors.push(...pair.map(({ sa }, index) => moveSa(socket, sa, moved[index]!).errno));
  const after = { sas: find(), sent: sent(), count: readState(socket).sas.length };
  // What is not there any more, or never was.
  for (const sa of moved) socket.request([requestOf({ object: 'sa', kind: 'delete', before: sa })]);
  const gone = pair.map(({ sa }, index) => moveSa(socket, sa, moved[index]!).errno);
  console.log(JSON.stringify({ window, esn, remotePort, errors, before, after, gone }));
}
socket.close();
