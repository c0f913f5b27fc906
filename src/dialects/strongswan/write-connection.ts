/** One connection of swanctl.conf for a peer: its options, and the rounds of authentication of both ends. */
import { type Address, type AddressRange, anyAddress, formatAddress, rangeContains } from '../../model/address.js';
import type {
  AuthenticationMethod,
  Identity,
  IdentityPattern,
  IkePolicy,
  PadEntry,
} from '../../model/system-config.js';
import { ikeDefaults, type SwanVersion } from './defaults.js';
import { type SettingsNode, section, setting } from './settings-text.js';
import { ikeProposalsWord } from './write-proposals.js';
import { identityWord, patternWord, rangeWord, strictWord, timeWord } from './write-words.js';

/** Addresses of both ends as far as they are known. */
export interface Ends {
  readonly local?: Address;
  readonly remote?: Address;
}

export interface ConnectionInput {
  /** Those of one connection; they differ in their addresses only. */
  readonly pads: readonly [PadEntry, ...PadEntry[]];
  readonly policies: readonly IkePolicy[];
  /** Those that this connection is for: one, or both. */
  readonly versions: readonly (1 | 2)[];
  readonly ends: Ends;
  readonly version: SwanVersion;
  /** The configuration is strongSwan’s own, with the settings of its daemon. */
  readonly isNative: boolean;
}

export interface WrittenConnection {
  readonly nodes: readonly SettingsNode[];
  /** Differences that reading it back does not show. */
  readonly notes: readonly ConnectionNote[];
}

export interface ConnectionNote {
  readonly effect: 'negotiation' | 'local';
  readonly message: string;
}

/** What cannot be written, and so leaves the connection out. */
export interface Unwritable {
  readonly fault: string;
}

/** Told where `proposals` is left out. */
const noProposals = 'strongSwan knows none of its IKE proposals, and offers its own';

/** charon's own settings say whether it answers; other products do so without being told. */
const aggressiveRefused: ConnectionNote = {
  effect: 'negotiation',
  message:
    'charon answers no Aggressive Mode with a preshared key unless charon.i_dont_care_about_security_and_use_aggressive_mode_psk of strongswan.conf is yes',
};

/** The options of a connection in the order of the manual, without its children. */
export function writeConnection(input: ConnectionInput): WrittenConnection | Unwritable {
  const { pads, policies, versions, ends, version } = input;
  const [pad] = pads;
  const notes: ConnectionNote[] = [];
  const method = [pad.localMethod, pad.remoteMethod].find(
    ({ value }) => authWord(value) === undefined && value !== 'ANY',
  );
  if (method) return { fault: `authentication by ${method.value}` };
  const policy = policies.find((one) => one.version === versions[0]);
  const nodes: SettingsNode[] = [];
  const put = (key: string, value: string | number | undefined) => {
    if (value !== undefined) nodes.push(setting(key, String(value)));
  };
  put('version', versions.length === 1 ? versions[0] : undefined);
  put('local_addrs', addressesWord(pad.local ?? (ends.local ? [single(ends.local)] : []), []));
  const remotes = ends.remote ? [single(ends.remote)] : pads.map(({ remote }) => remote);
  put(
    'remote_addrs',
    addressesWord(
      remotes,
      (pad.remoteNames ?? []).map(({ value }) => value),
    ),
  );
  put('local_port', pad.localPort?.value);
  put('remote_port', pad.remotePort?.value);
  if (policy) {
    const word = ikeProposalsWord(policy.proposals, policy.version, version);
    if (word === undefined) notes.push({ effect: 'negotiation', message: noProposals });
    else if (word !== 'default') put('proposals', word);
  }
  put('vips', pad.virtualAddresses?.map(({ value }) => rangeWord(value)).join(', '));
  if (versions.includes(1) && pad.exchange.value === 'aggressive') {
    put('aggressive', 'yes');
    if (!input.isNative && pad.localMethod.value === 'PSK') notes.push(aggressiveRefused);
  }
  if (pad.natTraversal?.value === 'FORCE') put('encap', 'yes');
  if (pad.mobike?.value === false) put('mobike', 'no');
  if (pad.dpdSeconds?.value) put('dpd_delay', timeWord(pad.dpdSeconds.value));
  if (pad.dpdTimeoutSeconds) put('dpd_timeout', timeWord(pad.dpdTimeoutSeconds.value));
  if (pad.fragmentation?.value === false) put('fragmentation', 'no');
  const sends = pad.sendsCertificates?.value;
  if (sends === 'always' || sends === 'never') put('send_cert', sends);
  if (pad.asksForCertificates) put('send_certreq', pad.asksForCertificates.value ? 'yes' : 'no');
  if (pad.childless && pad.childless.value !== 'allow') put('childless', pad.childless.value);
  put('ppk_id', pad.ppk?.id?.value);
  if (pad.ppk?.required.value) put('ppk_required', 'yes');
  if (pad.initiationTries && pad.initiationTries.value !== 1) put('keyingtries', pad.initiationTries.value);
  if (pad.uniqueness && pad.uniqueness.value !== 'initial-contact') put('unique', pad.uniqueness.value);
  if (policy) nodes.push(...ikeTimes(policy));
  put('pools', pad.pools?.map(({ value }) => value).join(', '));
  nodes.push(...localEnds(pad, ends, notes), ...remoteEnds(pad, ends, notes));
  return { nodes, notes };
}

