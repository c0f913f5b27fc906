/** From the account of a simulated world to a capture file and the tables of keys that open it. */
import type { EngineEvent } from '../../engine/event.js';
import type { EntryOf, TraceEntry } from '../../engine/sim/trace.js';
import { Secret } from '../../model/secret.js';
import type { EspKeys, Ikev1Key, Ikev2Keys, KeyTables } from '../../report/key-tables.js';
import type { Capture, CapturedPacket } from '../../report/pcapng.js';

const nanosPerMilli = 1_000_000n;

/** The packets of a world as their senders put them on the wire. */
export function captureOf(
  entries: readonly TraceEntry[],
  about: {
    readonly hosts: readonly string[];
    readonly beginsAt: Date;
    readonly application: string;
    readonly comment?: string;
  },
): Capture {
  const begins = BigInt(about.beginsAt.getTime()) * nanosPerMilli;
  const packets: CapturedPacket[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'sent') continue;
    packets.push({
      timestampNanos: begins + BigInt(Math.round(entry.at * 1_000_000)),
      interface: Math.max(0, about.hosts.indexOf(entry.host)),
      octets: entry.octets,
    });
  }
  const { application, hosts: interfaces, comment } = about;
  return { application, interfaces, packets, ...(comment ? { comment } : {}) };
}

/** All keys of a world's SAs. */
export function keysOf(entries: readonly TraceEntry[]): KeyTables {
  const ikev1: Ikev1Key[] = [];
  const ikev2: Ikev2Keys[] = [];
  const esp: EspKeys[] = [];
  for (const entry of entries) {
    if (entry.kind === 'install') {
      const keys = espKeys(entry);
      if (keys) esp.push(keys);
    } else if (entry.kind === 'event' && entry.event.kind === 'ike-keys') {
      const { keys } = entry.event;
      if (keys.version === 1) ikev1.push({ initiatorCookie: keys.initiatorCookie, encryptionKey: keys.encryptionKey });
      else ikev2.push(ikev2Keys(keys));
    }
  }
  return { ikev1, ikev2, esp };
}

type IkeKeys<Version> = Extract<Extract<EngineEvent, { kind: 'ike-keys' }>['keys'], { version: Version }>;

function ikev2Keys({ initiatorSpi, responderSpi, skEi, skEr, skAi, skAr, transforms }: IkeKeys<2>): Ikev2Keys {
  return {
    initiatorSpi,
    responderSpi,
    encryption: transforms.encryption?.name ?? 'NULL',
    ...(transforms.integrity ? { integrity: transforms.integrity.name } : {}),
    skEi,
    skEr,
    skAi,
    skAr,
  };
}

/** Each SA once: by the outbound one, at its sender. AH needs no key to be read. */
function espKeys({ sa }: EntryOf<'install'>): EspKeys | undefined {
  if (sa.direction !== 'outbound' || sa.protocol !== 'ESP') return undefined;
  return {
    source: sa.local,
    destination: sa.remote,
    spi: sa.spi,
    encryption: sa.encryption?.name ?? 'NULL',
    ...(sa.authentication ? { integrity: sa.authentication.name } : {}),
    encryptionKey: sa.keys.encryption ?? new Secret(new Uint8Array(0)),
    ...(sa.keys.authentication ? { integrityKey: sa.keys.authentication } : {}),
  };
}
