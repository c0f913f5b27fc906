/**
 * The data path: what an ESP packet of 1400 octets costs against its bare cipher operations under the same keys, for sealing and
 * for opening with the sequence number checked; and what the stack adds with SPD and SAD.
 */
import { loadNodeProvider } from '../src/engine/crypto/node/load.js';
import { algorithmFor, type CryptoProvider, encryptionKeymatLength } from '../src/engine/crypto/provider.js';
import { seededRandom } from '../src/engine/crypto/random.js';
import { receive } from '../src/engine/ipsec/inbound.js';
import { buildIp } from '../src/engine/ipsec/ip-build.js';
import { applySa } from '../src/engine/ipsec/outbound.js';
import { type IpPacket, parseIp } from '../src/engine/ipsec/packet.js';
import { acceptSequence, checkReplay, createReplayWindow, inferSequence } from '../src/engine/ipsec/replay-window.js';
import { createSa, type Sa, type SaParameters } from '../src/engine/ipsec/sa.js';
import { createSad } from '../src/engine/ipsec/sad.js';
import { createIpsecStack } from '../src/engine/ipsec/stack.js';
import { Secret } from '../src/model/secret.js';
import { everything, type Region } from '../src/model/selector/box.js';
import type { SaTemplate, SpdEntry } from '../src/model/system-config.js';
import { authentication, encryption } from '../src/model/transform.js';
import { interleaved, median } from './measure.js';
import type { Benchmark, Row } from './row.js';

const random = seededRandom('benchmark');
const [local, remote] = [
  { family: 4, value: 0xc0000201 },
  { family: 4, value: 0xc0000202 },
] as const;
const packet = buildIp({ source: local, destination: remote, protocol: 17 }, random(1380))!;
const packets = 1000;
const rounds = 5;
/** Measured 1 to 7.5 on a busy machine: headers and copies cost the same whatever the cipher. Work for each octet would be far above. */
const overheadLimit = 20;
const ports = { ike: 500, natTraversal: 4500 };

interface Suite {
  readonly name: string;
  readonly encryption?: string;
  readonly authentication?: string;
}

const suites: readonly Suite[] = [
  { name: 'ESP AES-GCM-16-128', encryption: 'AES-GCM-16-128' },
  { name: 'ESP CHACHA20-POLY1305', encryption: 'CHACHA20-POLY1305' },
  { name: 'ESP AES-CCM-16-128', encryption: 'AES-CCM-16-128' },
  { name: 'ESP AES-CBC-128 SHA1', encryption: 'AES-CBC-128', authentication: 'HMAC-SHA1-96' },
  { name: 'ESP AES-CBC-256 SHA2-256', encryption: 'AES-CBC-256', authentication: 'HMAC-SHA2-256-128' },
  { name: 'ESP AES-CTR-128 SHA2-256', encryption: 'AES-CTR-128', authentication: 'HMAC-SHA2-256-128' },
  { name: 'ESP 3DES SHA1', encryption: '3DES-CBC', authentication: 'HMAC-SHA1-96' },
  { name: 'ESP NULL SHA2-256', encryption: 'NULL', authentication: 'HMAC-SHA2-256-128' },
  { name: 'AH SHA1', authentication: 'HMAC-SHA1-96' },
  { name: 'AH SHA2-256', authentication: 'HMAC-SHA2-256-128' },
];

function parametersOf(suite: Suite, direction: 'inbound' | 'outbound', selectors: Region = everything): SaParameters {
  const cipher = suite.encryption ? encryption(suite.encryption) : undefined;
  const integrity = suite.authentication ? authentication(suite.authentication) : undefined;
  return {
    direction,
    protocol: cipher ? 'ESP' : 'AH',
    spi: 0x1000,
    mode: 'tunnel',
    local: direction === 'outbound' ? local : remote,
    remote: direction === 'outbound' ? remote : local,
    selectors,
    ...(cipher ? { encryption: cipher } : {}),
    ...(integrity ? { authentication: integrity } : {}),
    keys: {
      ...(cipher ? { encryption: new Secret(new Uint8Array(encryptionKeymatLength(cipher)).fill(7)) } : {}),
      ...(integrity ? { authentication: new Secret(new Uint8Array(integrity.keyBits / 8).fill(9)) } : {}),
    },
    esn: true,
    replayWindow: 1024,
    limits: {},
    manual: false,
  };
}

function made(parameters: SaParameters, provider: CryptoProvider): Sa {
  const sa = createSa(parameters, provider, 0);
  if ('why' in sa) throw new Error(sa.why);
  return sa;
}

/** The operations that no implementation can do without, on as many octets. */
function bare({ encryption: cipherName, authentication: integrityName }: Suite, provider: CryptoProvider) {
  const cipher = cipherName ? encryption(cipherName) : undefined;
  const integrity = integrityName ? authentication(integrityName) : undefined;
  const keymat = new Secret(new Uint8Array(cipher ? encryptionKeymatLength(cipher) : 0).fill(7));
  const aead = cipher && algorithmFor(provider.aeads, cipher)?.key(keymat);
  const plain = cipher && algorithmFor(provider.ciphers, cipher)?.key(keymat);
  const mac =
    integrity &&
    algorithmFor(provider.integrities, integrity)?.key(new Secret(new Uint8Array(integrity.keyBits / 8).fill(9)));
  const [iv, aad] = [random(cipher?.ivOctets ?? 0), random(12)];
  const data = random(1408);
  const ciphertext = plain ? plain.encrypt(iv, data) : data;
  const sealed = aead?.seal(iv, data, aad);
  const icv = mac?.sign(ciphertext, aad);
  return {
    seal() {
      if (aead) return aead.seal(iv, data, aad);
      return mac?.sign(plain ? plain.encrypt(iv, data) : data, aad);
    },
    open() {
      if (aead) return aead.open(iv, sealed!, aad);
      return mac?.verify(icv!, ciphertext, aad) && plain?.decrypt(iv, ciphertext);
    },
  };
}

