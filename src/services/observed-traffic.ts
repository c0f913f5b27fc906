/** Which entries of the systems' SPDs the packets of captures hit: what `policy lint --capture` asks. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { classifyIp, isIpFault, parseIp } from '../engine/ipsec/packet.js';
import { ipPacketOf } from '../engine/wire/capture/link.js';
import { captureFrames } from '../engine/wire/capture.js';
import type { ObservedTraffic } from '../lint/context.js';
import type { AddressValue, Family } from '../model/address.js';
import type { Packet } from '../model/packet.js';
import { buildSpdIndex, type SpdIndex } from '../model/selector/spd-index.js';
import type { SpdEntry, SystemConfig } from '../model/system-config.js';
import { UsageError } from '../model/tool-error.js';

/** Larger files are not read: they would not fit into memory beside the policies. */
const captureOctetsMax = 512 * 1024 * 1024;
const ipsecProtocols: ReadonlySet<number> = new Set([50, 51]);
const encapsulationPort = 4500;

/**
 * Reads captures (pcap, pcapng) and asks each system that has an end of a packet which entry takes it. An ESP or AH packet
 * does not show what it carries: it counts for every entry whose SAs end at the same two addresses. Throws UsageError for
 * files that are no captures.
 */
export function observeTraffic(
  files: readonly string[],
  systems: readonly { readonly name: string; readonly config: SystemConfig }[],
): ReadonlyMap<string, ObservedTraffic> {
  const observers = systems.map(({ name, config }) => new Observer(name, config));
  const owners = new Map<string, Observer[]>();
  for (const observer of observers) {
    for (const { family, value } of observer.config.addresses) {
      const key = addressKey(family, value);
      const list = owners.get(key);
      if (list) list.push(observer);
      else owners.set(key, [observer]);
    }
  }
  for (const file of files) observeFile(file, owners);
  return new Map(observers.map(({ name, traffic }) => [name, traffic]));
}

function observeFile(file: string, owners: ReadonlyMap<string, readonly Observer[]>): void {
  let frames = 0;
  for (const item of captureFrames(readCapture(file))) {
    if (item.kind === 'fault') {
      if (frames === 0)
        throw new UsageError(`${file} is no capture that can be read: ${item.why}`, { code: 'UNREADABLE' });
      continue;
    }
    frames += 1;
    const link = ipPacketOf(item.linkType, item.octets);
    if (!link || 'why' in link) continue;
    const ip = parseIp(link.packet);
    if (isIpFault(ip)) continue;
    for (const direction of ['outbound', 'inbound'] as const) {
      const own = direction === 'outbound' ? ip.source : ip.destination;
      const observed = owners.get(addressKey(ip.family, own));
      if (!observed) continue;
      const { packet } = classifyIp(ip, direction);
      const isProtected =
        ipsecProtocols.has(ip.protocol) ||
        (packet.localPort === encapsulationPort && packet.remotePort === encapsulationPort);
      for (const observer of observed) {
        if (isProtected) observer.seeProtected(packet.remote);
        else observer.see(packet);
      }
    }
  }
}

class Observer {
  readonly hit = new Set<SpdEntry>();
  readonly traffic: { packets: number; readonly hit: ReadonlySet<SpdEntry> };
  /** Far ends of ESP and AH that were looked up already: captures repeat them. */
  readonly #ends = new Set<AddressValue>();

  readonly #index: SpdIndex;

  constructor(
    readonly name: string,
    readonly config: SystemConfig,
  ) {
    this.#index = buildSpdIndex(config.spd.map(({ selectors }) => selectors));
    this.traffic = { packets: 0, hit: this.hit };
  }

  see(packet: Packet): void {
    this.traffic.packets += 1;
    const entry = this.config.spd[this.#index.classify(packet)];
    if (entry) this.hit.add(entry);
  }

  seeProtected(remote: AddressValue): void {
    this.traffic.packets += 1;
    if (this.#ends.has(remote)) return;
    this.#ends.add(remote);
    for (const entry of this.config.spd) {
      if (entry.action.kind !== 'PROTECT') continue;
      const ends = entry.action.bundle.flatMap(({ remoteEndpoint }) => remoteEndpoint ?? []);
      const reaches =
        ends.length > 0
          ? ends.some(({ value }) => value === remote)
          : entry.selectors.some((box) => box.remote.lo <= remote && remote <= box.remote.hi);
      if (reaches) this.hit.add(entry);
    }
  }
}

function addressKey(family: Family, value: AddressValue): string {
  return `${family} ${value}`;
}

function readCapture(file: string): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { code: 'UNREADABLE' });
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new UsageError(`${file} is no file`, { code: 'NO_SUCH_FILE' });
    if (status.size > captureOctetsMax)
      throw new UsageError(`${file} has more than ${captureOctetsMax / 1024 / 1024} MiB`, {
        code: 'UNREADABLE',
        hints: ['Give a part of it: editcap -c 1000000 cuts a capture into pieces.'],
      });
    const octets = new Uint8Array(status.size);
    for (let at = 0; at < octets.length; ) {
      const count = readSync(descriptor, octets, at, octets.length - at, null);
      if (count === 0) return octets.subarray(0, at);
      at += count;
    }
    return octets;
  } finally {
    closeSync(descriptor);
  }
}
