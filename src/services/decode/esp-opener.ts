/** Opens ESP packets of a capture with the keys that were given: the ICV first, then the packet inside (RFC 4303 §3.4.4). */
import { algorithmFor, type CryptoProvider } from '../../engine/crypto/provider.js';
import { type EspKey, type EspOpened, espKey, espNumbers, integrityKey, openEsp } from '../../engine/ipsec/esp.js';
import { classifyIp, type IpPacket, ipProtocols, isIpFault, parseIp } from '../../engine/ipsec/packet.js';
import type { PacketContext } from '../../engine/wire/capture.js';
import { formatPacket, formatProtocol } from '../../model/packet.js';
import { type EspKeyEntry, isFor, type KeySet } from './keys/key-set.js';

export type EspOpening =
  | {
      readonly kind: 'opened';
      readonly icv: 'good' | 'not judged';
      /** `TCP 10.0.0.1:4000 > 10.0.0.2:23`, `dummy packet`. */
      readonly inside: string;
      readonly mode: 'transport' | 'tunnel';
      readonly esn: boolean;
      readonly algorithms: string;
    }
  | { readonly kind: 'no-key' }
  | { readonly kind: 'failed'; readonly why: string; readonly icv?: 'bad' | 'good'; readonly algorithms?: string };

export interface EspOpener {
  open(context: PacketContext, octets: Uint8Array, spi: number): EspOpening;
  readonly used: ReadonlySet<EspKeyEntry>;
}

interface Keyed {
  readonly entry: EspKeyEntry;
  readonly algorithms: string;
  readonly key?: EspKey;
  /** ICV octets that are taken off unseen. */
  readonly uncheckedIcv: number;
  /** For ciphers that we lack: at least the ICV. */
  readonly checkOnly?: { verify(octets: Uint8Array): boolean };
  readonly why?: string;
}

export function espOpener(keys: KeySet, provider: CryptoProvider): EspOpener {
  const used = new Set<EspKeyEntry>();
  const keyed = new Map<EspKeyEntry, Keyed>();
  const byAddresses = new Map<string, readonly EspKeyEntry[]>();
  return { used, open };

  function open(context: PacketContext, octets: Uint8Array, spi: number): EspOpening {
    const { family, source, destination } = context;
    const name = `${family} ${source} ${destination} ${spi}`;
    let entries = byAddresses.get(name);
    if (!entries) {
      entries = keys.esp.filter((entry) => isFor(entry, { family, source, destination, spi }));
      byAddresses.set(name, entries);
    }
    let failure: EspOpening = { kind: 'no-key' };
    for (const entry of entries) {
      let ready = keyed.get(entry);
      if (!ready) {
        ready = prepare(provider, entry);
        keyed.set(entry, ready);
      }
      const opening = openWith(ready, octets, context);
      if (opening.kind === 'opened' || (opening.kind === 'failed' && opening.icv === 'good')) {
        used.add(entry);
        return opening;
      }
      failure = opening;
    }
    return failure;
  }
}

function prepare(provider: CryptoProvider, entry: EspKeyEntry): Keyed {
  const { encryption, integrity, encryptionKey, integrityKey: macKey, place } = entry;
  const algorithms = [encryption.name, integrity?.name].filter((name) => name !== undefined).join(', ');
  const base = { entry, algorithms };
  // Nobody should use NULL with no integrity; who captures it may read it.
  const isNothing = encryption.transform?.name === 'NULL' && !integrity;
  const unchecked = integrity && !integrity.transform ? integrity.icvOctets : 0;
  if (unchecked === undefined)
    return { ...base, uncheckedIcv: 0, why: `integrity by ${integrity?.name} is not implemented (${place})` };
  const { transform } = encryption;
  if (!transform) {
    const checkOnly = integrity?.transform && integrityKey(provider, integrity.transform, macKey);
    const icvOctets = integrity?.icvOctets ?? 0;
    return {
      ...base,
      uncheckedIcv: 0,
      why: `${encryption.name} with a key of ${encryptionKey.length} octets is not implemented (${place})`,
      ...(checkOnly && 'key' in checkOnly
        ? {
            checkOnly: {
              verify: (octets) =>
                checkOnly.key.verify(octets.subarray(-icvOctets), octets.subarray(0, octets.length - icvOctets)),
            },
          }
        : {}),
    };
  }
  if (unchecked > 0 || isNothing) {
    const cipher = algorithmFor(provider.ciphers, transform);
    if (!cipher) return { ...base, uncheckedIcv: 0, why: `${encryption.name} is not implemented` };
    const key = { kind: 'separate', transform, icvLength: 0, cipher: cipher.key(encryptionKey) } as const;
    return { ...base, uncheckedIcv: unchecked, key };
  }
  const key = espKey(provider, transform, integrity?.transform, {
    encryption: encryptionKey,
    authentication: macKey,
  });
  return 'why' in key ? { ...base, uncheckedIcv: 0, why: `${key.why} (${place})` } : { ...base, uncheckedIcv: 0, key };
}

