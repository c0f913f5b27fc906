/**
 * What tshark says of IKE payloads, and the same said from our decoded values. Each field name that tshark uses is either
 * produced here or named in `notCompared` with the reason; a name in neither makes the comparison fail, so that nothing
 * goes unlooked at.
 */

import { decode, type TreeNode, toHex } from '../../../src/engine/wire/codec.js';
import type { IsakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import type { Attribute } from '../../../src/engine/wire/payloads/attribute.js';
import { digitalSignature } from '../../../src/engine/wire/payloads/auth.js';
import { decodeNotifyData } from '../../../src/engine/wire/payloads/notify-data.js';
import type { Ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { formatAddress } from '../../../src/model/address.js';

export type TsharkField = readonly [name: string, value: string, text?: string];

export interface TsharkPayload {
  readonly type: number;
  readonly label: string;
  /** Absent on encrypted payloads. */
  readonly hex?: string;
  readonly fields: readonly TsharkField[];
  readonly payloads?: readonly TsharkPayload[];
}

export interface TsharkHeader {
  readonly ispi: string;
  readonly rspi: string;
  readonly nextpayload: number;
  readonly version: number;
  readonly exchangetype: number;
  readonly flags: number;
  readonly messageid: number;
  readonly length: number;
}

/** One payload in tshark's terms. */
export interface Seen {
  readonly type: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly payloads: readonly Seen[];
}

/** Names that say nothing of the message itself. */
const notCompared: ReadonlyMap<string, string> = new Map([
  ['vid_string', 'tshark and we know different vendor IDs; their octets are compared'],
  ['fragment', 'how tshark reassembled'],
  ['fragment.count', 'how tshark reassembled'],
  ['reassembled.length', 'how tshark reassembled'],
  ['version', 'of the reassembled message'],
  ['mjver', 'of the reassembled message'],
  ['mnver', 'of the reassembled message'],
  ['exchangetype', 'of the reassembled message'],
  ['flags', 'of the reassembled message'],
  ['flag_e', 'of the reassembled message'],
  ['flag_c', 'of the reassembled message'],
  ['flag_a', 'of the reassembled message'],
  ['messageid', 'of the reassembled message'],
  ['length', 'of the reassembled message'],
  ['sak.nextpayload', 'payload 15 there is NAT-D of a draft, which tshark takes for SAK'],
  ['sak.reserved', 'as sak.nextpayload'],
  ['sak.payload_len', 'as sak.nextpayload'],
  ['sak.protoid', 'as sak.nextpayload'],
  ['sak.src_id_type', 'as sak.nextpayload'],
  ['sak.src_id_port', 'as sak.nextpayload'],
  ['sak.src_id_length', 'as sak.nextpayload'],
  ['enc.iv', 'compared where the payload is opened'],
  ['enc.iv.hex', 'compared where the payload is opened'],
  ['enc.icd', 'compared where the payload is opened'],
  ['enc.pad_length', 'compared where the payload is opened'],
  ['id.data.der_asn1_dn', 'tshark shows the number of parts, or 0'],
  ['ike.certreq.authority.sig', 'tshark shows the number of parts, or 0'],
]);

/** Names that `seen` produces. */
const compared: ReadonlySet<string> = new Set(
  [
    'payloadlength critical sa.doi sa.situation sa.situation.identity_only sa.situation.secrecy sa.situation.integrity',
    'prop.number prop.protoid spisize prop.transforms spi trans.number trans.id',
    'ike.attr.format ike.attr.type ike.attr.length ike.attr.value ike.attr.life_type ike.attr.life_duration',
    'ike.attr.encryption_algorithm ike.attr.hash_algorithm ike.attr.authentication_method ike.attr.group_description',
    'ike.attr.key_length ipsec.attr.format ipsec.attr.type ipsec.attr.length ipsec.attr.value ipsec.attr.life_type',
    'ipsec.attr.life_duration ipsec.attr.group_description ipsec.attr.encap_mode ipsec.attr.auth_algorithm ipsec.attr.key_length',
    'tf.type tf.id tf.id.encr tf.id.prf tf.id.integ tf.id.dh tf.id.esn',
    'ike2.attr.format ike2.attr.type ike2.attr.value ike2.attr.key_length key_exchange.dh_group key_exchange.data',
    'id.type id.protoid id.port id.data.ipv4_addr id.data.fqdn id.data.user_fqdn cert.encoding certreq.type ike.certreq.authority',
    'auth.method auth.data auth.data.sig.asn1.len auth.data.sig.asn1.data auth.data.sig.value nonce hash sig ike.nat_hash',
    'notify.doi notify.protoid notify.msgtype notify.data notify.data.signature_hash_algorithms notify.data.accepted_dh_group',
    'delete.doi delete.protoid spinum delete.spi vid_bytes ts.number ts.type ts.protoid ts.selector_length ts.start_port ts.end_port',
    'ts.start_ipv4 ts.end_ipv4 ts.start_ipv6 ts.end_ipv6 cfg.type cfg.attr.format cfg.attr.type cfg.attr.length cfg.attr.value',
    'cfg.attr.internal_ip4_address cfg.attr.internal_ip4_netmask cfg.attr.internal_ip4_dns cfg.attr.internal_ip4_nbns',
    'frag.number frag.total frag.packetid frag.seq frag.last',
  ].flatMap((line) => line.split(' ')),
);

/** tshark's payloads with only what is compared; throws on a field name that is neither compared nor excused. */
export function expectedPayloads(payloads: readonly TsharkPayload[]): readonly Seen[] {
  return payloads.map(({ type, fields, payloads: nested = [] }) => ({
    type,
    fields: fields.flatMap(([name, value]) => {
      if (compared.has(name)) return [[name, value] as const];
      // `vid.…` are parts of the vendor ID.
      if (!notCompared.has(name) && !name.startsWith('vid.'))
        throw new Error(`tshark's field ${name} is not compared with anything`);
      return [];
    }),
    // What tshark shows inside an encrypted payload is compared where it is opened.
    payloads: type === 46 || type === 53 ? [] : expectedPayloads(nested),
  }));
}

/** The octets of tshark's payloads and those in them, in order of appearance; encrypted ones have none. */
export function expectedHex(payloads: readonly TsharkPayload[]): readonly string[] {
  return payloads.flatMap(({ type, hex, payloads: nested = [] }) =>
    type === 46 || type === 53 ? [] : [...(hex === undefined ? [] : [hex]), ...expectedHex(nested)],
  );
}

/** The octets of our payloads, proposals and transforms, by the tree that the decoder made. */
export function seenHex(tree: readonly TreeNode[], octets: Uint8Array): readonly string[] {
  return tree.flatMap(({ name, offset, length, children }) => {
    if (name === 'header' || name === 'SK' || name === 'SKF') return [];
    const isPart = /^(proposal|transform) \d+$/.test(name);
    const isPayload = children.some((child) => child.name === 'next payload');
    const inner = seenHex(children, octets);
    return isPart || isPayload ? [toHex(octets.subarray(offset, offset + length)), ...inner] : inner;
  });
}

const colons = (octets: Uint8Array): string => toHex(octets).replace(/(..)(?!$)/g, '$1:');
const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
const field = (name: string, value: string | number): readonly [string, string] => [name, String(value)];

/** IKEv2 payloads in tshark's terms; `lengths` are the payloads' as sent. */
export function ikev2Seen(payloads: readonly Ikev2Payload[], lengths: readonly number[]): readonly Seen[] {
  return payloads.map((payload, index) => {
    const { type, fields, nested = [] } = ikev2Fields(payload);
    const critical = payload.critical ? [field('critical', 1)] : [];
    return { type, fields: [...critical, field('payloadlength', lengths[index]!), ...fields], payloads: nested };
  });
}

interface Said {
  readonly type: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly nested?: readonly Seen[];
}

function ikev2Fields(payload: Ikev2Payload): Said {
  switch (payload.kind) {
    case 'SA':
      return { type: 33, fields: [], nested: payload.body.proposals.map(ikev2Proposal) };
    case 'KE': {
      const { dhGroup, keyExchangeData } = payload.body;
      return {
        type: 34,
        fields: [field('key_exchange.dh_group', dhGroup), field('key_exchange.data', colons(keyExchangeData))],
      };
    }
    case 'IDi':
    case 'IDr': {
      const { idType, data } = payload.body;
      return { type: payload.kind === 'IDi' ? 35 : 36, fields: [field('id.type', idType), ...idData(idType, data)] };
    }
    case 'CERT':
      return { type: 37, fields: [field('cert.encoding', payload.body.encoding)] };
    case 'CERTREQ': {
      const { encoding, authorities } = payload.body;
      const hashes = Array.from({ length: authorities.length / 20 }, (_, at) =>
        authorities.subarray(at * 20, at * 20 + 20),
      );
      return {
        type: 38,
        fields: [
          field('certreq.type', encoding),
          ...hashes.map((hash) => field('ike.certreq.authority', colons(hash))),
        ],
      };
    }
    case 'AUTH':
      return {
        type: 39,
        fields: [
          field('auth.method', payload.body.method),
          field('auth.data', colons(payload.body.data)),
          ...signature(payload.body),
        ],
      };
    case 'Nonce':
      return { type: 40, fields: [field('nonce', colons(payload.body.data))] };
    case 'N': {
      const { protocolId, spi, type, data } = payload.body;
      return {
        type: 41,
        fields: [
          field('notify.protoid', protocolId),
          field('spisize', spi.length),
          field('notify.msgtype', type),
          ...(spi.length > 0 ? [field('spi', colons(spi))] : []),
          ...(data.length > 0 ? [field('notify.data', colons(data))] : []),
          ...notifyFields(type, data),
        ],
      };
    }
    case 'D': {
      const { protocolId, spis } = payload.body;
      return {
        type: 42,
        fields: [
          field('delete.protoid', protocolId),
          field('spisize', spis.size),
          field('spinum', spis.list.length),
          ...spis.list.map((spi) => field('delete.spi', colons(spi))),
        ],
      };
    }
    case 'V':
      return { type: 43, fields: [field('vid_bytes', colons(payload.body.vendorId))] };
    case 'TSi':
    case 'TSr': {
      const { selectors } = payload.body;
      return {
        type: payload.kind === 'TSi' ? 44 : 45,
        fields: [field('ts.number', selectors.length), ...selectors.flatMap(selectorFields)],
      };
    }
    case 'SK':
      return { type: 46, fields: [] };
    case 'SKF':
      return {
        type: 53,
        fields: [field('frag.number', payload.body.fragmentNumber), field('frag.total', payload.body.totalFragments)],
      };
    case 'CP':
      return {
        type: 47,
        fields: [field('cfg.type', payload.body.cfgType), ...payload.body.attributes.flatMap(configurationFields)],
      };
    default:
      throw new Error(`no capture has ${payload.kind}`);
  }
}

function ikev2Proposal(proposal: Extract<Ikev2Payload, { kind: 'SA' }>['body']['proposals'][number]): Seen {
  const transforms = proposal.transforms.map(({ type, id, attributes }) => ({
    type: 3,
    fields: [
      field('payloadlength', 8 + attributesLength(attributes)),
      field('tf.type', type),
      field(['tf.id', 'tf.id.encr', 'tf.id.prf', 'tf.id.integ', 'tf.id.dh', 'tf.id.esn'][type] ?? 'tf.id', id),
      ...attributes.flatMap((attribute) => attributeFields('ike2', attribute, { 14: 'key_length' })),
    ],
    payloads: [],
  }));
  return proposalSeen(proposal, transforms);
}

function proposalSeen(
  proposal: { readonly number: number; readonly protocolId: number; readonly spi: Uint8Array },
  transforms: readonly Seen[],
): Seen {
  const { number, protocolId, spi } = proposal;
  const lengths = transforms.map(({ fields }) => Number(fields[0]![1]));
  return {
    type: 2,
    fields: [
      field('payloadlength', 8 + spi.length + lengths.reduce((sum, length) => sum + length, 0)),
      field('prop.number', number),
      field('prop.protoid', protocolId),
      field('spisize', spi.length),
      field('prop.transforms', transforms.length),
      ...(spi.length > 0 ? [field('spi', colons(spi))] : []),
    ],
    payloads: transforms,
  };
}

function attributesLength(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, attribute) => sum + 4 + (attribute.kind === 'TLV' ? attribute.value.length : 0), 0);
}

