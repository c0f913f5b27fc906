/**
 * Addresses by configuration payload — RFC 7296 §2.19, §3.15: an initiator asks for them in IKE_AUTH, a responder gives them out of
 * its pools. Where it gives none, or was to be asked and is not, the IKE SA comes about without its first Child SA.
 */
import {
  type Address,
  addressFromOctets,
  addressToOctets,
  type Family,
  rangeContains,
  singleAddress,
} from '../../model/address.js';
import { type AddressWish, type LeaseHolder, poolsNamed } from '../../model/address-pool.js';
import { type VirtualAddresses, wishesOf } from '../../model/peer/connection/virtual-hosts.js';
import { formatIdentity } from '../../model/peer/identity.js';
import type { PadEntry } from '../../model/system-config.js';
import type { Failure } from '../failure.js';
import type { ConfigurationAttribute, CpPayload } from '../wire/payloads/cp.js';
import { type Ikev2Payload, ikev2Payload } from '../wire/payloads/table.js';
import { configurationAttributes, configurationTypes } from '../wire/registry/ikev2.js';
import type { IkeSa } from './ike-sa.js';
import { leasesMax } from './limits.js';
import { type NotifyName, notification, type Payloads } from './payloads.js';
import { addressText, emit, endpointText, recordText, type Turn } from './turn.js';

const number = configurationAttributes.number;
const addressTypes = { 4: number.INTERNAL_IP4_ADDRESS, 6: number.INTERNAL_IP6_ADDRESS } as const;
const nameServerTypes = { 4: number.INTERNAL_IP4_DNS, 6: number.INTERNAL_IP6_DNS } as const;
/** INTERNAL_IP6_ADDRESS has the length of the prefix behind the address; charon writes 64. */
const prefixLength = 64;
const nothing = new Uint8Array(0);

/** CFG_REQUEST, where the record asks for addresses; what an IKE SA has already is asked for again. */
export function configurationRequest(pad: PadEntry, { own }: VirtualAddresses): readonly Ikev2Payload[] {
  const wishes: readonly AddressWish[] =
    own.length > 0 ? own.map((address) => ({ family: address.family, address })) : wishesOf(pad);
  if (wishes.length === 0) return [];
  const attributes = wishes.map(({ family, address }) => addressAttribute(family, address));
  return [ikev2Payload('CP', { cfgType: configurationTypes.number.CFG_REQUEST, attributes })];
}

/** What a responder has given an initiator that asked. */
export function readConfigurationReply(turn: Turn, sa: IkeSa, payloads: Payloads): void {
  const pad = sa.pad!;
  if (wishesOf(pad).length === 0) return;
  const given = wishesIn(payloads, 'CFG_REPLY').flatMap(({ address }) => address ?? []);
  sa.virtual = { ...sa.virtual, own: given };
  if (given.length > 0) emit(turn, { kind: 'configuration', of: 'local', addresses: given, entry: pad.source });
}

/** What a responder answers about addresses, and why there is no first Child SA, if so. */
export interface ConfigurationAnswer {
  readonly payloads: readonly Ikev2Payload[];
  readonly failure?: Failure;
}

/** Gives an initiator the addresses that it asks for. */
export function answerConfiguration(turn: Turn, sa: IkeSa, asked: Payloads): ConfigurationAnswer {
  const { env, host } = turn;
  const pad = sa.pad!;
  if (!env.profile.configurationPayload.value) return { payloads: [] };
  const names = (pad.pools ?? []).map(({ value }) => value);
  const pools = poolsNamed(env.view.config.pools, names);
  const wishes = wishesIn(asked, 'CFG_REQUEST').slice(0, leasesMax);
  const holder = holderOf(sa);
  const given = wishes.flatMap((wish) => host.leases.acquire(pools, holder, wish) ?? []);
  sa.virtual = { ...sa.virtual, peer: given };
  if (wishes.length > 0 && given.length === 0) {
    const families = [...new Set(wishes.map(({ family }) => family))];
    const text = `the peer asks for ${wishesText(wishes)}, and ${whyNone(pad, names, pools.length, families)}`;
    return refused(pad, 'no-virtual-address', 'INTERNAL_ADDRESS_FAILURE', text, 'RFC 7296 §3.15.4');
  }
  if (names.length > 0 && wishes.length === 0) {
    const text = `the peer asks for no address, and ${recordText(pad.source)} has pools that it is to have one of`;
    return refused(pad, 'virtual-address-required', 'FAILED_CP_REQUIRED', text, 'RFC 7296 §2.19');
  }
  if (given.length === 0) return { payloads: [] };
  emit(turn, { kind: 'configuration', of: 'peer', addresses: given, entry: pad.source });
  const nameServers = pools
    .filter(({ range }) => given.some((address) => rangeContains(range, singleAddress(address))))
    .flatMap((pool) => pool.nameServers ?? []);
  const attributes = [
    ...given.map((address) => addressAttribute(address.family, address)),
    ...nameServers.map((address) => attribute(nameServerTypes[address.family], addressToOctets(address))),
  ];
  return { payloads: [ikev2Payload('CP', { cfgType: configurationTypes.number.CFG_REPLY, attributes })] };
}

