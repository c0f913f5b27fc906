/** SAs, packets and configurations for the tests of this folder. */

import { aeadNames, cipherNames, integrityNames } from '../../../src/engine/crypto/preference.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { encryptionKeymatLength } from '../../../src/engine/crypto/provider.js';
import { buildIp, internetChecksum } from '../../../src/engine/ipsec/ip-build.js';
import { type IpPacket, isIpFault, parseIp } from '../../../src/engine/ipsec/packet.js';
import { createSa, type Sa, type SaParameters } from '../../../src/engine/ipsec/sa.js';
import { type Address, parseAddress } from '../../../src/model/address.js';
import type { Origin, Sourced } from '../../../src/model/origin.js';
import { Secret } from '../../../src/model/secret.js';
import { everything, type Region } from '../../../src/model/selector/box.js';
import type {
  ChildProposal,
  EntrySource,
  SaTemplate,
  SpdAction,
  SpdEntry,
  SystemConfig,
} from '../../../src/model/system-config.js';
import { authentication, encryption } from '../../../src/model/transform.js';
import { node } from '../crypto/support.js';

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

/** Octets that look like nothing in particular, always the same. */
export function pattern(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (start + index * 7) & 255);
}

/** A UDP datagram with a right checksum. */
export function udpPacket(
  from: string,
  to: string,
  {
    sourcePort = 4000,
    destinationPort = 23,
    data = pattern(40),
    trafficClass = 0,
    dontFragment = false,
    hopLimit = 64,
  }: {
    sourcePort?: number;
    destinationPort?: number;
    data?: Uint8Array;
    trafficClass?: number;
    dontFragment?: boolean;
    hopLimit?: number;
  } = {},
): Uint8Array {
  const udp = new Uint8Array(8 + data.length);
  const view = new DataView(udp.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, udp.length);
  udp.set(data, 8);
  const header = {
    source: address(from),
    destination: address(to),
    protocol: 17,
    trafficClass,
    dontFragment,
    hopLimit,
  };
  const octets = buildIp({ ...header, identification: 7 }, udp)!;
  const ip = ipOf(octets);
  const pseudo = new Uint8Array(8);
  new DataView(pseudo.buffer).setUint32(0, udp.length);
  pseudo[7] = 17;
  const addresses = ip.family === 4 ? octets.subarray(12, 20) : octets.subarray(8, 40);
  new DataView(octets.buffer).setUint16(ip.payloadOffset + 6, internetChecksum(addresses, pseudo, udp) || 0xffff);
  return octets;
}

/** A packet that must be one. */
export function ipOf(octets: Uint8Array): IpPacket {
  const ip = parseIp(octets);
  if (isIpFault(ip)) throw new Error(ip.why);
  return ip;
}

export interface Suite {
  readonly protocol: 'ESP' | 'AH';
  readonly encryption?: string;
  readonly authentication?: string;
}

export function suiteName({ protocol, encryption: cipher, authentication: integrity }: Suite): string {
  return [protocol, cipher, integrity].filter(Boolean).join(' ');
}

/** Every combined-mode cipher, every cipher with one integrity algorithm, every integrity algorithm with NULL and in AH. */
export const suites: readonly Suite[] = [
  ...aeadNames.map((name): Suite => ({ protocol: 'ESP', encryption: name })),
  ...cipherNames.map((name): Suite => ({ protocol: 'ESP', encryption: name, authentication: 'HMAC-SHA1-96' })),
  ...integrityNames.map((name): Suite => ({ protocol: 'ESP', encryption: 'NULL', authentication: name })),
  ...integrityNames.map((name): Suite => ({ protocol: 'ESP', encryption: 'AES-CBC-128', authentication: name })),
  ...integrityNames.map((name): Suite => ({ protocol: 'AH', authentication: name })),
];

export function saParameters(suite: Suite, more: Partial<SaParameters> = {}): SaParameters {
  const cipher = suite.encryption === undefined ? undefined : encryption(suite.encryption);
  const integrity = suite.authentication === undefined ? undefined : authentication(suite.authentication);
  return {
    direction: 'outbound',
    protocol: suite.protocol,
    spi: 0x1000,
    mode: 'transport',
    local: address('192.0.2.1'),
    remote: address('192.0.2.2'),
    selectors: everything,
    ...(cipher ? { encryption: cipher } : {}),
    ...(integrity ? { authentication: integrity } : {}),
    keys: {
      ...(cipher ? { encryption: new Secret(pattern(encryptionKeymatLength(cipher), 3)) } : {}),
      ...(integrity ? { authentication: new Secret(pattern(integrity.keyBits / 8, 91)) } : {}),
    },
    esn: false,
    replayWindow: 64,
    limits: {},
    manual: false,
    ...more,
  };
}

export function sa(parameters: SaParameters, provider: CryptoProvider = node): Sa {
  const made = createSa(parameters, provider, 0);
  if ('why' in made) throw new Error(made.why);
  return made;
}

/** The same SA at its other end. */
export function mirror(parameters: SaParameters): SaParameters {
  const { local, remote, udpEncapsulation: ports } = parameters;
  return {
    ...parameters,
    direction: parameters.direction === 'outbound' ? 'inbound' : 'outbound',
    local: remote,
    remote: local,
    ...(ports ? { udpEncapsulation: { localPort: ports.remotePort, remotePort: ports.localPort } } : {}),
  };
}

const origin: Origin = { kind: 'builtin', what: 'test' };

export function sourced<T>(value: T): Sourced<T> {
  return { value, origin };
}

function source(name: string): EntrySource {
  return { record: { kind: 'host', name } };
}

export function proposal(suite: Suite): ChildProposal {
  return {
    source: source('proposal'),
    name: suiteName(suite),
    protocol: suite.protocol,
    encryption: suite.encryption ? [encryption(suite.encryption)] : [],
    authentication: suite.authentication ? [authentication(suite.authentication)] : [],
    esn: ['no-esn', 'esn'],
    lifetimeSeconds: sourced(3600),
    lifetimeKilobytes: sourced(0),
  };
}

export function template(name: string, suite: Suite, more: Partial<SaTemplate> = {}): SaTemplate {
  return { source: source(name), mode: 'transport', selectors: everything, proposals: [proposal(suite)], ...more };
}

export function entry(name: string, selectors: Region, action: SpdAction): SpdEntry {
  return { source: source(name), selectors, action };
}

export function protect(...bundle: SaTemplate[]): SpdAction & { kind: 'PROTECT' } {
  return { kind: 'PROTECT', bundle, populateFromPacket: false, fallbackToClear: false };
}

export function config(
  name: string,
  addresses: readonly string[],
  spd: readonly SpdEntry[],
  forwardSpd: readonly SpdEntry[] = [],
): SystemConfig {
  return {
    name,
    addresses: addresses.map(address),
    spd,
    forwardSpd,
    pad: [],
    ikePolicies: [],
    padSearch: 'first-match',
  };
}