function attributeFields(
  prefix: string,
  attribute: Attribute,
  names: Readonly<Record<number, string>>,
): readonly (readonly [string, string])[] {
  const { kind, type, value } = attribute;
  const octets = typeof value === 'number' ? Uint8Array.of(value >> 8, value & 255) : value;
  let number = 0n;
  for (const octet of octets) number = (number << 8n) | BigInt(octet);
  const name = names[type];
  return [
    field(`${prefix}.attr.format`, kind === 'TV' ? 1 : 0),
    field(`${prefix}.attr.type`, type),
    ...(kind === 'TLV' ? [field(`${prefix}.attr.length`, octets.length)] : []),
    field(`${prefix}.attr.value`, colons(octets)),
    ...(name === undefined ? [] : [field(`${prefix}.attr.${name}`, String(number))]),
  ];
}

function idData(idType: number, data: Uint8Array): readonly (readonly [string, string])[] {
  switch (idType) {
    case 1:
      return [field('id.data.ipv4_addr', formatAddress(4, new DataView(data.buffer, data.byteOffset).getUint32(0)))];
    case 2:
      return [field('id.data.fqdn', text(data))];
    case 3:
      return [field('id.data.user_fqdn', text(data))];
    default:
      return [];
  }
}

function signature({
  method,
  data,
}: {
  readonly method: number;
  readonly data: Uint8Array;
}): readonly (readonly [string, string])[] {
  if (method !== 14) return [];
  const decoded = decode(digitalSignature, data);
  if (!decoded.ok) throw new Error('a digital signature that does not decode');
  const { algorithmIdentifier, signature: value } = decoded.value;
  return [
    field('auth.data.sig.asn1.len', algorithmIdentifier.length),
    field('auth.data.sig.asn1.data', colons(algorithmIdentifier)),
    field('auth.data.sig.value', colons(value)),
  ];
}

