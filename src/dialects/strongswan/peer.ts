/** What a connection says about its peer: PAD entries and IKE policies (peer_cfg.c, ike_cfg.c). */
import { type AddressRange, formatAddress, rangeContains, singleAddress } from '../../model/address.js';
import type { Origin, Sourced } from '../../model/origin.js';
import { findSharedSecret } from '../../model/shared-secret.js';
import type {
  AuthenticationMethod,
  AuthenticationRound,
  EntrySource,
  Identity,
  IdentityPattern,
  IkePolicy,
  IkeProposal,
  PadEntry,
} from '../../model/system-config.js';
import { hasDemands } from './auth-demands.js';
import type { SwanConnection, SwanEnd } from './connection.js';
import { defaultIkeProposals, ikeDefaults, type SwanVersion } from './defaults.js';
import { type CompileInput, firstAddress, isOpen, isWildcardTrap, rankedRanges } from './ends.js';
import { prfOfIntegrity } from './keywords.js';

/** The PAD entries and IKE policies of a connection: one of each for every range of peers. */
export function padAndPolicies(
  connection: SwanConnection,
  input: CompileInput,
): { readonly pad: PadEntry[]; readonly policies: IkePolicy[] } {
  const { options } = connection;
  const remotes = rankedRanges(options.remote_addrs?.value);
  const version = options.version?.value ?? 0;
  const versions: readonly (1 | 2)[] = version === 1 ? [1] : version === 2 ? [2] : [2, 1];
  return {
    pad: remotes.map((remote) => padEntry(connection, remote, versions, input)),
    policies: versions.flatMap((number) =>
      remotes.map((remote) => ikePolicy(connection, remote, number, input.version)),
    ),
  };
}

/** charon.rdn_matching: `reordered` and `relaxed` take the attributes in any order. */
function isNameOrdered({ settings }: CompileInput): boolean {
  const matching = settings.get('charon.rdn_matching')?.value ?? 'strict';
  return matching !== 'reordered' && matching !== 'relaxed';
}

function sourceOf({ name, at }: SwanConnection): EntrySource {
  return { record: { kind: 'connection', name }, at };
}

function builtin(version: SwanVersion, what: string): Origin {
  return { kind: 'builtin', what: `strongSwan ${version}: ${what}` };
}

