/**
 * IKEv2 with X25519 and a preshared key: whole handshakes of two engines in this process, with real messages, against the bare
 * cryptographic operations of the very same handshakes (every key, PRF, hash, draw of random octets, key exchange, sealing and opening that
 * they asked the provider for, recorded and done again with the same inputs); and what a pair of established SAs takes of memory.
 */
import type { Credentials } from '../src/engine/credentials.js';
import { loadNodeProvider } from '../src/engine/crypto/node/load.js';
import type { CryptoProvider } from '../src/engine/crypto/provider.js';
import { seededRandom } from '../src/engine/crypto/random.js';
import { createEngine, type Engine } from '../src/engine/engine.js';
import { engineLimits } from '../src/engine/environment.js';
import { ikev2 } from '../src/engine/ikev2/ikev2.js';
import type { SaParameters } from '../src/engine/ipsec/sa.js';
import { createIpsecStack } from '../src/engine/ipsec/stack.js';
import type { EngineOutput } from '../src/engine/output.js';
import { type Address, anyAddress } from '../src/model/address.js';
import { systemView } from '../src/model/peer/system-view.js';
import { peerProfile } from '../src/model/peer-profile/catalogue.js';
import { Secret } from '../src/model/secret.js';
import { fullBox } from '../src/model/selector/box.js';
import type { EntrySource, SystemConfig } from '../src/model/system-config.js';
import { encryption, keyExchange, prf } from '../src/model/transform.js';
import { cpuMillis, interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';
import { recordedCrypto } from './support/recorded-crypto.js';

const handshakes = 200;
const rounds = 9;
/** Runs before the first that counts: a daemon's code is compiled, too. */
const warmUps = 10;
/** A handshake takes at most so many times what its cryptographic operations take alone. */
const overheadLimit = 2;
const pairs = 2_000;

const origin = { kind: 'builtin', what: 'benchmark' } as const;
const sourced = <T>(value: T) => ({ value, origin });
const sourceOf = (kind: string, name: string): EntrySource => ({ record: { kind, name } as EntrySource['record'] });
export const addresses: Readonly<Record<'a' | 'b', Address>> = {
  a: { family: 4, value: 0x0a000001 },
  b: { family: 4, value: 0x0a000002 },
};

function configOf(name: 'a' | 'b'): SystemConfig {
  const source = sourceOf('host', name);
  const template = {
    source,
    mode: 'transport',
    selectors: [fullBox(4)],
    proposals: [
      {
        source,
        name: 'ESP',
        protocol: 'ESP',
        encryption: [encryption('AES-GCM-16-128')],
        authentication: [],
        esn: ['no-esn'],
        lifetimeSeconds: sourced(3600),
        lifetimeKilobytes: sourced(0),
      },
    ],
  } as const;
  return {
    name,
    addresses: [addresses[name]],
    spd: [
      {
        source,
        selectors: [fullBox(4)],
        action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
      },
    ],
    forwardSpd: [],
    pad: [
      {
        source: sourceOf('auth', name),
        remote: anyAddress(4),
        ikeVersions: sourced([2]),
        exchange: sourced('main'),
        localMethod: sourced('PSK'),
        remoteMethod: sourced('PSK'),
        respondOnly: false,
      },
    ],
    ikePolicies: [
      {
        source: sourceOf('ikev2', name),
        version: 2,
        remote: anyAddress(4),
        proposals: [
          {
            name: 'IKE',
            encryption: [encryption('AES-GCM-16-128')],
            authentication: [],
            prf: [prf('HMAC-SHA2-256')],
            keyExchange: [keyExchange(31)!],
          },
        ],
        lifetimeSeconds: sourced(28_800),
        pfs: sourced(false),
      },
    ],
    padSearch: 'first-match',
  };
}

export const configs = { a: configOf('a'), b: configOf('b') };
const key = Secret.ofText('a key for benchmarks');
const credentials: Credentials = {
  presharedKey: () => key,
  own: () => undefined,
  peerKey: () => ({ kind: 'refused', why: 'no certificates here' }),
  trustAnchors: () => [],
};

export function engineOf(name: 'a' | 'b', provider: CryptoProvider): Engine {
  let spi = 0x1000;
  let serial = 0;
  return createEngine(
    {
      view: systemView(configs[name]),
      profile: { ...peerProfile('ours'), cookieThreshold: { value: 1_000_000, note: 'off' } },
      provider,
      credentials,
      limits: engineLimits,
      date: () => new Date(0),
      nextSerial() {
        serial += 1;
        return serial;
      },
      allocateSpi() {
        spi += 1;
        return spi;
      },
    },
    [ikev2],
  );
}

/** A whole handshake between two engines, from `count`th address of `a` on; `install` takes the SAs that come of it. */
export function handshake(
  a: Engine,
  b: Engine,
  count: number,
  install?: (by: 'a' | 'b', sa: SaParameters) => void,
): void {
  const [local, remote]: Address[] = [0x0a010000, 0x0a020000].map((value) => ({ family: 4, value: value + count }));
  const entry = configs.a.spd[0]!;
  if (entry.action.kind !== 'PROTECT') throw new Error('no protection');
  const request = {
    entry,
    template: entry.action.bundle[0]!,
    ends: { local: local!, remote: remote! },
    populateFromPacket: false,
  };
  let outputs = a.handle({ kind: 'request', request }, 0);
  let to = b;
  let established = 0;
  for (let step = 0; step < 8; step += 1) {
    const message: EngineOutput | undefined = outputs.find(({ kind }) => kind === 'transmit');
    for (const output of outputs) {
      if (output.kind === 'event' && output.event.kind === 'child-sa') established += 1;
      else if (output.kind === 'install') install?.(to === b ? 'a' : 'b', output.sa);
    }
    if (message?.kind !== 'transmit') break;
    const { octets } = message;
    outputs = to.handle({ kind: 'datagram', local: message.remote, remote: message.local, octets }, 0);
    to = to === b ? a : b;
  }
  if (established !== 2) throw new Error('the handshake failed');
}

export const benchmarks: readonly Benchmark[] = [
  {
    name: 'ikev2-handshake',
    async run() {
      const base = await loadNodeProvider(seededRandom('benchmark'));
      const recorded = recordedCrypto(base);
      let count = 0;
      const run = (provider: CryptoProvider) => {
        const [a, b] = [engineOf('a', provider), engineOf('b', provider)];
        for (let index = 0; index < handshakes; index += 1) {
          handshake(a, b, count % 60_000);
          count += 1;
        }
      };
      run(recorded.provider);
      for (let warmed = 0; warmed < warmUps; warmed += 1) run(base);
      // Processor time: what other processes do on the machine does not count, what the collector does in threads does.
      const times = await interleaved({ whole: () => run(base), bare: () => recorded.replay() }, rounds, cpuMillis);
      const [whole, bare] = [median(times.whole), median(times.bare)];
      const rows: Row[] = [
        { name: 'one handshake, both sides', value: (1000 * whole) / handshakes, unit: 'µs' },
        {
          name: 'its bare cryptographic operations',
          value: (1000 * bare) / handshakes,
          unit: 'µs',
          note: `${recorded.count / handshakes} operations`,
        },
        { name: 'handshake against bare operations', value: whole / bare, unit: 'x', limit: overheadLimit },
        { name: 'handshakes, both sides on one core', value: handshakes / (whole / 1000), unit: 'per second' },
      ];
      return rows;
    },
  },
  {
    name: 'ikev2-memory',
    async run() {
      const provider = await loadNodeProvider(seededRandom('benchmark'));
      const [a, b] = [engineOf('a', provider), engineOf('b', provider)];
      for (let index = 0; index < 100; index += 1) handshake(a, b, 50_000 + index);
      const used = () => {
        globalThis.gc?.();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      const before = used();
      for (let index = 0; index < pairs; index += 1) handshake(a, b, index);
      const octets = (used() - before) / pairs;
      const { stack } = createIpsecStack({ config: configs.a, provider }, 0);
      const installed: SaParameters[] = [];
      const [c, d] = [engineOf('a', provider), engineOf('b', provider)];
      for (let index = 0; index < pairs; index += 1)
        handshake(c, d, index, (by, sa) => by === 'a' && installed.push(sa));
      const beforeAdding = used();
      for (const sa of installed) if ('why' in stack.addSa(sa, 0)) throw new Error('an SA that cannot be installed');
      const ofSas = (used() - beforeAdding) / pairs;
      if (stack.sad.size !== 2 * pairs) throw new Error(`${stack.sad.size} SAs, not ${2 * pairs}`);
      return [
        // Both engines are in this process: half of it is one side's.
        { name: 'an IKE SA and its Child SA, one side', value: octets / 2 / 1024, unit: 'KiB', limit: 32 },
        { name: 'its two ESP SAs in the data path', value: ofSas / 1024, unit: 'KiB', limit: 16 },
      ];
    },
  },
];
