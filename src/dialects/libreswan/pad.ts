/** PAD entries of a connection: who the peer is, how both authenticate, and with which key. */
import type { Address, AddressRange } from '../../model/address.js';
import { singleAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { addressIdentity } from '../../model/peer/identity.js';
import type {
  AuthenticationMethod,
  AuthenticationRound,
  Identity,
  IdentityPattern,
  PadEntry,
} from '../../model/system-config.js';
import { spanOf } from '../common/piece.js';
import type { Side } from './conns.js';
import type { End } from './ends.js';
import { patternOf, type WrittenId } from './identities.js';
import { type MethodOf, methodsOf } from './negotiation.js';
import type { Oriented } from './orient.js';
import { findPreshared, type PresharedSecret } from './secrets.js';
import type { ConnValues } from './values.js';

export interface PadQuestion {
  readonly one: Oriented;
  readonly values: ConnValues;
  readonly versions: Sourced<readonly (1 | 2)[]>;
  readonly own: readonly Address[];
  readonly peers: readonly AddressRange[];
  readonly secrets: readonly PresharedSecret[];
}

/** One entry for each range of addresses that the peer may have. */
export function padEntriesOf({ one, values, versions, own, peers, secrets }: PadQuestion): readonly PadEntry[] {
  const { conn, local, remote } = one;
  const methods = methodsOf(values, local.side, versions.value[0] ?? 2);
  const at = spanOf(conn.source, conn.at);
  if (!isMethod(methods.local.value) || !isMethod(methods.remote.value)) {
    const missing = [methods.local.value, methods.remote.value].find((method) => !isMethod(method));
    values.context.partly(
      at,
      `authentication by ${missing} is not modelled: nobody authenticates for '${conn.name}' here`,
      'its packets are treated as protected, and its negotiations as failing',
    );
    return [];
  }
  const exchange = values.flag('aggressive', false);
  const isSignature = methods.local.value !== 'PSK';
  const localId = identityOf(local, isSignature, values);
  const preshared = findPreshared(secrets, secretId(local, own[0]), secretId(remote, addressOf(remote)));
  const needsSecret = methods.local.value === 'PSK' || methods.remote.value === 'PSK';
  const remoteId = expectedOf(remote, values);
  const encapsulation = values.get('encapsulation') ?? values.get('forceencaps');
  const isStarter = values.product.flavour === 'starter';
  // strongSwan looks for dead peers only where it has something to do about them.
  const mayDpd = !isStarter || !/^(?:none|)$/i.test(values.get('dpdaction')?.text ?? '');
  const dpd = mayDpd ? values.seconds('dpddelay', isStarter ? 30 : 0) : { value: 0, origin: values.origin(undefined) };
  const fragmentation = values.flag('fragmentation', true);
  return peers.map(
    (range): PadEntry => ({
      source: { record: { kind: 'conn', name: conn.name }, at },
      connection: conn.name,
      remote: range,
      ...(own.length > 0 ? { local: own.map(singleAddress) } : {}),
      ikeVersions: versions,
      exchange: { value: exchange.value ? 'aggressive' : 'main', origin: exchange.origin },
      localMethod: methods.local as Sourced<AuthenticationMethod>,
      remoteMethod: methods.remote as Sourced<AuthenticationMethod>,
      ...(localId ? { localId } : {}),
      ...(remoteId ? { remoteId } : {}),
      ...(needsSecret && preshared ? { presharedKey: preshared } : {}),
      respondOnly: remote.host.kind !== 'address' && remote.host.kind !== 'name',
      natTraversal: encapsulation
        ? { value: natTraversalOf(encapsulation.text), origin: values.origin(encapsulation) }
        : { value: 'ON', origin: values.origin(undefined) },
      dpdSeconds: dpd,
      ...(values.get('dpdtimeout') ? { dpdTimeoutSeconds: values.seconds('dpdtimeout', 0) } : {}),
      fragmentation,
      mobike: values.flag('mobike', isStarter),
      ...optionalNumber('initiationTries', values, 'keyingtries'),
      ...portsOf(values, local.side, remote.side),
      ...(isStarter ? secondRounds(values, local.side, remote.side) : xauthRounds(values, local.side, remote.side)),
      ...poolsOf(values, remote.side),
      ...ppkOf(values),
    }),
  );
}

function isMethod(method: MethodOf): method is AuthenticationMethod {
  return method !== 'NULL' && method !== 'NEVER';
}

function optionalNumber<K extends string>(key: K, values: ConnValues, name: string): { [P in K]?: Sourced<number> } {
  const setting = values.get(name);
  if (!setting || setting.text.startsWith('%')) return {};
  return { [key]: values.number(name, 0) } as { [P in K]: Sourced<number> };
}

/**
 * The ports of IKE. One that is written means that messages bear the non-ESP marker, so the other end has port 4500 where none is
 * written for it (pluto's connections.c, end_host_port).
 */
function portsOf(values: ConnValues, local: Side, remote: Side): Pick<PadEntry, 'localPort' | 'remotePort'> {
  const own = optionalNumber('localPort', values, `${local}ikeport`);
  const other = optionalNumber('remotePort', values, `${remote}ikeport`);
  if (!own.localPort || other.remotePort) return { ...own, ...other };
  return { ...own, remotePort: { value: 4500, origin: { kind: 'automatic', rule: `it goes with ${local}ikeport` } } };
}

/** The second round of each end (strongSwan's ipsec.conf(5), leftauth2). */
function secondRounds(values: ConnValues, local: Side, remote: Side): Pick<PadEntry, 'localRounds' | 'remoteRounds'> {
  const round = (side: Side): readonly AuthenticationRound[] | undefined => {
    const setting = values.get(`${side}auth2`);
    if (!setting) return undefined;
    const word = setting.text.toLowerCase();
    const method = word.startsWith('xauth')
      ? 'XAUTH'
      : word.startsWith('eap')
        ? 'EAP'
        : word === 'psk'
          ? 'PSK'
          : 'DIGSIG';
    return [{ method: { value: method, origin: values.origin(setting) } }];
  };
  const [ours, theirs] = [round(local), round(remote)];
  return { ...(ours ? { localRounds: ours } : {}), ...(theirs ? { remoteRounds: theirs } : {}) };
}

/** XAUTH follows the first authentication; the client of one end is asked by the server of the other. */
function xauthRounds(values: ConnValues, local: Side, remote: Side): Pick<PadEntry, 'localRounds' | 'remoteRounds'> {
  const isSet = (name: string) => values.get(name) !== undefined && values.flag(name, false).value;
  const round = (name: string) => [{ method: { value: 'XAUTH' as const, origin: values.origin(values.get(name)) } }];
  const ours = [`${local}xauthclient`, `${remote}xauthserver`].find(isSet);
  const theirs = [`${remote}xauthclient`, `${local}xauthserver`].find(isSet);
  return { ...(ours ? { localRounds: round(ours) } : {}), ...(theirs ? { remoteRounds: round(theirs) } : {}) };
}

/** The pool that the peer's address comes from. */
function poolsOf(values: ConnValues, remote: Side): Pick<PadEntry, 'pools'> {
  const sourceIp = values.product.flavour === 'starter' ? values.get(`${remote}sourceip`) : undefined;
  const pool = values.get(`${remote}addresspool`) ?? sourceIp;
  return pool ? { pools: [{ value: pool.text, origin: values.origin(pool) }] } : {};
}

/** Post-quantum preshared keys (RFC 8784): never, proposed, or insisted on. */
function ppkOf(values: ConnValues): Pick<PadEntry, 'ppk'> {
  const setting = values.get('ppk');
  if (!setting || /^(?:never|no|n)$/i.test(setting.text)) return {};
  const id = values.get('ppk-ids');
  return {
    ppk: {
      required: { value: /^(?:insist|always)$/i.test(setting.text), origin: values.origin(setting) },
      ...(id ? { id: { value: id.text, origin: values.origin(id) } } : {}),
    },
  };
}

function natTraversalOf(text: string): 'ON' | 'OFF' | 'FORCE' {
  if (/^(?:yes|y|on|true|force)$/i.test(text)) return 'FORCE';
  return /^(?:no|n|off|false|never)$/i.test(text) ? 'OFF' : 'ON';
}

/** The written identity; that of the certificate where there is one and nothing is written; else the address. */
function identityOf(end: End, isSignature: boolean, values: ConnValues): Sourced<Identity> | undefined {
  const origin = end.idAt ? { kind: 'explicit' as const, at: end.idAt } : values.origin(undefined);
  switch (end.id?.kind) {
    case 'identity':
      return { value: end.id.identity, origin };
    case 'certificate':
      return { value: { type: 'X500-DN' }, origin };
    case undefined:
      return end.hasCertificate && isSignature ? { value: { type: 'X500-DN' }, origin } : undefined;
    default:
      return undefined;
  }
}

/** What the peer must say it is; nothing written means its address. */
function expectedOf(end: End, values: ConnValues): Sourced<IdentityPattern> | undefined {
  const origin = end.idAt ? { kind: 'explicit' as const, at: end.idAt } : values.origin(undefined);
  if (end.id) {
    return { value: patternOf(end.id), origin };
  }
  if (end.hasCertificate) return { value: { kind: 'any', type: 'X500-DN' }, origin };
  // Of a peer whose address is not known, no identity is known either.
  return end.host.kind === 'address' ? undefined : { value: { kind: 'anything' }, origin };
}

function addressOf({ host }: End): Address | undefined {
  return host.kind === 'address' ? host.address : undefined;
}

/** By which identity a secret is looked up: the written one, or the address. */
function secretId(end: End, address: Address | undefined): WrittenId | undefined {
  if (end.id && end.id.kind !== 'any') return end.id;
  return address ? { kind: 'identity', identity: addressIdentity(address) } : { kind: 'any' };
}
