/**
 * What is said outside of IKE SAs — RFC 7296 §1.5, §2.5, §2.21.4: hints, which anybody may have sent. We send few of them to
 * any one address, and what we get makes us ask the peer under protection, never end anything.
 */
import type { Address } from '../../model/address.js';
import type { IncomingDatagram } from '../ike-version.js';
import type { Endpoint } from '../input.js';
import type { SaEvent } from '../ipsec/sa.js';
import { ikePort } from '../wire/framing.js';
import { ikev2Flags, isResponse } from '../wire/header.js';
import type { Ikev2Message } from '../wire/message.js';
import { spiNumber, spiOctets } from '../wire/payloads/spis.js';
import { exchangeTypes } from '../wire/registry.js';
import type { IkeSa } from './ike-sa.js';
import { hintedLivenessMillis, unprotectedMax, unprotectedMillis } from './limits.js';
import { notification, Payloads } from './payloads.js';
import { ikeSasAt } from './table.js';
import { answerHeader, sendUnprotected } from './transport.js';
import { addressKey, ignore, outboundKey, type Turn } from './turn.js';

/** May an address get another unprotected message? */
function mayTell({ host, now }: Turn, address: Address): boolean {
  const key = addressKey(address);
  const last = host.unprotected.get(key);
  if (last !== undefined && now - last < unprotectedMillis) return false;
  host.unprotected.delete(key);
  host.unprotected.set(key, now);
  if (host.unprotected.size > unprotectedMax) host.unprotected.delete(host.unprotected.keys().next().value!);
  return true;
}

/** A later version than ours: the one answer that RFC 7296 §2.5 has for it. We never go back to an earlier one. */
export function tellVersion(turn: Turn, datagram: IncomingDatagram): void {
  const { header, remote } = datagram;
  const { major, minor } = header.version;
  ignore(turn, remote, `version ${major}.${minor}`, 'RFC 7296 §2.5');
  if (isResponse(header) || !mayTell(turn, remote.address)) return;
  sendUnprotected(turn, answerHeader(header), [notification('INVALID_MAJOR_VERSION', Uint8Array.of(2))], datagram);
}

/** A message for an IKE SA that we do not have. */
export function tellUnknownIkeSpi(turn: Turn, datagram: IncomingDatagram): void {
  const { header, remote } = datagram;
  const spis = `${header.initiatorSpi.toString(16)}, ${header.responderSpi.toString(16)}`;
  ignore(turn, remote, `no IKE SA has the SPIs ${spis}`, 'RFC 7296 §2.21.4');
  if (isResponse(header) || !mayTell(turn, remote.address)) return;
  sendUnprotected(turn, answerHeader(header), [notification('INVALID_IKE_SPI')], datagram);
}

/** ESP or AH with an SPI that nobody here knows: its sender is told, protected where there is an IKE SA with it (§1.5). */
export function tellUnknownSpi(turn: Turn, event: Extract<SaEvent, { readonly kind: 'unknown-spi' }>): void {
  const { host, env } = turn;
  const { spi, source, destination } = event;
  if (!mayTell(turn, source)) return;
  for (const sa of ikeSasAt(host, source)) {
    if (sa.state.state !== 'Established') continue;
    // The peer answers a liveness check, or it does not; an SPI that it thinks to be ours is its affair to delete.
    checkByHint(turn, sa);
    return;
  }
  if (!env.view.padFor({ local: destination, remote: source })) return;
  const local: Endpoint = { address: destination, port: ikePort };
  const remote: Endpoint = { address: source, port: ikePort };
  const header = {
    initiatorSpi: 0n,
    responderSpi: 0n,
    version: { major: 2, minor: 0 },
    exchangeType: exchangeTypes.number.INFORMATIONAL,
    flags: ikev2Flags.INITIATOR,
    messageId: 0,
  };
  sendUnprotected(turn, header, [notification('INVALID_SPI', spiOctets(spi))], { local, remote });
}

/** A message in the clear that may be a hint; false where it is none. */
export function onUnprotected(turn: Turn, datagram: IncomingDatagram, message: Ikev2Message, sa?: IkeSa): boolean {
  const { host } = turn;
  const { remote } = datagram;
  const payloads = new Payloads(message.payloads);
  const invalidSpi = payloads.notify('INVALID_SPI');
  if (invalidSpi && !sa) {
    const spi = spiNumber(invalidSpi.data);
    ignore(turn, remote, `INVALID_SPI ${spi ?? ''} in the clear is a hint`, 'RFC 7296 §1.5');
    for (const protocol of ['ESP', 'AH'] as const) {
      const id = { direction: 'outbound', protocol, spi: spi ?? 0, destination: remote.address } as const;
      const found = host.outbound.get(outboundKey(id));
      if (found) checkByHint(turn, found.ikeSa);
    }
    return true;
  }
  if (sa && isResponse(message.header) && payloads.error()) {
    ignore(turn, remote, 'an error in the clear is a hint; the answer is still waited for', 'RFC 7296 §2.21.4', sa);
    return true;
  }
  return false;
}

/** Asks the peer whether it is there, unless it was heard of just now (RFC 7296 §2.4). */
function checkByHint(turn: Turn, sa: IkeSa): void {
  if (sa.state.state !== 'Established' || turn.now - sa.heardAt < hintedLivenessMillis) return;
  if (sa.window.outstanding || sa.queue.some(({ kind }) => kind === 'liveness')) return;
  sa.queue.push({ kind: 'liveness' });
  turn.touched.add(sa);
}
