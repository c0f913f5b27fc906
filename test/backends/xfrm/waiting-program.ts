/**
 * A packet that asks for an SA of somebody who listens and does nothing, in the namespace that it is started in: prints as JSON what the kernel's
 * data path finds waiting when it starts, once before the packet and once after. A program of its own, because what it opens it opens where it is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { compileXfrm } from '../../../src/backends/xfrm/compile.js';
import { createXfrmDataPath } from '../../../src/backends/xfrm/data-path.js';
import { openNetlinkBackend } from '../../../src/backends/xfrm/netlink-backend.js';
import { formatAddress } from '../../../src/model/address.js';
import { configOf, plainHost } from '../support/configs.js';

const [local = '', remote = ''] = process.argv.slice(2);
for (const words of [
  'link add wait0 type veth peer name wait1',
  `addr add ${local}/24 dev wait0`,
  'link set wait0 up',
  'link set wait1 up',
])
  execFileSync('ip', words.split(' '));
const config = configOf(`add host a -source ${local} -destination ${remote} -priority 10 -action ESP_AES128_GCM16
add auth a -remote ${remote} -preshared waiting-Maple-Quill-31`);
const { desired, numbers } = compileXfrm(config, plainHost);
const backend = await openNetlinkBackend();
await backend.execute(desired.policies.map((after) => ({ object: 'policy', kind: 'create', after }) as const));
for (const isFirst of [true, false]) {
  const dataPath = await createXfrmDataPath({ numbers: async () => numbers, hostFacts: async () => plainHost });
  await dataPath.start(config, () => {});
  const waiting = dataPath.waiting!().map(({ ends, packet, entry }) => ({
    local: formatAddress(ends!.local.family, ends!.local.value),
    remote: formatAddress(ends!.remote.family, ends!.remote.value),
    protocol: packet.protocol,
    entry: entry.source.record.name,
  }));
  process.stdout.write(`${JSON.stringify(waiting)}\n`);
  // The kernel asks only while somebody listens.
  if (isFirst) spawnSync('ping', ['-c', '1', '-W', '1', '-I', local, remote]);
  await dataPath.stop();
}
backend.close();
