/** The world of one live engine: what goes in is worked on, whatever comes of it. */
import { createSocket } from 'node:dgram';
import { expect, it, vi } from 'vitest';
import type { DataPath } from '../../../src/backends/data-path.js';
import { createNoDataPath } from '../../../src/backends/none/none.js';
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { type LiveFact, type LiveSystem, startLiveSystem } from '../../../src/services/runtime/live-system.js';
import { configOf } from '../../backends/support/configs.js';

async function started(
  listener: (fact: LiveFact) => void,
  more: Partial<Parameters<typeof startLiveSystem>[0]> = {},
): Promise<LiveSystem> {
  const config =
    configOf(`add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1
add ikev2 lab -remote 127.0.0.2 -priority 1 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote 127.0.0.2 -priority 1 -kmp IKEV2 -preshared live-Maple-Quill-31
`);
  const provider = await loadNodeProvider();
  return startLiveSystem({
    config,
    profile: peerProfile('ours'),
    provider,
    credentials: loadLiveCredentials(config, provider, undefined).credentials,
    versions: ikeVersions,
    dataPath: createNoDataPath(),
    ports: { ike: 0 },
    listener,
    ...more,
  });
}

/** What a packet asks for. */
function requestOf({ addresses, spd }: SystemConfig) {
  const [entry] = spd;
  const [template] = entry!.action.kind === 'PROTECT' ? entry!.action.bundle : [];
  const remote = { family: 4, value: entry!.selectors[0]!.remote.lo as number } as const;
  return { entry: entry!, template: template!, ends: { local: addresses[0]!, remote }, populateFromPacket: false };
}

/** As a packet that needs an SA would. */
function requestSa(system: LiveSystem): void {
  system.command({ kind: 'request', request: requestOf(system.config) });
}

it('goes on after an input that leads to nothing', { timeout: 10_000 }, async () => {
  const facts: LiveFact[] = [];
  const system = await started((fact) => facts.push(fact));
  try {
    // Nobody knows this SA, so there is nothing to do.
    const sa = {
      direction: 'inbound',
      protocol: 'ESP',
      spi: 0x1234,
      destination: system.config.addresses[0]!,
    } as const;
    system.command({ kind: 'delete-child', sa });
    system.command({ kind: 'timeout' });
    await system.settled();
    requestSa(system);
    await system.settled();
    expect(facts.map(({ kind }) => kind)).toContain('sent');
  } finally {
    await system.stop();
  }
});

/** Two live systems on the loopback, each on a port that nobody else has; `a` has a policy to be started. */
async function pair(starts: boolean, place = starts ? 1 : 3) {
  const ports = { a: 20_000 + ((process.pid * 89 + place) % 6_000), b: 0 };
  ports.b = ports.a + 1;
  const provider = await loadNodeProvider();
  const begin = async (name: 'a' | 'b') => {
    const [own, peer, more] =
      name === 'a' ? ['127.0.0.11', '127.0.0.12', '-start START'] : ['127.0.0.12', '127.0.0.11', ''];
    const read = configOf(`# ipsec-dialect: extended
add host net -source ${own} -destination ${peer} -priority 1 -action ESP_AES128_HMAC_SHA1 ${more}
add ikev2 lab -remote ${peer} -priority 1 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote ${peer} -priority 1 -kmp IKEV2 -preshared live-Maple-Quill-31
`);
    const value = (port: number) => ({ value: port, origin: { kind: 'builtin' as const, what: 'test' } });
    const config = {
      ...read,
      pad: read.pad.map((entry) => ({
        ...entry,
        localPort: value(ports[name]),
        remotePort: value(ports[name === 'a' ? 'b' : 'a']),
      })),
    };
    const facts: LiveFact[] = [];
    const profile = peerProfile('ours');
    const system = await startLiveSystem({
      config,
      profile: {
        ...profile,
        natTraversal: { value: false, note: '' },
        keepsStarted: { value: { firstMillis: 20, addedMillis: 20, longestMillis: 100 }, note: '' },
      },
      provider,
      credentials: loadLiveCredentials(config, provider, undefined).credentials,
      versions: ikeVersions,
      dataPath: createNoDataPath(),
      ports: { ike: ports[name] },
      starts,
      listener: (fact) => facts.push(fact),
    });
    return { system, facts };
  };
  const b = await begin('b');
  return { a: await begin('a'), b };
}

const established = (facts: readonly LiveFact[]) =>
  facts.filter((fact) => fact.kind === 'event' && fact.event.kind === 'child-sa' && fact.event.change === 'established')
    .length;

