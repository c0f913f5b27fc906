/**
 * One SA taken off an inbound packet — RFC 4301 §5.2, RFC 4302 §3.4, RFC 4303 §3.4. The order is what protects: sequence number
 * against the window, then ICV, then decryption, and only then does the window move.
 */
import type { Address } from '../../model/address.js';
import { type AhOpened, ahNumbers, openAh } from './ah.js';
import { type Drop, type DropReason, drop } from './drop.js';
import { type EspOpened, espNumbers, openEsp } from './esp.js';
import { payloadInsertion, replaceFrom, withUpperChecksum } from './ip-build.js';
import { type IpPacket, ipProtocols, isIpFault, parseIp } from './packet.js';
import { acceptSequence, checkReplay, inferSequence } from './replay-window.js';
import { admit, charge, type Millis, type Sa, type SaEvent } from './sa.js';
import type { Sad } from './sad.js';
import { decapsulate } from './tunnel.js';
import { type UdpPorts, udpContent } from './udp-encap.js';

export interface Received {
  readonly result:
    | { readonly kind: 'opened'; readonly sa: Sa; readonly ip: IpPacket }
    /** Nothing of IPsec in it. */
    | { readonly kind: 'clear' }
    | { readonly kind: 'ike'; readonly ports: UdpPorts; readonly octets: Uint8Array }
    | { readonly kind: 'keepalive' }
    | Drop;
  readonly events: readonly SaEvent[];
}

export interface IkePorts {
  readonly ike: number;
  readonly natTraversal: number;
}

/** Wrong ICVs in a row after which the upper half of an ESN is tried one higher (RFC 4303 appendix A3), once for each so many. */
export const esnResyncThreshold = 128;

/** Takes the outermost ESP or AH off a whole packet. */
export function receive(sad: Sad, ip: IpPacket, ikePorts: IkePorts, now: Millis): Received {
  if (ip.protocol === ipProtocols.ESP) return receiveEsp(sad, ip, ip.payload, undefined, now);
  if (ip.protocol === ipProtocols.AH) return receiveAh(sad, ip, now);
  const content = udpContent(ip, ikePorts.ike, ikePorts.natTraversal);
  switch (content.kind) {
    case 'ESP':
      return receiveEsp(sad, ip, content.esp, content.ports, now);
    case 'IKE':
      return { result: { kind: 'ike', ports: content.ports, octets: content.octets }, events: [] };
    case 'keepalive':
      return { result: { kind: 'keepalive' }, events: [] };
    case 'malformed':
      // Never clear text: a host that gave it to its UDP port again would have it back for ever.
      return refused('malformed', 'too short for ESP or IKE in UDP');
    case 'other':
      return { result: { kind: 'clear' }, events: [] };
  }
}

function refused(reason: DropReason, why: string, events: readonly SaEvent[] = []): Received {
  return { result: drop(reason, why), events };
}

function unknownSpi(ip: IpPacket, protocol: 'ESP' | 'AH', spi: number): Received {
  const { family, source, destination } = ip;
  const ends = { source: { family, value: source }, destination: { family, value: destination } };
  const why = `no SA of ${protocol} with SPI 0x${spi.toString(16).padStart(8, '0')} at this address`;
  return refused('unknown-spi', why, [{ kind: 'unknown-spi', protocol, spi, ...ends }]);
}

function receiveEsp(sad: Sad, ip: IpPacket, esp: Uint8Array, ports: UdpPorts | undefined, now: Millis): Received {
  const numbers = espNumbers(esp);
  if (!numbers) return refused('malformed', 'too short for ESP');
  const { spi } = numbers;
  const sa = sad.inbound('ESP', spi, { family: ip.family, value: ip.destination });
  if (!sa || sa.key.kind === 'AH') return unknownSpi(ip, 'ESP', spi);
  const { key, parameters } = sa;
  const checked = openChecked<Opened<EspOpened>>(sa, numbers.sequenceLow, ip.octets.length, now, (sequence) =>
    openEsp(key, esp, { sequence, esn: parameters.esn, checkPadding: parameters.checkPadding }),
  );
  if (checked.kind === 'drop') return { result: checked.drop, events: checked.events };
  const { opened } = checked;
  const events = [...checked.events, ...mappingEvents(sa, ip, ports)];
  if (opened.nextHeader === ipProtocols.NO_NEXT_HEADER) return refused('dummy', 'a dummy packet', events);
  return leave(sa, ip, opened.nextHeader, opened.payload, events, () =>
    replaceFrom(ip, payloadInsertion(ip), opened.nextHeader, opened.payload),
  );
}

