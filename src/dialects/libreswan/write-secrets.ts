/** ipsec.secrets for the preshared keys of a configuration. */
import { type Address, formatAddress } from '../../model/address.js';
import { addressIdentity } from '../../model/peer/identity.js';
import type { Secret } from '../../model/secret.js';
import { findSharedSecret } from '../../model/shared-secret.js';
import type { Identity, PadEntry, SecretReference, SystemConfig } from '../../model/system-config.js';
import type { Loss } from '../dialect.js';
import { formatId } from './identities.js';

/** Whose secret is asked for. */
export interface SecretQuestion {
  readonly pad: PadEntry;
  readonly local?: Address;
  readonly remote?: Address;
}

export interface WrittenSecrets {
  readonly text: string;
  readonly losses: readonly Loss[];
}

/** One line for each pair of identities. */
export function writeSecrets(config: SystemConfig, questions: readonly SecretQuestion[]): WrittenSecrets {
  const lines: string[] = [];
  const losses: Loss[] = [];
  const told = new Set<PadEntry>();
  for (const question of questions) {
    const { pad } = question;
    if (pad.localMethod.value !== 'PSK' && pad.remoteMethod.value !== 'PSK') continue;
    const reference = referenceOf(config, question);
    const name = pad.source.record.name;
    if (reference?.kind !== 'literal') {
      if (told.has(pad)) continue;
      told.add(pad);
      losses.push({
        effect: 'negotiation',
        message: reference
          ? `${name}: the preshared key is in a ${reference.kind === 'file' ? 'file' : 'variable'}, which is not read, and must be put into ipsec.secrets`
          : `${name}: no preshared key is known, and must be put into ipsec.secrets`,
        source: pad.source,
      });
      continue;
    }
    const line = `${indicesOf(question)}: PSK ${secretWord(reference.secret)}`;
    if (!lines.includes(line)) lines.push(line);
  }
  return { text: lines.map((line) => `${line}\n`).join(''), losses };
}

function referenceOf(config: SystemConfig, { pad, local, remote }: SecretQuestion): SecretReference | undefined {
  if (pad.presharedKey) return pad.presharedKey.value;
  const ours = pad.localId?.value ?? (local && addressIdentity(local));
  const found = findSharedSecret(config.sharedSecrets ?? [], 'IKE', ours, remoteIdentity(pad, remote));
  return found?.secret.value;
}

function remoteIdentity({ remoteId }: PadEntry, remote: Address | undefined): Identity | undefined {
  if (remoteId?.value.kind === 'exact') return { type: remoteId.value.type, value: remoteId.value.value };
  if (remoteId?.value.kind === 'addresses') {
    const { family, first, last } = remoteId.value.range;
    return first === last ? addressIdentity({ family, value: first }) : undefined;
  }
  // Whoever may call itself anything goes by its address, as it does unless it is told otherwise.
  const isOpen = !remoteId || remoteId.value.kind === 'anything';
  return isOpen && remote ? addressIdentity(remote) : undefined;
}

/** Identities before the colon, with a blank behind each; none are for everybody. */
function indicesOf({ pad, local, remote }: SecretQuestion): string {
  const own = pad.localId?.value.value === undefined ? local && word(local) : idWord(pad.localId.value);
  const peer = remoteIdentity(pad, remote);
  const words = [own ?? '%any', peer ? idWord(peer) : '%any'];
  return words.map((one) => `${one} `).join('');
}

function word({ family, value }: Address): string {
  return formatAddress(family, value);
}

/** A name with blanks stands in quotes; one that cannot be written stands for anybody. */
function idWord(identity: Identity): string {
  const text = formatId(identity);
  if (/[\n\r"\0]/.test(text)) return '%any';
  return /[\s,#':]/.test(text) && identity.type !== 'IPV6' ? `"${text}"` : text;
}

/** Printable text in quotes, anything else as octets. */
function secretWord(secret: Secret): string {
  const octets = secret.reveal();
  const isText = octets.length > 0 && octets.every((octet) => octet >= 0x20 && octet < 0x7f && octet !== 0x22);
  if (isText) return `"${String.fromCharCode(...octets)}"`;
  return `0x${[...octets].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;
}
