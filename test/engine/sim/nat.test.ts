/** Real engines and data paths through a NAT whose mappings change: nothing is negotiated anew, and packets go on both ways. */
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../src/engine/credentials/store.js';
import { createTrace, entriesOf } from '../../../src/engine/sim/trace.js';
import { createWorld } from '../../../src/engine/sim/world.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { parseAddress } from '../../../src/model/address.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { node } from '../crypto/support.js';
import { beginsAt, configOf, probe } from './support.js';

const outside = '198.51.100.1';
const [inner, gateway] = ['10.0.0.2', '192.0.2.1'];

function records(version: 1 | 2, own: string, peer: string, ids: readonly [string, string]): string {
  const ike =
    version === 1
      ? `add ikev1 ike -remote ${peer} -priority 10 -group 14 -hash SHA1 -encryption AES128-CBC`
      : `add ikev2 ike -remote ${peer} -priority 10 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;
  return [
    `add host peer -source ${own} -destination ${peer} -action ESP_AES128_HMAC_SHA1/6000/0`,
    ike,
    `add auth auth -remote ${peer} -kmp IKEV${version} ${version === 1 ? '-exchange MM' : ''} -preshared Sand7-Plover -ltype FQDN -lid ${ids[0]} -rtype FQDN -rid ${ids[1]}`,
  ].join('\n');
}

describe.each([1, 2] as const)('IKEv%i', (version) => {
  it('goes on through a NAT that restarts, over and over', () => {
    const trace = createTrace();
    const rebindAt = [100_000, 200_000, 300_000];
    const world = createWorld({
      seed: 1,
      provider: node,
      beginsAt,
      record: (entry) => trace.add(entry),
      network: { nats: [{ host: 'a', publicAddress: parseAddress(outside)!, rebindAt }] },
    });
    const add = (name: string, text: string) =>
      world.addHost({
        config: configOf(name, text),
        profile: peerProfile('ours'),
        credentials: createCredentials({}, node).credentials,
        versions: ikeVersions,
      });
    const a = add('a', records(version, inner, gateway, ['a.example', 'b.example']));
    const b = add('b', records(version, gateway, outside, ['b.example', 'a.example']));
    const out = (number: number) => a.send(probe(`tcp ${inner}:4000 > ${gateway}:23`, number));
    const back = (number: number) => b.send(probe(`tcp ${gateway}:23 > ${outside}:4000`, number));
    const accepted = () => entriesOf(trace.entries, 'accepted').length;
    out(1);
    world.run(50_000);
    back(2);
    world.run(60_000);
    expect(accepted()).toBe(2);
    const installed = () => entriesOf(trace.entries, 'install').map(({ sa }) => sa.spi);
    const before = installed();
    for (const [index, at] of rebindAt.entries()) {
      world.run(at + 1_000);
      out(10 + index);
      world.run(at + 2_000);
      back(20 + index);
      world.run(at + 3_000);
      expect(accepted()).toBe(4 + 2 * index);
    }
    expect(installed()).toEqual(before);
    const port = b.engine.ikeSas()[0]!.remote.port;
    for (const { parameters } of b.stack.sad.all()) expect(parameters.udpEncapsulation?.remotePort).toBe(port);
    expect(entriesOf(trace.entries, 'move')).toHaveLength(rebindAt.length);
    expect(entriesOf(trace.entries, 'fault')).toEqual([]);
  });
});
