/** Answers every datagram with its own content: udp-echo ADDRESS PORT bypass|plain. `bypass` gives its socket what IKE's have. */
import { libc } from '../../../src/backends/system/libc.js';
import { bypassPolicies } from '../../../src/backends/xfrm/ike-socket.js';
import { parseAddress } from '../../../src/model/address.js';
import { bindUdpSockets } from '../../../src/services/runtime/udp-sockets.js';

const [text = '', port = '', kind = ''] = process.argv.slice(2);
const address = parseAddress(text);
if (!address) throw new Error(`no address: ${text}`);
const calls = await libc();
const sockets = await bindUdpSockets({
  addresses: [address],
  ports: { ike: Number(port) },
  listener: {
    message: (local, remote, octets) => void sockets.send(local, remote, octets),
    trouble: (_local, why) => console.error(why),
  },
  prepare(descriptor, _port, family) {
    const refused = kind === 'bypass' ? bypassPolicies(calls, descriptor, family) : undefined;
    if (refused) throw new Error(`no bypass: ${refused}`);
  },
});
console.log('listening');