function notifyFields(type: number, data: Uint8Array): readonly (readonly [string, string])[] {
  if (type === 16431) {
    const decoded = decodeNotifyData('SIGNATURE_HASH_ALGORITHMS', data);
    if (!decoded.ok) throw new Error('hash algorithms that do not decode');
    return decoded.value.hashes.map((hash) => field('notify.data.signature_hash_algorithms', hash));
  }
  if (type === 17) {
    const decoded = decodeNotifyData('INVALID_KE_PAYLOAD', data);
    // One of the captures has a group of no octets, and tshark nothing to show.
    return decoded.ok ? [field('notify.data.accepted_dh_group', decoded.value.dhGroup)] : [];
  }
  return [];
}

function selectorFields(
  selector: Extract<Ikev2Payload, { kind: 'TSi' }>['body']['selectors'][number],
): readonly (readonly [string, string])[] {
  if (selector.kind !== 'TS_IPV4_ADDR_RANGE' && selector.kind !== 'TS_IPV6_ADDR_RANGE')
    throw new Error(`no capture has ${selector.kind}`);
  const family = selector.kind === 'TS_IPV4_ADDR_RANGE' ? 4 : 6;
  return [
    field('ts.type', family === 4 ? 7 : 8),
    field('ts.protoid', selector.ipProtocol),
    field('ts.selector_length', family === 4 ? 16 : 40),
    field('ts.start_port', selector.startPort),
    field('ts.end_port', selector.endPort),
    field(`ts.start_ipv${family}`, formatAddress(family, selector.startAddress)),
    field(`ts.end_ipv${family}`, formatAddress(family, selector.endAddress)),
  ];
}

