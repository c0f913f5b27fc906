/** Lines that charon would have in its log of what a simulated host did: those that scenarios ask for and a trace can tell. */
import { selectorName } from '../../../scripts/fidelity/charon-names.js';
import type { EngineEvent } from '../../../src/engine/event.js';
import type { TraceEntry } from '../../../src/engine/sim/trace.js';
import { isResponse } from '../../../src/engine/wire/header.js';
import { type AddressValue, type Family, formatAddress } from '../../../src/model/address.js';
import type { Packet } from '../../../src/model/packet.js';
import type { SystemConfig } from '../../../src/model/system-config.js';

/**
 * Patterns that the lines below are all of; a pattern of another kind is about what a trace does not tell (numbers of octets,
 * certificate files, TLS), and is not compared.
 */
export const comparedLines: readonly RegExp[] = [
  /^authentication of/,
  /^IKE_SA .* established/,
  /^creating acquire job/,
  /^received \w+ notify error/,
  /^received TS_UNACCEPTABLE notify/,
  /^tried \d+ shared key/,
  /peer not responding/,
  /^giving up after/,
  /^retransmit/,
  // Its complaint of what it cannot decrypt is encrypted for keys that the peer has not, and is not sent here.
  /^(?:generating|parsed) (?!INFORMATIONAL_V1)/,
  /^(?:deleting|destroying) duplicate IKE_SA/,
  // What only comes with a feature must be there too.
  /XAuth|EAP|virtual IP|UNITY|Unity|PPK|server requested|SASL|TNC/,
];

/** The log of one host. */
export function charonLog(trace: readonly TraceEntry[], host: string, { pad }: SystemConfig): string[] {
  const log: string[] = [];
  let [peer, own] = ['', pad[0]?.localId?.value.value ?? ''];
  for (const entry of trace) {
    if (entry.host !== host) continue;
    if (entry.kind === 'request' && entry.request.packet) {
      const { packet } = entry.request;
      log.push(`creating acquire job for policy ${packetEnd(packet, 'local')} === ${packetEnd(packet, 'remote')}`);
    }
    if (entry.kind === 'sent' && entry.ike) {
      const { content } = entry.ike;
      log.push(
        content.repetition > 0 ? `retransmit ${content.repetition} of request` : `generating ${messageText(content)}`,
      );
    }
    if (entry.kind !== 'event') continue;
    const { event } = entry;
    if (event.kind === 'received') log.push(`parsed ${messageText(event.content)}`);
    if (event.kind === 'identity' && event.of === 'peer') peer = event.identity.value ?? '';
    if (event.kind === 'identity' && event.of === 'local') own = event.identity.value ?? '';
    if (event.kind === 'authentication' && event.of === 'peer') {
      if (event.good) log.push(`authentication of '${peer}' with ${methodName(event.method)} successful`);
    }
    if (event.kind === 'ike-sa' && event.change === 'established') {
      const { name, pad, local, remote, localId, peerId } = event.sa;
      const end = (address: { readonly family: Family; readonly value: AddressValue }, id: string | undefined) =>
        `${formatAddress(address.family, address.value)}[${id ?? ''}]`;
      log.push(
        `IKE_SA ${pad.record.name}[${name.serial}] established between ${end(local.address, localId?.value)}...${end(remote.address, peerId?.value)}`,
      );
    }
    if (event.kind === 'ike-sa' && event.change === 'closed') log.push(...closedLines(event.why, peer));
    if (event.kind === 'failed') log.push(...failureLines(event, own, peer));
  }
  return log;
}

function packetEnd(packet: Packet, end: 'local' | 'remote'): string {
  const value = packet[end];
  const port = end === 'local' ? packet.localPort : packet.remotePort;
  const point = packet.type !== undefined ? packet.type * 256 + (packet.code ?? 0) : (port ?? 0);
  const isAny = packet.type === undefined && port === undefined;
  const text = selectorName({
    range: { family: packet.family, first: value, last: value } as never,
    protocol: packet.protocol,
    ports: isAny ? { lo: 0, hi: 65_535 } : { lo: point, hi: point },
  });
  return text.includes('[') ? `${text}]` : text;
}

type Content = Extract<EngineEvent, { kind: 'received' }>['content'];

/** `CREATE_CHILD_SA request 2 [ SA No KE TSi TSr ]` */
function messageText({ message, inner, exchange }: Content): string {
  const { header } = message;
  const payloads = inner ?? ('payloads' in message ? message.payloads : []);
  const isVersion1 = header.version.major === 1;
  const role = isVersion1 || !isResponse(header) ? 'request' : 'response';
  const name = isVersion1 ? `${exchange.toUpperCase().replace(' MODE', '').replaceAll(' ', '_')}_V1` : exchange;
  const words = payloads.map((payload) => (payload.kind === 'Nonce' ? 'No' : payload.kind));
  return `${name} ${role} ${header.messageId} [ ${words.join(' ')} ]`;
}

/** As `signature_scheme_names` has them. */
function methodName(method: string): string {
  if (method === 'PSK') return 'pre-shared key';
  if (/EdDSA|Ed25519/.test(method)) return 'ED25519';
  const hash = /SHA[\w-]*/.exec(method)?.[0]?.replaceAll('-', '_') ?? 'SHA1';
  if (/PKCS/.test(method)) return `RSA_EMSA_PKCS1_${hash}`;
  if (/PSS/.test(method)) return `RSA_EMSA_PSS`;
  if (/ECDSA/.test(method)) return `ECDSA_WITH_${hash}_DER`;
  return /RSA/.test(method) ? 'RSA' : method;
}

function closedLines(why: string, peer: string): string[] {
  if (/INITIAL.CONTACT|knows nothing of it|started anew/.test(why))
    return [`destroying duplicate IKE_SA for peer '${peer}', received INITIAL_CONTACT`];
  return /anew|replaced by|newer/.test(why)
    ? [`deleting duplicate IKE_SA for peer '${peer}' due to uniqueness policy`]
    : [];
}

function failureLines({ failure }: Extract<EngineEvent, { kind: 'failed' }>, own: string, peer: string): string[] {
  const { code, foundBy, notify, text } = failure;
  if (foundBy === 'us' && code === 'authentication-failed' && text.includes('preshared key'))
    return [`tried 1 shared key for '${own}' - '${peer}', but MAC mismatched`];
  if (code === 'timeout' || foundBy === 'nobody')
    return ['giving up after 5 retransmits', 'establishing IKE_SA failed, peer not responding'];
  if (foundBy === 'peer') {
    const name = (notify ?? '').replaceAll('-', '_');
    if (code === 'selectors-unacceptable' && name === 'TS_UNACCEPTABLE')
      return ['received TS_UNACCEPTABLE notify, no CHILD_SA built'];
    return name ? [`received ${name} notify error`] : [];
  }
  return [];
}
