/** What an operator asks to be negotiated, by the name of a record or by a packet, as the engine wants it. */
import { endsFor } from '../../engine/child-request.js';
import type { ChildRequest } from '../../engine/input.js';
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import { parsePacket } from '../../model/parse-packet.js';
import { systemView } from '../../model/peer/system-view.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { SpdEntry, SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';

/** The request for a record (of the SPD or of an SA) or for a packet. Throws UsageError where there is none. */
export function requestFor(
  config: SystemConfig,
  wish: { readonly record?: string | undefined; readonly packet?: string | undefined },
): ChildRequest {
  if (wish.packet !== undefined) {
    const packet = parsePacket(wish.packet, 'outbound');
    if ('error' in packet) throw new UsageError(packet.error, { code: 'PACKET' });
    return forPacket(config, packet);
  }
  if (wish.record === undefined) throw new UsageError('say what to negotiate: the name of a record, or --packet');
  return forRecord(config, wish.record);
}

/** What has to be negotiated with one peer: the outermost SA of each policy that protects something towards it, with a packet. */
export function requestsTowards(config: SystemConfig, peer: Address): (ChildRequest & { readonly packet: Packet })[] {
  return [...config.spd, ...config.forwardSpd].flatMap((entry) => {
    if (entry.action.kind !== 'PROTECT') return [];
    const template = entry.action.bundle.at(-1);
    const end = template?.remoteEndpoint;
    if (end && (end.family !== peer.family || end.value !== peer.value)) return [];
    for (const box of entry.selectors) {
      if (box.direction.lo !== 0) continue;
      // Without an end of its own the SA ends where the packet goes.
      const isMet = end !== undefined || (box.family === peer.family && isIn(box.remote, peer.value));
      if (!isMet) continue;
      const packet = witnessPacket(end ? box : { ...box, remote: { lo: peer.value, hi: peer.value } });
      const request = outermost(config, entry, packet);
      if (request) return [{ ...request, packet }];
    }
    return [];
  });
}

function isIn({ lo, hi }: { readonly lo: Address['value']; readonly hi: Address['value'] }, value: Address['value']) {
  return lo <= value && value <= hi;
}

/** The request for a packet of this system, or of a network behind it. Throws UsageError where no policy protects it. */
export function requestForPacket(config: SystemConfig, packet: Packet): ChildRequest & { readonly packet: Packet } {
  return { ...forPacket(config, packet), packet };
}

function forPacket(config: SystemConfig, packet: Packet): ChildRequest {
  const view = systemView(config);
  for (const list of [view.host, view.forward]) {
    const entry = list.entries[list.index.classify(packet)];
    if (entry?.action.kind !== 'PROTECT') continue;
    const request = outermost(config, entry, packet);
    if (request) return { ...request, packet };
  }
  throw new UsageError('no policy protects this packet', {
    code: 'NO_SUCH_RECORD',
    hints: ['ipsec policy query shows what the policies do with it.'],
  });
}

function forRecord(config: SystemConfig, name: string): ChildRequest {
  for (const entry of [...config.spd, ...config.forwardSpd]) {
    if (entry.action.kind !== 'PROTECT') continue;
    const { bundle } = entry.action;
    const isNamed = [entry, ...bundle].some(({ source }) => source.record.name === name);
    const box = entry.selectors.find(({ direction }) => direction.lo === 0) ?? entry.selectors[0];
    if (!isNamed || !box) continue;
    const packet = witnessPacket(box);
    const request = outermost(config, entry, packet);
    if (request) return request;
  }
  throw new UsageError(`no record called '${name}' protects anything`, {
    code: 'NO_SUCH_RECORD',
    hints: ['Name a host, tunnel or child record that has a transform.'],
  });
}

/** The outermost SA of the entry's bundle: inner ones are negotiated through it. */
function outermost(config: SystemConfig, entry: SpdEntry, packet: Packet): ChildRequest | undefined {
  if (entry.action.kind !== 'PROTECT') return undefined;
  const { bundle, populateFromPacket } = entry.action;
  const template = bundle.at(-1);
  if (!template || template.manual) return undefined;
  const ends = endsFor(config, template, packet);
  return ends && { entry, template, ends, populateFromPacket };
}