function single({ family, value }: Address): AddressRange {
  return { family, first: value, last: value };
}

/** Every address of both families is what is meant where nothing is written. */
function addressesWord(ranges: readonly AddressRange[], names: readonly string[]): string | undefined {
  const isOpen = ranges.some((range) => rangeContains(range, anyAddress(range.family)));
  const words = isOpen ? names : [...names, ...ranges.map(rangeWord)];
  // One family alone is no address that strongSwan could be told: it is %any then, and reading it back tells.
  return words.length > 0 ? [...new Set(words)].join(', ') : undefined;
}

/** rekey_time and reauth_time, and what lies between them and the end of the IKE SA (check_lifetimes). */
function ikeTimes(policy: IkePolicy): readonly SettingsNode[] {
  const hard = policy.lifetimeSeconds.value;
  const reauth = policy.reauthenticationSeconds?.value ?? 0;
  const isTold = policy.rekeySeconds !== undefined || reauth > 0;
  // A product with one limit only gets rekeyed before it: the longest time whose tenth is not more than what is left.
  const rekey = isTold ? (policy.rekeySeconds?.value ?? 0) : Math.floor((hard * 10) / 11);
  const longest = Math.max(rekey, reauth);
  const nodes: SettingsNode[] = [];
  const isUsual = reauth === 0 ? rekey === ikeDefaults.rekeySeconds : rekey === 0;
  if (reauth > 0) nodes.push(setting('reauth_time', timeWord(reauth)));
  if (!isUsual) nodes.push(setting('rekey_time', timeWord(rekey)));
  const over = longest === 0 ? 0 : Math.max(0, hard - longest);
  if (longest > 0 && over !== Math.floor(longest / ikeDefaults.overShare))
    nodes.push(setting('over_time', timeWord(over)));
  const shortest = rekey > 0 && reauth > 0 ? Math.min(rekey, reauth) : longest;
  const random = policy.rekeyRandomSeconds?.value;
  if (random !== undefined && random !== Math.min(over, Math.floor(shortest / 2)))
    nodes.push(setting('rand_time', timeWord(random)));
  return nodes;
}

function localEnds(pad: PadEntry, ends: Ends, notes: ConnectionNote[]): readonly SettingsNode[] {
  const { localMethod, localId, localRounds = [], certificates = [] } = pad;
  const first: SettingsNode[] = [];
  const auth = pad.signatureDemands?.value.written ?? authWord(localMethod.value);
  if (auth !== undefined) first.push(setting('auth', auth));
  noteMethod(localMethod.value, 'own', notes);
  const id = ownIdentity(localId?.value, ends, certificates.length > 0, notes);
  if (id !== undefined) first.push(setting('id', id));
  if (certificates.length > 0) {
    first.push(setting('certs', certificates.map(({ value }) => value).join(', ')));
    notes.push({
      effect: 'local',
      message: 'the own certificate must be in x509, and its private key in private, beside swanctl.conf',
    });
  }
  first.push(...publicKeysNode(pad.publicKeys));
  return [section('local', first), ...laterRounds('local', localRounds, notes)];
}

function publicKeysNode(files: PadEntry['publicKeys'] = []): readonly SettingsNode[] {
  return files.length > 0 ? [setting('pubkeys', files.map(({ value }) => value).join(', '))] : [];
}