const addressAttributes: Readonly<Record<number, string>> = {
  1: 'internal_ip4_address',
  2: 'internal_ip4_netmask',
  3: 'internal_ip4_dns',
  4: 'internal_ip4_nbns',
};

function configurationFields({
  type,
  value,
}: {
  readonly type: number;
  readonly value: Uint8Array;
}): readonly (readonly [string, string])[] {
  const name = addressAttributes[type];
  return [
    field('cfg.attr.format', type >> 15),
    field('cfg.attr.type', type & 0x7fff),
    field('cfg.attr.length', value.length),
    ...(value.length > 0 ? [field('cfg.attr.value', colons(value))] : []),
    ...(name !== undefined && value.length === 4
      ? [field(`cfg.attr.${name}`, formatAddress(4, new DataView(value.buffer, value.byteOffset).getUint32(0)))]
      : []),
  ];
}

/** ISAKMP payloads in tshark's terms. */
export function isakmpSeen(payloads: readonly IsakmpPayload[], lengths: readonly number[]): readonly Seen[] {
  return payloads.map((payload, index) => {
    const { type, fields, nested = [] } = isakmpFields(payload);
    return { type, fields: [field('payloadlength', lengths[index]!), ...fields], payloads: nested };
  });
}

function isakmpFields(payload: IsakmpPayload): Said {
  switch (payload.kind) {
    case 'SA': {
      if (payload.body.kind !== 'IPSEC') throw new Error('no capture has another DOI');
      const { situation, proposals } = payload.body;
      return {
        type: 1,
        fields: [
          field('sa.doi', 1),
          field('sa.situation', colons(Uint8Array.of(situation >>> 24, situation >>> 16, situation >>> 8, situation))),
          field('sa.situation.identity_only', situation & 1),
          field('sa.situation.secrecy', (situation >> 1) & 1),
          field('sa.situation.integrity', (situation >> 2) & 1),
        ],
        nested: proposals.map(isakmpProposal),
      };
    }
    case 'KE':
      return { type: 4, fields: [field('key_exchange.data', colons(payload.body.keyExchangeData))] };
    case 'ID': {
      const { idType, protocolId, port, data } = payload.body;
      // tshark leaves a name without any text away.
      const name = idData(idType, data).filter(() => idType === 1 || data.some((octet) => octet !== 0));
      return {
        type: 5,
        fields: [field('id.type', idType), field('id.protoid', protocolId), field('id.port', port), ...name],
      };
    }
    case 'CERT':
      return { type: 6, fields: [field('cert.encoding', payload.body.encoding)] };
    case 'CR':
      return { type: 7, fields: [field('certreq.type', payload.body.encoding)] };
    case 'HASH':
      return { type: 8, fields: [field('hash', colons(payload.body.hash))] };
    case 'SIG':
      return { type: 9, fields: [field('sig', colons(payload.body.signature))] };
    case 'NONCE':
      return { type: 10, fields: [field('nonce', colons(payload.body.data))] };
    case 'N': {
      const { doi, protocolId, spi, type, data } = payload.body;
      return {
        type: 11,
        fields: [
          field('notify.doi', doi),
          field('notify.protoid', protocolId),
          field('spisize', spi.length),
          field('notify.msgtype', type),
          ...(spi.length > 0 ? [field('spi', colons(spi))] : []),
          ...(data.length > 0 ? [field('notify.data', colons(data))] : []),
        ],
      };
    }
    case 'D': {
      const { doi, protocolId, spis } = payload.body;
      return {
        type: 12,
        fields: [
          field('delete.doi', doi),
          field('delete.protoid', protocolId),
          field('spisize', spis.size),
          field('spinum', spis.list.length),
          ...spis.list.map((spi) => field('delete.spi', colons(spi))),
        ],
      };
    }
    case 'VID':
      return { type: 13, fields: [field('vid_bytes', colons(payload.body.vendorId))] };
    case 'NAT-D':
      return { type: 20, fields: [field('ike.nat_hash', colons(payload.body.hash))] };
    case 'NAT-D-draft':
      return { type: 130, fields: [field('ike.nat_hash', colons(payload.body.hash))] };
    case 'FRAGMENT': {
      const { fragmentId, fragmentNumber, flags } = payload.body;
      return {
        type: 132,
        fields: [
          field('frag.packetid', `0x${fragmentId.toString(16).padStart(4, '0')}`),
          field('frag.seq', fragmentNumber),
          field('frag.last', flags & 1),
        ],
      };
    }
    case 'unknown':
      return { type: payload.number, fields: [] };
    default:
      throw new Error(`no capture has ${payload.kind}`);
  }
}