async function packetRows(): Promise<Row[]> {
  const provider = await loadNodeProvider(random);
  const ip = parseIp(packet) as IpPacket;
  const env = { random: provider.random, identification: () => 1, now: 0 };
  const rows: Row[] = [];
  for (const suite of suites) {
    const out = made(parametersOf(suite, 'outbound'), provider);
    const seal = () => applySa(out, ip, env).result;
    // Each packet is opened once, by a receiver that starts anew each round.
    const sealed = Array.from({ length: packets }, () => seal() as IpPacket);
    const openAll = () => {
      const sad = createSad();
      const into = made(parametersOf(suite, 'inbound'), provider);
      sad.add(into);
      for (const each of sealed)
        if (receive(sad, each, ports, 0).result.kind !== 'opened') throw new Error('not opened');
    };
    const primitive = bare(suite, provider);
    const repeated = (operation: () => unknown) => () => {
      for (let count = 0; count < packets; count += 1) operation();
    };
    const taken = await interleaved(
      { seal: repeated(seal), open: openAll, bareSeal: repeated(primitive.seal), bareOpen: repeated(primitive.open) },
      rounds,
    );
    for (const [name, ours, theirs] of [
      ['seal', taken.seal, taken.bareSeal],
      ['open', taken.open, taken.bareOpen],
    ] as const) {
      const [whole, operation] = [median(ours), median(theirs)];
      rows.push({ name: `${suite.name} ${name} / bare`, value: whole / operation, unit: 'x', limit: overheadLimit });
      rows.push({ name: `${suite.name} ${name}, 1400 octets`, value: (1000 * whole) / packets, unit: 'µs' });
    }
  }
  return rows;
}

const entriesOfLargeSpd = 10_000;
/** Measured 1.6 to 4 on a busy machine; a linear search would be far above. */
const largeSpdLimit = 10;

/** The stack against the SA alone, with an SPD in which many entries come first. */
async function stackRows(): Promise<Row[]> {
  const provider = await loadNodeProvider(random);
  const suite = suites[0]!;
  const source = { record: { kind: 'host', name: 'benchmark' } } as const;
  const value = <T>(of: T) => ({ value: of, origin: { kind: 'builtin', what: 'benchmark' } }) as const;
  const template: SaTemplate = {
    source,
    mode: 'tunnel',
    localEndpoint: local,
    remoteEndpoint: remote,
    selectors: everything,
    proposals: [
      {
        source,
        name: suite.name,
        protocol: 'ESP',
        encryption: [encryption(suite.encryption!)],
        authentication: [],
        esn: ['esn'],
        lifetimeSeconds: value(0),
        lifetimeKilobytes: value(0),
      },
    ],
  };
  const others = Array.from({ length: entriesOfLargeSpd }, (_, index): SpdEntry => {
    const at = { lo: 0x0a000000 + 16 * index, hi: 0x0a000007 + 16 * index };
    return { source, selectors: [{ ...everything[0]!, remote: at }], action: { kind: 'DISCARD' } };
  });
  const last: SpdEntry = {
    source,
    selectors: everything,
    action: { kind: 'PROTECT', bundle: [template], populateFromPacket: false, fallbackToClear: false },
  };
  const config = { name: 'a', addresses: [local], spd: [...others, last], forwardSpd: [], pad: [], ikePolicies: [] };
  const { stack } = createIpsecStack({ config: { ...config, padSearch: 'first-match' }, provider }, 0);
  stack.addSa(parametersOf(suite, 'outbound'), 0);
  const alone = made(parametersOf(suite, 'outbound'), provider);
  const ip = parseIp(packet) as IpPacket;
  const env = { random: provider.random, identification: () => 1, now: 0 };
  const repeated = (operation: () => unknown) => () => {
    for (let count = 0; count < packets; count += 1) operation();
  };
  const taken = await interleaved(
    { stack: repeated(() => stack.outbound(packet, 0)), alone: repeated(() => applySa(alone, ip, env)) },
    rounds,
  );
  const [whole, sa] = [median(taken.stack), median(taken.alone)];
  return [
    { name: `outbound, ${entriesOfLargeSpd} entries / SA alone`, value: whole / sa, unit: 'x', limit: largeSpdLimit },
    { name: 'outbound, AES-GCM-16-128', value: (1000 * whole) / packets, unit: 'µs' },
  ];
}

async function windowRows(): Promise<Row[]> {
  const count = 20_000;
  const run = (size: number) => () => {
    const window = createReplayWindow(size, true);
    for (let number = 1; number <= count; number += 1) {
      const sequence = inferSequence(window, number ^ 1);
      if (checkReplay(window, sequence) === 'fresh') acceptSequence(window, sequence);
    }
  };
  const taken = await interleaved({ small: run(64), large: run(1 << 20) }, rounds);
  const [small, large] = [median(taken.small), median(taken.large)];
  return [
    { name: 'window of 2^20 / window of 64', value: large / small, unit: 'x', limit: 3 },
    { name: 'check and accept, window of 64', value: (1000 * small) / count, unit: 'µs' },
  ];
}

export const benchmarks: readonly Benchmark[] = [
  { name: 'ipsec-packets', run: packetRows },
  { name: 'ipsec-stack', run: stackRows },
  { name: 'ipsec-replay-window', run: windowRows },
];