function ownIdentity(
  identity: Identity | undefined,
  ends: Ends,
  hasCertificate: boolean,
  notes: ConnectionNote[],
): string | undefined {
  if (!identity || identity.value === undefined) {
    // strongSwan would take the name of the certificate.
    if (!hasCertificate || identity?.type === 'X500-DN') return undefined;
    if (ends.local) return formatAddress(ends.local.family, ends.local.value);
    notes.push({ effect: 'negotiation', message: 'its own identity becomes the name of its certificate' });
    return undefined;
  }
  const word = identityWord(identity);
  if (word === undefined)
    notes.push({ effect: 'negotiation', message: 'its own identity cannot be written, and is left out' });
  return word;
}

function remoteEnds(pad: PadEntry, ends: Ends, notes: ConnectionNote[]): readonly SettingsNode[] {
  const { remoteMethod, remoteId, remoteRounds = [], remoteCertificates = [], authorities = [] } = pad;
  const nodes: SettingsNode[] = [];
  const auth = pad.remoteSignatureDemands?.value.written ?? authWord(remoteMethod.value);
  if (auth !== undefined) nodes.push(setting('auth', auth));
  noteMethod(remoteMethod.value, 'peer’s', notes);
  const id = peerIdentity(remoteId?.value, pad, ends, remoteCertificates.length > 0, notes);
  if (id !== undefined) nodes.push(setting('id', id));
  if (remoteCertificates.length > 0)
    nodes.push(setting('certs', remoteCertificates.map(({ value }) => value).join(', ')));
  if (authorities.length > 0) nodes.push(setting('cacerts', authorities.map(({ value }) => value).join(', ')));
  nodes.push(...publicKeysNode(pad.remotePublicKeys));
  const revocation = pad.revocation?.value;
  if (revocation) nodes.push(setting('revocation', revocation === 'if-uri' ? 'ifuri' : revocation));
  return [section('remote', nodes), ...laterRounds('remote', remoteRounds, notes)];
}

function peerIdentity(
  pattern: IdentityPattern | undefined,
  { remote }: PadEntry,
  ends: Ends,
  hasCertificate: boolean,
  notes: ConnectionNote[],
): string | undefined {
  if (!pattern) {
    // The address that its packets come from.
    if (ends.remote) return formatAddress(ends.remote.family, ends.remote.value);
    if (!rangeContains(remote, anyAddress(remote.family))) return rangeWord(remote);
    notes.push({ effect: 'negotiation', message: 'the peer may call itself anything, not its address only' });
    return undefined;
  }
  const isImplied = hasCertificate ? pattern.kind === 'any' && pattern.type === 'X500-DN' : pattern.kind === 'anything';
  if (isImplied) return undefined;
  const word = patternWord(pattern);
  if (word !== undefined) return word;
  const strict = strictWord(pattern);
  notes.push({
    effect: 'negotiation',
    message: strict
      ? `the identity of the peer cannot be written as it is, and becomes the narrower '${strict}'`
      : 'the identity of the peer cannot be written, so that it may call itself anything',
  });
  return strict;
}

function laterRounds(
  end: 'local' | 'remote',
  rounds: NonNullable<PadEntry['localRounds']>,
  notes: ConnectionNote[],
): readonly SettingsNode[] {
  return rounds.map(({ method, id }, at) => {
    const nodes: SettingsNode[] = [];
    const auth = authWord(method.value);
    if (auth !== undefined) nodes.push(setting('auth', auth));
    noteMethod(method.value, end === 'local' ? 'own' : 'peer’s', notes);
    const word = id && patternWord(id.value);
    if (word !== undefined && id?.value.kind !== 'anything') nodes.push(setting('id', word));
    return section(`${end}-${at + 2}`, nodes);
  });
}

/** What `auth` says for a method; undefined for any, and for those that strongSwan has not. */
function authWord(method: AuthenticationMethod): string | undefined {
  switch (method) {
    case 'PSK':
      return 'psk';
    case 'DIGSIG':
    case 'EDDSASIG':
      return 'pubkey';
    case 'RSASIG':
      return 'rsa';
    case 'ECDSASIG':
      return 'ecdsa';
    case 'EAP':
      return 'eap';
    case 'XAUTH':
      return 'xauth';
    default:
      return undefined;
  }
}

function noteMethod(method: AuthenticationMethod, whose: string, notes: ConnectionNote[]): void {
  if (method === 'EAP')
    notes.push({ effect: 'negotiation', message: `the ${whose} EAP method and user name are not known here` });
}