function padEntry(
  connection: SwanConnection,
  remote: AddressRange,
  versions: readonly (1 | 2)[],
  input: CompileInput,
): PadEntry {
  const { options, locals, remotes } = connection;
  const { version } = input;
  const say = <T>(value: T, what: string): Sourced<T> => ({ value, origin: builtin(version, what) });
  const [local, ...laterLocals] = locals;
  const [peer, ...laterRemotes] = remotes;
  const localId = local && ownIdentity(local);
  const remoteId: Sourced<IdentityPattern> = peer?.options.id ?? {
    ...(peer && peer.certificates.length + (peer.options.certs?.value.length ?? 0) > 0
      ? say<IdentityPattern>({ kind: 'any', type: 'X500-DN' }, 'remote.id is the subject of the certificate')
      : say<IdentityPattern>({ kind: 'anything' }, 'remote.id is %any')),
  };
  const names = (options.remote_addrs?.value ?? []).flatMap((spec) =>
    spec.kind === 'name' ? [{ value: spec.item.text, origin: { kind: 'explicit' as const, at: spec.item.at } }] : [],
  );
  const ownHosts = options.local_addrs?.value;
  const isWritten = ownHosts?.some(({ kind }) => kind === 'range') || !isOpen(ownHosts);
  const own = isWritten ? rankedRanges(ownHosts) : undefined;
  const fragmentation = options.fragmentation;
  const unique = options.unique;
  const base: PadEntry = {
    source: sourceOf(connection),
    connection: connection.name,
    remote,
    ...(names.length > 0 ? { remoteNames: names } : {}),
    ...(own ? { local: own } : {}),
    ikeVersions: options.version
      ? { value: versions, origin: options.version.origin }
      : say(versions, 'version is 0, which starts with IKEv2 and takes both'),
    exchange: options.aggressive
      ? { value: options.aggressive.value ? 'aggressive' : 'main', origin: options.aggressive.origin }
      : say('main' as const, 'aggressive is no'),
    localMethod: method(local, 'local', version),
    remoteMethod: method(peer, 'remote', version),
    ...(localId ? { localId } : {}),
    remoteId,
    // Nothing is started towards peers of whom no address is known.
    respondOnly: !isSentTo(connection, remote),
    natTraversal: options.encap?.value
      ? { value: 'FORCE', origin: options.encap.origin }
      : say('ON' as const, 'NAT traversal is always on'),
    dpdSeconds: options.dpd_delay ?? say(0, 'dpd_delay is 0'),
    fragmentation: fragmentation
      ? { value: fragmentation.value !== 'no', origin: fragmentation.origin }
      : say(true, 'fragmentation is yes'),
    uniqueness: unique
      ? { value: unique.value === 'no' ? 'initial-contact' : unique.value, origin: unique.origin }
      : say('initial-contact' as const, 'unique is no: replaced on INITIAL_CONTACT'),
    childless: options.childless ?? say('allow' as const, 'childless is allow'),
    mobike: options.mobike ?? say(true, 'mobike is yes'),
    ...(laterLocals.length > 0 ? { localRounds: laterLocals.map((end) => round(end, 'local', version)) } : {}),
    ...(laterRemotes.length > 0 ? { remoteRounds: laterRemotes.map((end) => round(end, 'remote', version)) } : {}),
    ...(options.dpd_timeout ? { dpdTimeoutSeconds: options.dpd_timeout } : {}),
    initiationTries: options.keyingtries ?? say(1, 'keyingtries is 1'),
    ...(options.local_port && options.local_port.value !== 0 ? { localPort: options.local_port } : {}),
    ...(options.remote_port && options.remote_port.value !== ikeDefaults.port
      ? { remotePort: options.remote_port }
      : {}),
    ...files('certificates', local, 'certs'),
    ...files('remoteCertificates', peer, 'certs'),
    ...files('authorities', peer, 'cacerts'),
    ...certificateWishes(connection, version),
    ...(options.vips
      ? { virtualAddresses: options.vips.value.map((value) => ({ value, origin: options.vips!.origin })) }
      : {}),
    ...(options.pools
      ? {
          pools: options.pools.value.map(({ text, at }) => ({
            value: text,
            origin: { kind: 'explicit' as const, at },
          })),
        }
      : {}),
    ...(isNameOrdered(input) ? { namesAreOrdered: true } : {}),
    ...(options.ppk_id || options.ppk_required
      ? {
          ppk: {
            ...(options.ppk_id ? { id: options.ppk_id } : {}),
            required: options.ppk_required ?? say(false, 'ppk_required is no'),
          },
        }
      : {}),
  };
  const key = presharedKey(base, input);
  return key ? { ...base, presharedKey: key } : base;
}

/** What is sent and asked of certificates, and what signatures must be. */
function certificateWishes({ options, locals, remotes }: SwanConnection, version: SwanVersion): Partial<PadEntry> {
  const [local, peer] = [locals[0], remotes[0]];
  const demandsOf = (end: SwanEnd | undefined) => {
    const written = end?.options.auth;
    const demands = written?.value.demands;
    return written && demands && hasDemands(demands) ? { value: demands.demands, origin: written.origin } : undefined;
  };
  const [own, wanted] = [demandsOf(local), demandsOf(peer)];
  const { send_cert: sends, send_certreq: asks } = options;
  const revocation = peer?.options.revocation;
  return {
    ...listedFiles('publicKeys', local),
    ...listedFiles('remotePublicKeys', peer),
    ...(own ? { signatureDemands: own } : {}),
    ...(wanted ? { remoteSignatureDemands: wanted } : {}),
    sendsCertificates: sends
      ? { ...sends, value: sends.value === 'ifasked' ? 'if-asked' : sends.value }
      : { value: 'if-asked', origin: builtin(version, 'send_cert is ifasked') },
    ...(asks ? { asksForCertificates: asks } : {}),
    ...(revocation
      ? { revocation: { ...revocation, value: revocation.value === 'ifuri' ? 'if-uri' : revocation.value } }
      : {}),
  };
}

