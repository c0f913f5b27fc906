/** The world of one live engine: what goes in is worked on, whatever comes of it. */
import { expect, it } from 'vitest';
import { createNoDataPath } from '../../../src/backends/none/none.js';
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { type LiveFact, startLiveSystem } from '../../../src/services/runtime/live-system.js';
import { configOf } from '../../backends/support/configs.js';

it('goes on after an input that leads to nothing', { timeout: 10_000 }, async () => {
  const config =
    configOf(`add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1
add ikev2 lab -remote 127.0.0.2 -priority 1 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote 127.0.0.2 -priority 1 -kmp IKEV2 -preshared live-Maple-Quill-31
`);
  const provider = await loadNodeProvider();
  const facts: LiveFact[] = [];
  const system = await startLiveSystem({
    config,
    profile: peerProfile('ours'),
    provider,
    credentials: loadLiveCredentials(config, provider, undefined).credentials,
    versions: ikeVersions,
    dataPath: createNoDataPath(),
    ports: { ike: 0 },
    listener: (fact) => facts.push(fact),
  });
  try {
    // Nobody knows this SA, so there is nothing to do.
    const sa = { direction: 'inbound', protocol: 'ESP', spi: 0x1234, destination: config.addresses[0]! } as const;
    system.command({ kind: 'delete-child', sa });
    system.command({ kind: 'timeout' });
    await system.settled();
    const [template] = config.spd[0]!.action.kind === 'PROTECT' ? config.spd[0]!.action.bundle : [];
    const ends = { local: config.addresses[0]!, remote: { family: 4, value: 0x7f00_0002 } } as const;
    system.command({
      kind: 'request',
      request: { entry: config.spd[0]!, template: template!, ends, populateFromPacket: false },
    });
    await system.settled();
    expect(facts.map(({ kind }) => kind)).toContain('sent');
  } finally {
    await system.stop();
  }
});