function openWith(ready: Keyed, octets: Uint8Array, context: PacketContext): EspOpening {
  const { key, algorithms, uncheckedIcv, why, checkOnly } = ready;
  const numbers = espNumbers(octets);
  if (!numbers) return { kind: 'failed', why: 'it is too short for an ESP header' };
  if (!key) {
    if (!checkOnly || octets.length < 24) return { kind: 'failed', why: why ?? '', algorithms };
    return checkOnly.verify(octets)
      ? { kind: 'failed', why: why ?? '', icv: 'good', algorithms }
      : { kind: 'failed', why: 'the ICV is wrong: other keys, or a packet that was changed', icv: 'bad', algorithms };
  }
  const packet = uncheckedIcv > 0 ? octets.subarray(0, Math.max(0, octets.length - uncheckedIcv)) : octets;
  const isChecked = key.icvLength > 0;
  let esn = false;
  let opened: EspOpened | undefined;
  for (const attempt of attempts(ready, numbers.sequenceLow)) {
    opened = openEsp(key, packet, { ...attempt, checkPadding: false });
    esn = attempt.esn;
    if (opened.kind === 'opened' || opened.reason !== 'icv') break;
  }
  if (opened?.kind !== 'opened') {
    const isIcv = opened?.reason === 'icv';
    return {
      kind: 'failed',
      why: isIcv ? 'the ICV is wrong: other keys, or a packet that was changed' : (opened?.why ?? ''),
      algorithms,
      ...(isIcv ? { icv: 'bad' } : {}),
    };
  }
  const content = contentText(opened.nextHeader, opened.payload, context);
  if (!isChecked && content.isOdd)
    return { kind: 'failed', why: `what is decrypted makes no sense (${content.text}): another key`, algorithms };
  return {
    kind: 'opened',
    icv: isChecked ? 'good' : 'not judged',
    inside: content.text,
    mode: content.mode,
    esn,
    algorithms,
  };
}

/** As the table says; where it says nothing of ESN, without it and then with the upper half of a young SA. */
function attempts({ entry, key }: Keyed, low: number): { readonly sequence: bigint; readonly esn: boolean }[] {
  const high = (upper: number): bigint => (BigInt(upper) << 32n) | BigInt(low);
  if (entry.esn) return [{ sequence: high(entry.esn.high), esn: true }];
  const plain = { sequence: BigInt(low), esn: false };
  return key && key.icvLength > 0 ? [plain, { sequence: high(0), esn: true }] : [plain];
}

interface Content {
  readonly text: string;
  readonly mode: 'transport' | 'tunnel';
  /** Nothing that anybody would send. */
  readonly isOdd: boolean;
}

function contentText(nextHeader: number, payload: Uint8Array, context: PacketContext): Content {
  if (nextHeader === ipProtocols.NO_NEXT_HEADER)
    return { text: 'dummy packet (RFC 4303 §2.6)', mode: 'tunnel', isOdd: false };
  if (nextHeader === ipProtocols.IPV4 || nextHeader === ipProtocols.IPV6) {
    const ip = parseIp(payload);
    if (isIpFault(ip)) return { text: `a packet that is none: ${ip.why}`, mode: 'tunnel', isOdd: true };
    return { text: packetText(ip), mode: 'tunnel', isOdd: false };
  }
  const { family, source, destination } = context;
  const inner: IpPacket = {
    family,
    octets: payload,
    source,
    destination,
    trafficClass: 0,
    hopLimit: 0,
    dontFragment: false,
    extensions: [],
    protocol: nextHeader,
    payloadOffset: 0,
    payload,
  };
  // Unassigned since ever: with another key any number comes out.
  const isOdd = nextHeader > 145 && nextHeader < 253;
  return { text: isOdd ? `protocol ${formatProtocol(nextHeader)}` : packetText(inner), mode: 'transport', isOdd };
}

/** `TCP 10.0.0.1:4000 > 10.0.0.2:23`. */
export function packetText(ip: IpPacket): string {
  const { packet } = classifyIp(ip, 'outbound');
  const fragment = ip.fragment ? `, fragment at ${ip.fragment.offset}` : '';
  return `${formatPacket(packet).replace('outbound ', '')}${fragment}`;
}