function receiveAh(sad: Sad, ip: IpPacket, now: Millis): Received {
  const numbers = ahNumbers(ip);
  if (!numbers) return refused('malformed', 'too short for AH');
  const { spi } = numbers;
  const sa = sad.inbound('AH', spi, { family: ip.family, value: ip.destination });
  if (sa?.key.kind !== 'AH') return unknownSpi(ip, 'AH', spi);
  const { parameters } = sa;
  const { key } = sa;
  const checked = openChecked<Opened<AhOpened>>(sa, numbers.sequenceLow, ip.octets.length, now, (sequence) =>
    openAh(key, ip, { sequence, esn: parameters.esn }),
  );
  if (checked.kind === 'drop') return { result: checked.drop, events: checked.events };
  const { opened, events } = checked;
  return leave(sa, ip, opened.nextHeader, opened.payload, events, () => opened.octets);
}

type Opened<R> = Extract<R, { readonly kind: 'opened' }>;
type Refusal = { readonly kind: 'refused'; readonly reason: 'malformed' | 'icv' | 'padding'; readonly why: string };

type Checked<O> =
  | { readonly kind: 'opened'; readonly opened: O; readonly events: SaEvent[] }
  | { readonly kind: 'drop'; readonly drop: Drop; readonly events: SaEvent[] };

/** Sequence number, ICV and the rest in their order; counts what happens. */
function openChecked<O extends { readonly kind: 'opened' }>(
  sa: Sa,
  sequenceLow: number,
  length: number,
  now: Millis,
  open: (sequence: bigint) => O | Refusal,
): Checked<O> {
  const { window, usage, id } = sa;
  const { admitted, events } = admit(sa, length, now);
  if (!admitted) return { kind: 'drop', drop: drop('expired', 'the SA has come to its limit'), events };
  let sequence = inferSequence(window, sequenceLow);
  const verdict = checkReplay(window, sequence);
  if (verdict !== 'fresh') {
    usage.replays += 1;
    const why = verdict === 'old' ? 'is below the window' : 'was received before';
    return {
      kind: 'drop',
      drop: drop('replay', `sequence number ${sequence} ${why}`),
      events: [{ kind: 'replay', sa: id, sequence, verdict }],
    };
  }
  let opened = open(sequence);
  if (opened.kind === 'refused' && opened.reason === 'icv' && window.esn) {
    // So many losses that the lower half came round unseen: this number, one cycle on, may be the right one.
    if ((usage.icvFailuresInARow + 1) % esnResyncThreshold === 0) {
      const later = sequence + (1n << 32n);
      const retried = open(later);
      if (retried.kind === 'opened') [opened, sequence] = [retried, later];
    }
  }
  if (opened.kind === 'refused') {
    if (opened.reason === 'icv') {
      usage.icvFailures += 1;
      usage.icvFailuresInARow += 1;
      events.push({ kind: 'icv-failure', sa: id, sequence });
    }
    // Wrong padding is found behind a right ICV: the number is used up all the same.
    if (opened.reason === 'padding') acceptSequence(window, sequence);
    return { kind: 'drop', drop: drop(opened.reason, opened.why), events };
  }
  usage.icvFailuresInARow = 0;
  acceptSequence(window, sequence);
  events.push(...charge(sa, length, now));
  return { kind: 'opened', opened, events };
}

/**
 * The packet behind the SA: the one in the tunnel, or the same with what followed ESP or AH. Exported for those who open ESP
 * themselves (the fast path of the userspace runtime).
 */
export function leave(
  sa: Sa,
  ip: IpPacket,
  nextHeader: number,
  payload: Uint8Array,
  events: readonly SaEvent[],
  unprotected: () => Uint8Array | undefined,
): Received {
  if (sa.parameters.mode === 'tunnel') {
    const inner = decapsulate(ip, nextHeader, payload);
    if (inner.kind === 'refused') return refused(inner.reason, inner.why, events);
    return { result: { kind: 'opened', sa, ip: inner.ip }, events };
  }
  const octets = unprotected();
  const clear = octets && parseIp(octets);
  if (!clear) return refused('malformed', 'what ESP held is too long for IP', events);
  if (isIpFault(clear)) return refused('malformed', `behind the SA: ${clear.why}`, events);
  if (!sa.parameters.udpEncapsulation) return { result: { kind: 'opened', sa, ip: clear }, events };
  const mended = withUpperChecksum(clear);
  return {
    result: { kind: 'opened', sa, ip: mended === clear.octets ? clear : (parseIp(mended) as IpPacket) },
    events,
  };
}

function mappingEvents(sa: Sa, ip: IpPacket, ports: UdpPorts | undefined): SaEvent[] {
  const { udpEncapsulation, remote } = sa.parameters;
  if (!udpEncapsulation || !ports) return [];
  if (udpEncapsulation.remotePort === ports.source && remote.family === ip.family && remote.value === ip.source)
    return [];
  const source: Address = { family: ip.family, value: ip.source };
  return [{ kind: 'mapping-changed', sa: sa.id, remote: source, remotePort: ports.source }];
}