function listedFiles(field: 'publicKeys' | 'remotePublicKeys', end: SwanEnd | undefined): Partial<PadEntry> {
  const listed = end?.options.pubkeys?.value ?? [];
  if (listed.length === 0) return {};
  return { [field]: listed.map(({ text, at }) => ({ value: text, origin: { kind: 'explicit' as const, at } })) };
}

/** Does charon start towards the range? It takes the first address or name that is written. */
function isSentTo(connection: SwanConnection, range: AddressRange): boolean {
  const { options, children } = connection;
  if (children.some((child) => isWildcardTrap(connection, child))) return true;
  const first = firstAddress(options.remote_addrs?.value);
  if (first) return rangeContains(range, singleAddress(first));
  return (options.remote_addrs?.value ?? []).some(({ kind }) => kind === 'name');
}

/** The key, where the configuration alone tells which one it will be: both identities are written. */
function presharedKey(pad: PadEntry, input: CompileInput): PadEntry['presharedKey'] {
  if (pad.localMethod.value !== 'PSK' && pad.remoteMethod.value !== 'PSK') return undefined;
  const remote = pad.remoteId?.value;
  const peer = remote && exactIdentity(remote);
  const found = findSharedSecret(input.secrets, 'IKE', pad.localId?.value, peer);
  return found && (peer || found.owners.length === 0 || input.secrets.length === 1) ? found.secret : undefined;
}

/** The one identity that a pattern stands for. */
function exactIdentity(pattern: IdentityPattern): Identity | undefined {
  if (pattern.kind === 'exact') return { type: pattern.type, value: pattern.value };
  return pattern.kind === 'addresses' && pattern.range.first === pattern.range.last
    ? addressIdentity(pattern.range)
    : undefined;
}

/** What is sent: what is written, else the subject of the certificate, else the own address. */
function ownIdentity(end: SwanEnd): Sourced<Identity> | undefined {
  const { id, certs } = end.options;
  if (id) {
    const pattern = id.value;
    const identity = identityOf(pattern);
    return identity && { value: identity, origin: id.origin };
  }
  const certificate = end.certificates[0] ?? certs;
  return certificate && { value: { type: 'X500-DN' }, origin: certificate.origin };
}

/** `%any` as an own identity means the address. */
function identityOf(pattern: IdentityPattern): Identity | undefined {
  switch (pattern.kind) {
    case 'exact':
      return { type: pattern.type, value: pattern.value };
    case 'addresses':
      return pattern.range.first === pattern.range.last ? addressIdentity(pattern.range) : undefined;
    case 'dn-template':
      return { type: 'X500-DN', value: pattern.attributes.map(({ name, value }) => `${name}=${value}`).join(',') };
    case 'suffix':
      return { type: pattern.type, value: `*${pattern.suffix}` };
    case 'any':
      return { type: pattern.type, value: '*' };
    default:
      return undefined;
  }
}

function addressIdentity(range: AddressRange): Identity {
  return { type: range.family === 4 ? 'IPV4' : 'IPV6', value: formatAddress(range.family, range.first) };
}

const methods: Readonly<Record<string, AuthenticationMethod>> = {
  psk: 'PSK',
  pubkey: 'DIGSIG',
  rsa: 'RSASIG',
  ecdsa: 'ECDSASIG',
  eap: 'EAP',
  xauth: 'XAUTH',
};

/** Without `auth` an end proves itself by a key of its own, and believes whatever the peer proves itself by. */
function method(
  end: SwanEnd | undefined,
  which: 'local' | 'remote',
  version: SwanVersion,
): Sourced<AuthenticationMethod> {
  const written = end?.options.auth;
  if (!written) return { value: 'ANY', origin: builtin(version, `${which}.auth is pubkey`) };
  return { value: methods[written.value.method] ?? 'ANY', origin: written.origin };
}

