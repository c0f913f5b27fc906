/** What payloads say, one line each, in the words that people know from their configurations. */
import { readCertificate } from '../../../engine/crypto/x509/certificate.js';
import { hexPreview, inspect, type TreeNode } from '../../../engine/wire/codec.js';
import type { IsakmpIdPayload } from '../../../engine/wire/isakmp/id.js';
import type { IsakmpNotifyPayload } from '../../../engine/wire/isakmp/notify.js';
import type { IsakmpPayload } from '../../../engine/wire/isakmp/table.js';
import { formatDistinguishedName } from '../../../engine/wire/payloads/distinguished-name.js';
import { identityText, isakmpIdentityText } from '../../../engine/wire/payloads/identity-text.js';
import type { NotifyPayload } from '../../../engine/wire/payloads/notify.js';
import { notifyDataCodec, notifyDataIsSecret } from '../../../engine/wire/payloads/notify-data.js';
import { spiNumber } from '../../../engine/wire/payloads/spis.js';
import type { Ikev2Payload } from '../../../engine/wire/payloads/table.js';
import { trafficSelectorText } from '../../../engine/wire/payloads/ts.js';
import {
  authenticationMethods,
  certificateEncodings,
  configurationAttributes,
  configurationTypes,
  idTypes,
  isakmpCertificateEncodings,
  isakmpIdTypes,
  isakmpNotifyTypes,
  isakmpProtocolIds,
  notifyTypes,
  protocolIds,
  vendorIdName,
} from '../../../engine/wire/registry.js';
import { formatProtocol } from '../../../model/packet.js';
import { ikev2Meanings, isakmpMeanings } from './notifies.js';
import { ikev2Proposals, isakmpProposals, type OfferedProposal } from './proposals.js';

const hashes: ReadonlySet<number> = new Set([
  notifyTypes.number.NAT_DETECTION_SOURCE_IP,
  notifyTypes.number.NAT_DETECTION_DESTINATION_IP,
]);

/** Notifications whose data only the other side can make something of. */
const opaque: ReadonlySet<string> = new Set(['COOKIE', 'COOKIE2']);

/** The lines of IKEv2 payloads, in their order. */
export function ikev2Details(payloads: readonly Ikev2Payload[]): string[] {
  return [
    ...payloads.flatMap(ikev2Lines),
    ...vendorLines(payloads.flatMap((one) => (one.kind === 'V' ? [one.body.vendorId] : []))),
  ];
}

function ikev2Lines(payload: Ikev2Payload): string[] {
  switch (payload.kind) {
    case 'SA':
      return proposalLines(ikev2Proposals(payload.body));
    case 'IDi':
    case 'IDr':
    case 'IDg': {
      const { idType, data } = payload.body;
      return [`${payload.kind}: ${idTypes.brief(idType)} ${identityText(idType, data)}`];
    }
    case 'CERT':
      return [
        certificateLine(
          'CERT',
          payload.body.data,
          payload.body.encoding === 4,
          certificateEncodings.brief(payload.body.encoding),
        ),
      ];
    case 'CERTREQ': {
      const count = Math.floor(payload.body.authorities.length / 20);
      return [
        `CERTREQ: a certificate is asked for${count > 0 ? `, of one of ${count} trusted authorit${count === 1 ? 'y' : 'ies'}` : ''}`,
      ];
    }
    case 'AUTH':
      return [`AUTH: by ${authenticationMethods.brief(payload.body.method)}`];
    case 'TSi':
    case 'TSr':
      return [`${payload.kind}: ${payload.body.selectors.map(trafficSelectorText).join(', ') || 'nothing'}`];
    case 'N':
      // Whether the hashes of addresses are right is told by those who know the addresses.
      return hashes.has(payload.body.type) ? [] : [ikev2NotifyLine(payload.body)];
    case 'D': {
      const { protocolId, spis } = payload.body;
      return [
        protocolId === protocolIds.number.IKE
          ? 'deletes this IKE SA'
          : `deletes ${spiList(protocolIds.brief(protocolId), spis.list)}`,
      ];
    }
    case 'CP': {
      const { cfgType, attributes } = payload.body;
      const names = attributes.map(({ type }) => configurationAttributes.brief(type));
      return [`${configurationTypes.brief(cfgType)}: ${[...new Set(names)].join(', ') || 'nothing'}`];
    }
    case 'unknown':
      return [
        `payload ${payload.number} is not known${payload.critical ? ', and critical: who does not know it must refuse' : ''}`,
      ];
    case 'KE':
    case 'Nonce':
    case 'V':
    case 'EAP':
    case 'PS':
    case 'SK':
    case 'SKF':
      return [];
  }
}

/** The lines of ISAKMP payloads, in their order. In Quick Mode identities are those of the clients, the initiator's first. */
export function isakmpDetails(payloads: readonly IsakmpPayload[], isQuickMode: boolean): string[] {
  const firstId = payloads.findIndex(({ kind }) => kind === 'ID');
  return [
    ...payloads.flatMap((payload, index) =>
      isakmpLines(payload, isQuickMode ? (index === firstId ? 'IDci' : 'IDcr') : 'ID'),
    ),
    ...vendorLines(payloads.flatMap((one) => (one.kind === 'VID' ? [one.body.vendorId] : []))),
  ];
}