it('starts what its configuration says, and again when the peer has deleted it', { timeout: 20_000 }, async () => {
  const { a, b } = await pair(true);
  try {
    await vi.waitFor(() => expect([established(a.facts), established(b.facts)]).toEqual([1, 1]), 8_000);
    const [ikeSa] = b.system.ikeSas();
    b.system.command({ kind: 'delete-ike', ikeSa: ikeSa!.name });
    await vi.waitFor(() => expect([established(a.facts), established(b.facts)]).toEqual([2, 2]), 8_000);
    const begun = a.facts.flatMap((fact) =>
      fact.kind === 'event' && fact.event.kind === 'begin' ? [fact.event.why] : [],
    );
    expect(begun).toEqual(['configured', 'kept up']);
    expect(a.facts.filter(({ kind }) => kind === 'request')).toEqual([]);
  } finally {
    await a.system.stop();
    await b.system.stop();
  }
});

it('tells its peers when it stops', { timeout: 20_000 }, async () => {
  const { a, b } = await pair(true, 5);
  const closed = (facts: readonly LiveFact[]) =>
    facts.filter((fact) => fact.kind === 'event' && fact.event.kind === 'ike-sa' && fact.event.change === 'closed');
  try {
    await vi.waitFor(() => expect([established(a.facts), established(b.facts)]).toEqual([1, 1]), 8_000);
    await b.system.stop({ graceful: true });
    await vi.waitFor(() => expect(closed(a.facts)).toHaveLength(1), 5_000);
    // The peer has answered: nothing is left open when it returns.
    expect(closed(b.facts)).toHaveLength(1);
  } finally {
    await a.system.stop();
    await b.system.stop();
  }
});

it('begins nothing any more once it says farewell', { timeout: 20_000 }, async () => {
  const { a, b } = await pair(true, 7);
  try {
    await vi.waitFor(() => expect([established(a.facts), established(b.facts)]).toEqual([1, 1]), 8_000);
    const stopped = b.system.stop({ graceful: true });
    const before = b.facts.length;
    requestSa(b.system);
    await stopped;
    const exchanges = b.facts
      .slice(before)
      .flatMap((fact) => (fact.kind === 'sent' ? [fact.output.content.exchange] : []));
    expect(exchanges).not.toContain('IKE_SA_INIT');
  } finally {
    await a.system.stop();
    await b.system.stop();
  }
});

it('negotiates what packets wait for that asked before the start', { timeout: 10_000 }, async () => {
  const facts: LiveFact[] = [];
  const none = createNoDataPath();
  let config: SystemConfig | undefined;
  const start: DataPath['start'] = async (given) => {
    config = given;
  };
  const packet = { family: 4, local: 0x7f000001, remote: 0x7f000002, protocol: 1, direction: 'outbound' } as const;
  const waiting: DataPath['waiting'] = () => [{ kind: 'acquire', ...requestOf(config!), packet }];
  const system = await started((fact) => facts.push(fact), { dataPath: { ...none, start, waiting } });
  try {
    const sent = facts.flatMap((fact) => (fact.kind === 'sent' ? [fact.output.content.exchange] : []));
    expect(sent).toEqual(['IKE_SA_INIT']);
  } finally {
    await system.stop();
  }
});

it('starts nothing unless it is told to', async () => {
  const { a, b } = await pair(false);
  try {
    a.system.command({ kind: 'timeout' });
    await a.system.settled();
    expect(a.facts).toEqual([]);
  } finally {
    await a.system.stop();
    await b.system.stop();
  }
});

it('what a listener throws keeps no message from being sent, and is told', { timeout: 10_000 }, async () => {
  const facts: LiveFact[] = [];
  const system = await started((fact) => {
    facts.push(fact);
    // The search of the records comes before the request is sent.
    if (fact.kind === 'event') throw new Error('no space left on device');
  });
  try {
    requestSa(system);
    expect(facts.map(({ kind }) => kind)).toContain('sent');
    expect(facts.find(({ kind }) => kind === 'trouble')).toEqual({
      kind: 'trouble',
      text: 'internal error on telling event: no space left on device',
    });
  } finally {
    await system.stop();
  }
});

it('leaves protected traffic as it was when a port is taken, and blocked when that is asked for', async () => {
  const other = createSocket('udp4');
  await new Promise<void>((done) => other.bind(0, '127.0.0.1', done));
  const stop = vi.fn(async () => {});
  const taken = { dataPath: { ...createNoDataPath(), stop }, ports: { ike: other.address().port } };
  try {
    await expect(started(() => {}, taken)).rejects.toThrow('is in use');
    await expect(started(() => {}, { ...taken, staysBlocked: true })).rejects.toThrow('is in use');
    expect(stop.mock.calls).toEqual([[{ keepBlocked: 'as-before' }], [{ keepBlocked: true }]]);
  } finally {
    other.close();
  }
});
