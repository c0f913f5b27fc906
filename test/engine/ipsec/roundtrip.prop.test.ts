/** What goes through an SA comes out of it, by every suite, mode, IP version and kind of sequence number; nothing else does. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { seededRandom } from '../../../src/engine/crypto/random.js';
import { receive } from '../../../src/engine/ipsec/inbound.js';
import { applySa, innerMtu, protectedLength } from '../../../src/engine/ipsec/outbound.js';
import { isIpFault, parseIp } from '../../../src/engine/ipsec/packet.js';
import type { Sa, SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { noble, node } from '../crypto/support.js';
import { address, ipOf, mirror, pattern, sa, saParameters, suiteName, suites, udpPacket } from './support.js';

const ports = { ike: 500, natTraversal: 4500 };
const hosts = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;
const gateways = { 4: ['198.51.100.1', '198.51.100.2'], 6: ['2001:db8:ffff::1', '2001:db8:ffff::2'] } as const;

interface Case {
  readonly mode: 'transport' | 'tunnel';
  readonly inner: 4 | 6;
  readonly outer: 4 | 6;
  readonly esn: boolean;
  readonly udp: boolean;
  readonly length: number;
  readonly tfcLength: number;
}

const cases = fc.record<Case>({
  mode: fc.constantFrom('transport', 'tunnel'),
  inner: fc.constantFrom(4, 6),
  outer: fc.constantFrom(4, 6),
  esn: fc.boolean(),
  udp: fc.boolean(),
  length: fc.integer({ min: 0, max: 1400 }),
  tfcLength: fc.constantFrom(0, 0, 700),
});

function parametersOf(suite: (typeof suites)[number], about: Case): SaParameters {
  const { mode, inner, outer, esn, udp, tfcLength } = about;
  const [local, remote] = mode === 'tunnel' ? gateways[outer] : hosts[inner];
  const isEsp = suite.protocol === 'ESP';
  return saParameters(suite, {
    mode,
    esn,
    local: address(local),
    remote: address(remote),
    ...(udp && isEsp ? { udpEncapsulation: { localPort: 4500, remotePort: 10_000 } } : {}),
    ...(mode === 'tunnel' && isEsp && tfcLength > 0 ? { tfcLength } : {}),
  });
}

function protectOne(out: Sa, octets: Uint8Array, seed = 'iv'): Uint8Array {
  const random = seededRandom(seed);
  const { result } = applySa(out, ipOf(octets), { random, identification: () => 9, now: 0 });
  if ('kind' in result) throw new Error(result.why);
  return result.octets;
}

function receiver(
  parameters: SaParameters,
  provider: CryptoProvider,
): { readonly inSa: Sa; take(octets: Uint8Array): ReturnType<typeof receive> } {
  const sad = createSad();
  const { udpEncapsulation } = parameters;
  const inSa = sa(mirror(parameters), provider);
  sad.add(inSa);
  const natTraversal = udpEncapsulation?.remotePort ?? ports.natTraversal;
  return { inSa, take: (octets) => receive(sad, ipOf(octets), { ike: 500, natTraversal }, 0) };
}

describe.each(suites.map((suite) => ({ suite, name: suiteName(suite) })))('$name', ({ suite }) => {
  test.prop([cases, fc.nat()], { numRuns: 6 })(
    'comes out as it went in, and not when a bit is flipped',
    (about, flip) => {
      const parameters = parametersOf(suite, about);
      const [from, to] = hosts[about.inner];
      const packet = udpPacket(from, to, { data: pattern(about.length), trafficClass: 0xba });
      const out = sa(parameters, node);
      const reference = sa(parameters, noble);
      // ESN: the number to send is beyond 2^32, and the receiver knows how far its sender is.
      const sent = about.esn ? 0x1_ffff_fffen : 0n;
      out.usage.sequence = sent;
      reference.usage.sequence = sent;
      const octets = protectOne(out, packet);
      expect(protectOne(reference, packet)).toEqual(octets);
      const transportHeaders = about.inner === 4 ? 20 : 40;
      expect(octets.length).toBe(protectedLength([out], packet.length, transportHeaders));
      const { inSa, take } = receiver(parameters, noble);
      inSa.window.top = sent;
      // A forged packet changes nothing, and the true one is taken afterwards.
      const forged = octets.slice();
      const esp = ipOf(octets).payloadOffset + (parameters.udpEncapsulation ? 8 : 0);
      const at = esp + 4 + (flip % (octets.length - esp - 4));
      forged[at]! ^= 1 << (flip & 7);
      const refused = take(forged).result;
      expect(refused.kind).toBe('drop');
      expect(inSa.window.top).toBe(sent);
      const { result } = take(octets);
      if (result.kind !== 'opened') throw new Error(`${result.kind} ${'why' in result ? result.why : ''}`);
      expect(result.ip.octets).toEqual(packet);
      expect(take(octets).result).toMatchObject({ kind: 'drop', reason: 'replay' });
    },
  );
});

describe('AH', () => {
  test.prop([fc.constantFrom<4 | 6>(4, 6), fc.constantFrom<'transport' | 'tunnel'>('transport', 'tunnel'), fc.nat()])(
    'protects every bit of a packet but the mutable ones',
    (family, mode, flip) => {
      const about: Case = { mode, inner: family, outer: family, esn: false, udp: false, length: 30, tfcLength: 0 };
      const parameters = parametersOf({ protocol: 'AH', authentication: 'HMAC-SHA2-256-128' }, about);
      const [from, to] = hosts[family];
      const octets = protectOne(sa(parameters), udpPacket(from, to, { data: pattern(30) }));
      const forged = octets.slice();
      const bit = flip % (octets.length * 8);
      forged[bit >> 3]! ^= 0x80 >> (bit & 7);
      const ip = parseIp(forged);
      const isMutable =
        family === 4 ? [1, 6, 7, 8, 10, 11].includes(bit >> 3) : (bit >= 4 && bit < 32) || bit >> 3 === 7;
      const { take } = receiver(parameters, node);
      const taken = !isIpFault(ip) && !ip.fragment ? take(forged).result : undefined;
      expect(taken?.kind === 'opened').toBe(isMutable && taken !== undefined);
    },
  );
});

describe('the longest packet that fits', () => {
  test.prop([fc.constantFrom(...suites), cases, fc.integer({ min: 300, max: 9000 })], { numRuns: 200 })(
    'fits, and one octet more does not',
    (suite, about, mtu) => {
      const sas = [sa(parametersOf(suite, { ...about, tfcLength: 0 }))];
      const headers = about.inner === 4 ? 20 : 40;
      const longest = innerMtu(sas, mtu, headers);
      expect(protectedLength(sas, longest, headers)).toBeLessThanOrEqual(mtu);
      expect(protectedLength(sas, longest + 1, headers)).toBeGreaterThan(mtu);
    },
  );
});

describe('any octets', () => {
  const parameters = suites.map((suite, index) =>
    mirror(saParameters(suite, { spi: index + 1, mode: index % 2 ? 'transport' : 'tunnel', esn: index % 3 === 0 })),
  );
  const sad = createSad();
  for (const each of parameters) sad.add(sa(each));

  test.prop([fc.uint8Array({ maxLength: 200 })], { numRuns: 300 })('are read or refused as an IP packet', (octets) => {
    const ip = parseIp(octets);
    if (!isIpFault(ip)) receive(sad, ip, ports, 0);
  });

  test.prop(
    [
      fc.integer({ min: 1, max: suites.length }),
      fc.integer({ min: 0, max: 200 }),
      fc.uint8Array({ maxLength: 120 }),
      fc.boolean(),
    ],
    { numRuns: 1000 },
  )('behind the header of an SA are opened or refused', (spi, sequence, rest, isInUdp) => {
    const { protocol } = parameters[spi - 1]!;
    const head = new Uint8Array(protocol === 'AH' ? 12 : 8);
    const view = new DataView(head.buffer);
    if (protocol === 'AH') {
      view.setUint8(0, 17);
      view.setUint8(1, rest[0] ?? 4);
    }
    view.setUint32(head.length - 8, spi);
    view.setUint32(head.length - 4, sequence);
    const octets = udpPacket('192.0.2.1', '192.0.2.2', {
      destinationPort: 4500,
      data: Uint8Array.from([...head, ...rest]),
    });
    const bare = octets.slice(0, 20 + head.length + rest.length);
    bare.set([...head, ...rest], 20);
    bare[9] = protocol === 'AH' ? 51 : 50;
    new DataView(bare.buffer).setUint16(2, bare.length);
    const { result } = receive(sad, ipOf(isInUdp && protocol === 'ESP' ? octets : bare), ports, 0);
    // An ICV of 64 bits or more is not hit by chance.
    expect(result.kind).toBe('drop');
    expect(result).not.toMatchObject({ reason: 'unknown-spi' });
  });
});

it('covers every algorithm that the providers have', () => {
  const used = new Set(suites.flatMap(({ encryption, authentication }) => [encryption, authentication]));
  const offered = [...node.aeads, ...node.ciphers, ...node.integrities].map(({ transform }) => transform.name);
  expect(offered.filter((name) => !used.has(name))).toEqual([]);
});
