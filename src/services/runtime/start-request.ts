/** What an operator asks to be negotiated, by the name of a record or by a packet, as the engine wants it. */
import type { ChildRequest } from '../../engine/input.js';
import type { Address } from '../../model/address.js';
import type { Packet } from '../../model/packet.js';
import { parsePacket } from '../../model/parse-packet.js';
import { systemView } from '../../model/peer/system-view.js';
import { witnessPacket } from '../../model/selector/witness.js';
import type { SaTemplate, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { UsageError } from '../../model/tool-error.js';

/** The request for a record (of the SPD or of an SA) or for a packet. Throws UsageError where there is none. */
export function requestFor(
  config: SystemConfig,
  wish: { readonly record?: string | undefined; readonly packet?: string | undefined },
): ChildRequest {
  if (wish.packet !== undefined) {
    const packet = parsePacket(wish.packet, 'outbound');
    if ('error' in packet) throw new UsageError(packet.error);
    return forPacket(config, packet);
  }
  if (wish.record === undefined) throw new UsageError('say what to negotiate: the name of a record, or --packet');
  return forRecord(config, wish.record);
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
  const ends = endsOf(config, template, packet);
  return ends && { entry, template, ends, populateFromPacket };
}

function endsOf(config: SystemConfig, template: SaTemplate, packet: Packet): ChildRequest['ends'] | undefined {
  const address = (value: Packet['local']): Address => ({ family: packet.family, value }) as Address;
  const remote = template.remoteEndpoint ?? address(packet.remote);
  const own = (candidate: Address) =>
    config.addresses.some(({ family, value }) => family === candidate.family && value === candidate.value);
  const written = template.localEndpoint ?? address(packet.local);
  const local = own(written) ? written : config.addresses.find(({ family }) => family === remote.family);
  return local && local.family === remote.family ? { local, remote } : undefined;
}
