/** Systems and SAs in words that go through JSON, for programs that run in a namespace of their own. */
import { encryptionKeymatLength } from '../../../../src/engine/crypto/provider.js';
import type { SaLimits, SaParameters } from '../../../../src/engine/ipsec/sa.js';
import { type Address, parseAddress, prefixRange } from '../../../../src/model/address.js';
import type { Origin, Sourced } from '../../../../src/model/origin.js';
import { Secret } from '../../../../src/model/secret.js';
import { type Box, fullBox, type Region } from '../../../../src/model/selector/box.js';
import type { ChildProposal, SaTemplate, SpdEntry, SystemConfig } from '../../../../src/model/system-config.js';
import { authentication, encryption } from '../../../../src/model/transform.js';

export interface SuiteWords {
  readonly protocol?: 'ESP' | 'AH';
  readonly encryption?: string;
  readonly authentication?: string;
}

export interface TemplateWords extends SuiteWords {
  readonly mode: 'transport' | 'tunnel';
  readonly local?: string;
  readonly remote?: string;
}

export interface EntryWords {
  readonly name: string;
  /** Prefixes; everything of the family of the other one when absent. */
  readonly local?: string;
  readonly remote?: string;
  readonly protocol?: number;
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly action: 'BYPASS' | 'DISCARD' | readonly TemplateWords[];
}

export interface SystemWords {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly spd: readonly EntryWords[];
  readonly forwardSpd?: readonly EntryWords[];
}

export interface SaWords extends SuiteWords {
  readonly direction: 'inbound' | 'outbound';
  readonly mode: 'transport' | 'tunnel';
  readonly spi: number;
  readonly local: string;
  readonly remote: string;
  /** Both ends make the same keys of it. */
  readonly keySeed: number;
  readonly esn?: boolean;
  readonly window?: number;
  readonly limits?: SaLimits;
  readonly inUdp?: boolean;
  readonly remotePort?: number;
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`no address: ${text}`);
  return parsed;
}

function sourced<T>(value: T): Sourced<T> {
  const origin: Origin = { kind: 'builtin', what: 'test' };
  return { value, origin };
}

const source = (name: string) => ({ record: { kind: 'host', name } }) as const;

function proposalOf({ protocol = 'ESP', encryption: cipher, authentication: integrity }: SuiteWords): ChildProposal {
  return {
    source: source('proposal'),
    name: [protocol, cipher, integrity].join(' '),
    protocol,
    encryption: cipher ? [encryption(cipher)] : [],
    authentication: integrity ? [authentication(integrity)] : [],
    esn: ['no-esn', 'esn'],
    lifetimeSeconds: sourced(3600),
    lifetimeKilobytes: sourced(0),
  };
}

function regionOf({ local, remote, protocol, localPort, remotePort }: EntryWords): Region {
  const families = local || remote ? [address((local ?? remote)!.split('/')[0]!).family] : ([4, 6] as const);
  return families.map((family): Box => {
    const side = (words: string | undefined) => {
      if (words === undefined) return fullBox(family).local;
      const [text = '', length] = words.split('/');
      const bits = length === undefined ? (family === 4 ? 32 : 128) : Number(length);
      const { first, last } = prefixRange(address(text), bits);
      return { lo: first, hi: last };
    };
    const port = (number: number | undefined) =>
      number === undefined ? { lo: 0, hi: 65_535 } : { lo: number, hi: number };
    return {
      ...fullBox(family),
      local: side(local),
      remote: side(remote),
      ...(protocol === undefined ? {} : { protocol: { lo: protocol, hi: protocol } }),
      x: port(localPort),
      y: port(remotePort),
    };
  });
}

function entryOf(words: EntryWords): SpdEntry {
  const { name, action } = words;
  const selectors = regionOf(words);
  if (typeof action === 'string') return { source: source(name), selectors, action: { kind: action } };
  const bundle = action.map(
    (template): SaTemplate => ({
      source: source(name),
      mode: template.mode,
      ...(template.local ? { localEndpoint: address(template.local) } : {}),
      ...(template.remote ? { remoteEndpoint: address(template.remote) } : {}),
      selectors: [fullBox(4), fullBox(6)],
      proposals: [proposalOf(template)],
    }),
  );
  return {
    source: source(name),
    selectors,
    action: { kind: 'PROTECT', bundle, populateFromPacket: false, fallbackToClear: false },
  };
}

export function systemOf({ name, addresses, spd, forwardSpd = [] }: SystemWords): SystemConfig {
  return {
    name,
    addresses: addresses.map(address),
    spd: spd.map(entryOf),
    forwardSpd: forwardSpd.map(entryOf),
    pad: [],
    ikePolicies: [],
    padSearch: 'first-match',
  };
}

/** The octets of a key; `what` makes keys of one seed differ. */
export function keyOctets(seed: number, what: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + what * 101 + index * 7 + 3) & 255);
}

export function saOf(words: SaWords): SaParameters {
  const { protocol = 'ESP', encryption: cipherName, authentication: integrityName, keySeed } = words;
  const cipher = cipherName === undefined ? undefined : encryption(cipherName);
  const integrity = integrityName === undefined ? undefined : authentication(integrityName);
  return {
    direction: words.direction,
    protocol,
    spi: words.spi,
    mode: words.mode,
    local: address(words.local),
    remote: address(words.remote),
    selectors: [fullBox(4), fullBox(6)],
    ...(cipher ? { encryption: cipher } : {}),
    ...(integrity ? { authentication: integrity } : {}),
    keys: {
      ...(cipher ? { encryption: new Secret(keyOctets(keySeed, 1, encryptionKeymatLength(cipher))) } : {}),
      ...(integrity ? { authentication: new Secret(keyOctets(keySeed, 2, integrity.keyBits / 8)) } : {}),
    },
    esn: words.esn ?? false,
    replayWindow: words.window ?? 1024,
    limits: words.limits ?? {},
    manual: false,
    ...(words.inUdp ? { udpEncapsulation: { localPort: 4500, remotePort: words.remotePort ?? 4500 } } : {}),
  };
}
