/** The section `secrets` for the shared keys of a configuration. */
import type { Address } from '../../model/address.js';
import type { Secret } from '../../model/secret.js';
import type { IdentityPattern, PadEntry, SharedSecret, SystemConfig } from '../../model/system-config.js';
import type { Loss } from '../dialect.js';
import { type SettingsNode, section, sectionName, setting } from './settings-text.js';
import type { Ends } from './write-connection.js';
import { patternKey, patternWord, rangeWord, strictWord } from './write-words.js';

/** Whose secret is asked for. */
export interface SecretQuestion {
  readonly pad: PadEntry;
  readonly ends: Ends;
}

/** Beginnings of names by use; the first one is taken for names that have none. */
const prefixes = { IKE: ['ike'], EAP: ['eap', 'xauth', 'ntlm'], PPK: ['ppk'] } as const;

/** A section with every secret that is known, or none. */
export function writeSecrets(
  config: SystemConfig,
  questions: readonly SecretQuestion[],
): { readonly nodes: readonly SettingsNode[]; readonly losses: readonly Loss[] } {
  const writer = new SecretWriter(config.addresses);
  for (const shared of config.sharedSecrets ?? []) writer.shared(shared);
  const told = new Set<PadEntry>();
  for (const { pad, ends } of questions) {
    const isPsk = pad.localMethod.value === 'PSK' || pad.remoteMethod.value === 'PSK';
    if (!isPsk || told.has(pad) || (config.sharedSecrets ?? []).some(({ use }) => use === 'IKE')) continue;
    told.add(pad);
    writer.ofPad(pad, ends);
  }
  return writer;
}

/** Own addresses that a secret is tied to. */
const ownMax = 16;

class SecretWriter {
  readonly losses: Loss[] = [];
  readonly #sections: SettingsNode[] = [];
  readonly #names = new Set<string>();
  readonly #known = new Map<string, Secret[]>();

  constructor(readonly addresses: readonly Address[]) {}

  get nodes(): readonly SettingsNode[] {
    return this.#sections.length > 0 ? [section('secrets', this.#sections)] : [];
  }

  shared({ source, use, owners, secret }: SharedSecret): void {
    const { name } = source.record;
    if (secret.value.kind !== 'literal') {
      this.#lose(source, `${name}: the secret is not written down, and must be put into secrets`);
      return;
    }
    const words = owners.map(({ value }) => patternWord(value));
    // Without owners it would be everybody's.
    if (words.some((word) => word === undefined)) {
      this.#lose(source, `${name}: whom the secret belongs to cannot be written, and it is left out`);
      return;
    }
    const [prefix] = prefixes[use];
    const isNamed = prefixes[use].some((one) => name.startsWith(one));
    this.#put(isNamed ? name : `${prefix}-${name}`, prefix, words as string[], secret.value.secret);
  }

  ofPad(pad: PadEntry, ends: Ends): void {
    const { name } = pad.source.record;
    const reference = pad.presharedKey?.value;
    if (reference?.kind !== 'literal') {
      const where = reference?.kind === 'file' ? 'in a file' : 'in a variable of the environment';
      this.#lose(
        pad.source,
        reference
          ? `${name}: the preshared key is ${where}, which is not read, and must be put into secrets`
          : `${name}: no preshared key is known, and must be put into secrets`,
      );
      return;
    }
    const local = this.#own(pad, ends);
    const owner = ownerOf(pad, ends);
    const word = owner === undefined ? undefined : (patternWord(owner) ?? strictWord(owner));
    // What is told apart by own identities only needs both; else the peer's alone keeps the key from other peers.
    const key = owner === undefined ? '' : patternKey(owner);
    const others = this.#known.get(key) ?? [];
    const isOther = others.some((other) => !other.equals(reference.secret));
    this.#known.set(key, [...others, reference.secret]);
    // Who calls does not know yet which of several identities the peer will have.
    const isOpen = owner !== undefined && !isOne(owner);
    const owners = [
      ...(word === undefined ? [] : [word]),
      ...(isOther || isOpen || word === undefined ? local.flatMap((one) => patternWord(one) ?? []) : []),
    ];
    this.#put(`ike-${name}`, 'ike', owners, reference.secret);
  }

  /** Identities that this system sends, as far as they are known. */
  #own({ localId, remote }: PadEntry, { local }: Ends): readonly IdentityPattern[] {
    if (localId) {
      const { type, value } = localId.value;
      return value === undefined ? [] : [{ kind: 'exact', type, value }];
    }
    const addresses = local ? [local] : this.addresses.filter(({ family }) => family === remote.family);
    return addresses.slice(0, ownMax).map(addressPattern);
  }

  #put(wanted: string, prefix: string, owners: readonly string[], secret: Secret): void {
    const name = sectionName(wanted, this.#names, prefix);
    const ids = owners.map((word, at) => setting(owners.length === 1 ? 'id' : `id-${at + 1}`, word));
    this.#sections.push(section(name, [...ids, setting('secret', secretWord(secret))]));
  }

  #lose(source: PadEntry['source'], message: string): void {
    this.losses.push({ effect: 'negotiation', message, source });
  }
}

function addressPattern({ family, value }: Address): IdentityPattern {
  return { kind: 'addresses', type: family === 4 ? 'IPV4' : 'IPV6', range: { family, first: value, last: value } };
}

/** Does a pattern stand for one identity? */
function isOne(pattern: IdentityPattern): boolean {
  return pattern.kind === 'exact' || (pattern.kind === 'addresses' && pattern.range.first === pattern.range.last);
}

/** The peer as secrets are looked up: by its identity, or its address. */
function ownerOf({ remoteId, remote }: PadEntry, ends: Ends): IdentityPattern | undefined {
  if (remoteId) return remoteId.value.kind === 'anything' ? undefined : remoteId.value;
  const range = ends.remote
    ? { family: ends.remote.family, first: ends.remote.value, last: ends.remote.value }
    : remote;
  const isOpen = BigInt(range.first) === 0n && rangeWord(range).endsWith('/0');
  return isOpen ? undefined : { kind: 'addresses', type: range.family === 4 ? 'IPV4' : 'IPV6', range };
}

/** Printable text as it is, anything else, and what would be taken for octets, as octets. */
function secretWord(secret: Secret): string {
  const octets = secret.reveal();
  const text = String.fromCharCode(...octets);
  const isText = octets.length > 0 && octets.every((octet) => octet >= 0x20 && octet < 0x7f) && !/^0[xs]/i.test(text);
  return isText ? text : `0x${[...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}