/** The addresses that the peer of an IKE SA has are free for others again. */
export function releaseAddresses({ env, host }: Turn, sa: IkeSa): void {
  const { peer } = sa.virtual;
  if (peer.length === 0) return;
  const names = (sa.pad?.pools ?? []).map(({ value }) => value);
  const pools = poolsNamed(env.view.config.pools, names);
  for (const address of peer) host.leases.release(pools, holderOf(sa), address);
  sa.virtual = { ...sa.virtual, peer: [] };
}

function holderOf({ peerId, remote }: IkeSa): LeaseHolder {
  return { identity: peerId ? formatIdentity(peerId) : '', place: endpointText(remote) };
}

function refused(
  { source }: PadEntry,
  code: 'no-virtual-address' | 'virtual-address-required',
  notify: NotifyName,
  text: string,
  rfc: string,
): ConfigurationAnswer {
  const failure: Failure = {
    code,
    attempt: 'Child SA',
    foundBy: 'us',
    role: 'responder',
    text,
    rfc,
    notify,
    records: [source],
  };
  return { payloads: [notification(notify)], failure };
}

function whyNone({ source }: PadEntry, names: readonly string[], found: number, families: readonly Family[]): string {
  const name = recordText(source);
  if (names.length === 0) return `${name} has no pool`;
  if (found === 0) return `no pool is called ${names.map((one) => `'${one}'`).join(' or ')}, which ${name} names`;
  return `the pools of ${name} (${names.join(', ')}) have no IPv${families.join(' or IPv')} address left`;
}

function wishesText(wishes: readonly AddressWish[]): string {
  const words = wishes.map(({ family, address }) => (address ? addressText(address) : `an IPv${family} address`));
  return [...new Set(words)].join(' and ');
}

/** The addresses that attributes of a payload ask for or give; those of another length are not looked at. */
export function wishesIn(payloads: Payloads, type: keyof typeof configurationTypes.number): AddressWish[] {
  return payloads
    .all('CP')
    .filter(({ cfgType }: CpPayload) => cfgType === configurationTypes.number[type])
    .flatMap(({ attributes }) => attributes)
    .flatMap((one) => wishOf(one) ?? []);
}

function wishOf({ type, value }: ConfigurationAttribute): AddressWish | undefined {
  const family = type === addressTypes[4] ? 4 : type === addressTypes[6] ? 6 : undefined;
  if (family === undefined) return undefined;
  if (value.length === 0) return { family };
  // Behind an IPv6 address is a prefix length, which is not looked at: one address is one host.
  if (value.length !== (family === 4 ? 4 : 17)) return undefined;
  const address = addressFromOctets(value.slice(0, family === 4 ? 4 : 16));
  if (!address) return undefined;
  return BigInt(address.value) === 0n ? { family } : { family, address };
}

function addressAttribute(family: Family, address: Address | undefined): ConfigurationAttribute {
  if (!address) return attribute(addressTypes[family], nothing);
  const octets = addressToOctets(address);
  return attribute(addressTypes[family], family === 4 ? octets : Uint8Array.of(...octets, prefixLength));
}

function attribute(type: number, value: Uint8Array): ConfigurationAttribute {
  return { type, value };
}