const oakleyNames: Readonly<Record<number, string>> = {
  1: 'encryption_algorithm',
  2: 'hash_algorithm',
  3: 'authentication_method',
  4: 'group_description',
  11: 'life_type',
  12: 'life_duration',
  14: 'key_length',
};
const ipsecNames: Readonly<Record<number, string>> = {
  1: 'life_type',
  2: 'life_duration',
  3: 'group_description',
  4: 'encap_mode',
  5: 'auth_algorithm',
  6: 'key_length',
};

type IpsecSa = Extract<Extract<IsakmpPayload, { kind: 'SA' }>['body'], { kind: 'IPSEC' }>;

function isakmpProposal(proposal: IpsecSa['proposals'][number]): Seen {
  const [prefix, names] =
    proposal.protocolId === 1 ? (['ike', oakleyNames] as const) : (['ipsec', ipsecNames] as const);
  const transforms = proposal.transforms.map(({ number, transformId, attributes }) => ({
    type: 3,
    fields: [
      field('payloadlength', 8 + attributesLength(attributes)),
      field('trans.number', number),
      field('trans.id', transformId),
      ...attributes.flatMap((attribute) => attributeFields(prefix, attribute, names)),
    ],
    payloads: [],
  }));
  return proposalSeen(proposal, transforms);
}