function round(end: SwanEnd, which: 'local' | 'remote', version: SwanVersion): AuthenticationRound {
  return { method: method(end, which, version), ...(end.options.id ? { id: end.options.id } : {}) };
}

function files(
  field: 'certificates' | 'remoteCertificates' | 'authorities',
  end: SwanEnd | undefined,
  option: 'certs' | 'cacerts',
): { readonly [K in typeof field]?: readonly Sourced<string>[] } {
  if (!end) return {};
  const listed = (end.options[option]?.value ?? []).map(
    ({ text, at }): Sourced<string> => ({
      value: text,
      origin: { kind: 'explicit', at },
    }),
  );
  const all = [...listed, ...(option === 'certs' ? end.certificates : end.authorities)];
  return all.length > 0 ? { [field]: all } : {};
}

function ikePolicy(connection: SwanConnection, remote: AddressRange, number: 1 | 2, version: SwanVersion): IkePolicy {
  const { options } = connection;
  const proposals =
    options.proposals && options.proposals.value.length > 0 ? options.proposals.value : defaultIkeProposals();
  const { rekey, reauth, over, random } = lifetimes(connection, version);
  const longest = Math.max(rekey.value, reauth.value);
  return {
    source: sourceOf(connection),
    connection: connection.name,
    version: number,
    remote,
    proposals: number === 2 ? proposals : proposals.flatMap(asSuite),
    // The hard limit; IKEv1 tells it to the peer.
    lifetimeSeconds: {
      value: longest === 0 ? 0 : longest + over.value,
      origin: (rekey.value >= reauth.value ? rekey : reauth).origin,
    },
    rekeySeconds: rekey,
    reauthenticationSeconds: reauth,
    rekeyRandomSeconds: random,
    pfs: { value: false, origin: builtin(version, 'groups for Child SAs stand in esp_proposals') },
  };
}

/** IKEv1 knows one hash, which is integrity algorithm and PRF in one, and no combined-mode ciphers. */
export function asSuite(proposal: IkeProposal): IkeProposal[] {
  if (proposal.authentication.length === 0) return [];
  const hashes = proposal.authentication.flatMap((integrity) => {
    // The hash stands for the usual length of its check value only (proposal_substructure.c).
    const hash = integrity.ikev1Id === undefined ? undefined : prfOfIntegrity.get(integrity.name);
    return hash?.ikev1Id !== undefined && proposal.prf.some(({ name }) => name === hash.name) ? [hash] : [];
  });
  const encryption = proposal.encryption.filter(({ ikev1Id }) => ikev1Id !== undefined);
  return hashes.length > 0 && encryption.length > 0
    ? [{ ...proposal, encryption, authentication: [], prf: hashes }]
    : [];
}

function lifetimes({ options }: SwanConnection, version: SwanVersion) {
  const say = (value: number, what: string): Sourced<number> => ({ value, origin: builtin(version, what) });
  const neither = !options.rekey_time && !options.reauth_time;
  const rekey =
    options.rekey_time ??
    (neither ? say(ikeDefaults.rekeySeconds, 'rekey_time is 4h') : say(0, 'rekey_time is 0 beside reauth_time'));
  const reauth = options.reauth_time ?? say(0, 'reauth_time is 0');
  const longest = Math.max(rekey.value, reauth.value);
  const over =
    options.over_time ?? say(Math.floor(longest / ikeDefaults.overShare), 'over_time is a tenth of the longer time');
  const shortest = rekey.value > 0 && reauth.value > 0 ? Math.min(rekey.value, reauth.value) : longest;
  const random =
    options.rand_time ??
    say(Math.min(over.value, Math.floor(shortest / 2)), 'rand_time is over_time, at most half of the time');
  return { rekey, reauth, over, random };
}
