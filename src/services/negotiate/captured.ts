/** From the account of a simulated world to a capture file and the tables of keys that open it. */
import type { EngineEvent } from '../../engine/event.js';
import type { SaParameters } from '../../engine/ipsec/sa.js';
import type { TraceEntry } from '../../engine/sim/trace.js';
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
      // Each SA once: by the outbound one, at its sender.
      const keys = entry.sa.direction === 'outbound' ? espKeysOf(entry.sa) : undefined;
      if (keys) esp.push(keys);
    } else if (entry.kind === 'event' && entry.event.kind === 'ike-keys') {
      const tables = ikeKeyTables(entry.event.keys);
      ikev1.push(...tables.ikev1);
      ikev2.push(...tables.ikev2);
    }
  }
  return { ikev1, ikev2, esp };
}

/** The row of one IKE SA. */
export function ikeKeyTables(
  keys: Extract<EngineEvent, { kind: 'ike-keys' }>['keys'],
): Pick<KeyTables, 'ikev1' | 'ikev2'> {
  return keys.version === 1
    ? { ikev1: [{ initiatorCookie: keys.initiatorCookie, encryptionKey: keys.encryptionKey }], ikev2: [] }
    : { ikev1: [], ikev2: [ikev2Keys(keys)] };
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

/** The row of one SA; AH needs no key to be read. */
export function espKeysOf(sa: SaParameters): EspKeys | undefined {
  const { protocol, direction, local, remote, spi, encryption, authentication, keys } = sa;
  if (protocol !== 'ESP') return undefined;
  const [source, destination] = direction === 'outbound' ? [local, remote] : [remote, local];
  return {
    source,
    destination,
    spi,
    encryption: encryption?.name ?? 'NULL',
    ...(authentication ? { integrity: authentication.name } : {}),
    encryptionKey: keys.encryption ?? new Secret(new Uint8Array(0)),
    ...(keys.authentication ? { integrityKey: keys.authentication } : {}),
  };
}