function isakmpLines(payload: IsakmpPayload, id: string): string[] {
  switch (payload.kind) {
    case 'SA':
      return proposalLines(isakmpProposals(payload.body));
    case 'ID':
      return [`${id}: ${isakmpIdText(payload.body)}`];
    case 'CERT':
      return [
        certificateLine(
          'CERT',
          payload.body.data,
          payload.body.encoding === 4,
          isakmpCertificateEncodings.brief(payload.body.encoding),
        ),
      ];
    case 'N':
      return [isakmpNotifyLine(payload.body)];
    case 'D': {
      const { protocolId, spis } = payload.body;
      return [
        protocolId === isakmpProtocolIds.number.PROTO_ISAKMP
          ? 'deletes this ISAKMP SA'
          : `deletes ${spiList(isakmpProtocolIds.brief(protocolId).replace('PROTO_IPSEC_', ''), spis.list)}`,
      ];
    }
    default:
      return [];
  }
}

/** `ID_IPV4_ADDR_SUBNET 10.0.0.0/8 TCP 23`. */
export function isakmpIdText({ idType, protocolId, port, data }: IsakmpIdPayload): string {
  const what = protocolId === 0 ? '' : ` ${formatProtocol(protocolId)}${port === 0 ? '' : ` ${port}`}`;
  return `${isakmpIdTypes.brief(idType)} ${isakmpIdentityText(idType, data)}${what}`;
}

function proposalLines(proposals: readonly OfferedProposal[]): string[] {
  return proposals.map(({ label, text, spis }) => {
    const spi = spis.map((one) => `SPI ${spiText(one.spi)}`).join(', ');
    return `${label}: ${text}${spi ? `; ${spi}` : ''}`;
  });
}

/** `N(INVALID_KE_PAYLOAD): what it means: DH group: ECP-256 (19)`. */
export function ikev2NotifyLine({ type, spi, data }: NotifyPayload): string {
  const name = notifyTypes.name(type);
  const meaning = name ? ikev2Meanings[name] : undefined;
  const codec = notifyDataCodec(type);
  const values = notifyDataIsSecret(type) || !codec ? [] : fieldTexts(inspect(codec, data).tree);
  const about = spi.length === 4 ? [`SPI ${spiText(spiNumber(spi) ?? 0)}`] : [];
  const raw =
    values.length === 0 && data.length > 0 && !(name && opaque.has(name)) && !meaning ? [hexPreview(data)] : [];
  const more = [...about, ...values, ...raw];
  return `N(${notifyTypes.brief(type)})${meaning ? `: ${meaning}` : ''}${more.length > 0 ? `: ${more.join(', ')}` : ''}`;
}

export function isakmpNotifyLine({ type, protocolId, spi }: IsakmpNotifyPayload): string {
  const name = isakmpNotifyTypes.name(type);
  const meaning = name ? isakmpMeanings[name] : undefined;
  const isChild = protocolId === 2 || protocolId === 3;
  const about =
    isChild && spi.length === 4
      ? `: ${isakmpProtocolIds.brief(protocolId).replace('PROTO_IPSEC_', '')} SPI ${spiText(spiNumber(spi) ?? 0)}`
      : '';
  return `N(${isakmpNotifyTypes.brief(type)})${meaning ? `: ${meaning}` : ''}${about}`;
}

/** The leaves of a tree: `DH group ECP-256 (19)`; items of a list by their values alone. */
function fieldTexts(tree: readonly TreeNode[]): string[] {
  return tree.flatMap(({ name, text, children }) => {
    if (children.length > 0) return fieldTexts(children);
    if (text === '') return [];
    return [/ \d+$/.test(name) ? text : `${name} ${text}`];
  });
}

function certificateLine(kind: string, data: Uint8Array, isX509: boolean, encoding: string): string {
  const read = isX509 ? readCertificate(data) : undefined;
  if (read?.kind !== 'value') return `${kind}: ${encoding}, ${data.length} octets`;
  const { subject, issuer, notAfter, notBefore } = read.value;
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const name = (der: Uint8Array) => formatDistinguishedName(der) ?? 'a name that cannot be written';
  return `${kind}: ${name(subject.der)}, from ${name(issuer.der)}, valid ${day(notBefore)} to ${day(notAfter)}`;
}

function vendorLines(ids: readonly Uint8Array[]): string[] {
  if (ids.length === 0) return [];
  const names = [...new Set(ids.flatMap((id) => vendorIdName(id) ?? []))];
  const unknown = ids.filter((id) => vendorIdName(id) === undefined).length;
  const rest = unknown > 0 ? [`${unknown} that ${unknown === 1 ? 'is' : 'are'} not known`] : [];
  return [`vendor IDs: ${[...names, ...rest].join('; ')}`];
}

function spiList(protocol: string, list: readonly Uint8Array[]): string {
  const spis = list.map((spi) => spiText(spiNumber(spi) ?? 0));
  return `${spis.length === 1 ? 'the' : ''} ${protocol} SA${spis.length === 1 ? '' : 's'} ${spis.join(', ')}`.trim();
}

/** `0x0badcafe`. */
export function spiText(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}
