/** SIGNATURE_HASH_ALGORITHMS — RFC 7427 §4, RFC 8420 §2: the hashes whose signatures a side can verify. */
import type { PadEntry } from '../../model/system-config.js';
import type { HashName } from '../crypto/provider.js';
import { decodeNotifyData } from '../wire/payloads/notify-data.js';
import type { Ikev2Payload } from '../wire/payloads/table.js';
import { hashAlgorithms } from '../wire/registry.js';
import { notification, type Payloads } from './payloads.js';

export type SignatureHash = HashName | 'IDENTITY';

const numbers = hashAlgorithms.number;
const byNumber: ReadonlyMap<number, SignatureHash> = new Map([
  [numbers.SHA1, 'SHA1'],
  [numbers['SHA2-256'], 'SHA2-256'],
  [numbers['SHA2-384'], 'SHA2-384'],
  [numbers['SHA2-512'], 'SHA2-512'],
  [numbers.Identity, 'IDENTITY'],
]);

/** Profiles do not change, and each handshake announces what they say. */
const announced = new WeakMap<readonly SignatureHash[], readonly Ikev2Payload[]>();

/**
 * What we announce; nothing where the product does not know RFC 7427. An initiator whose record demands signatures with certain hashes
 * announces only these (charon's ike_init.c).
 */
export function announceHashes(
  hashes: readonly SignatureHash[],
  { remoteSignatureDemands }: Pick<PadEntry, 'remoteSignatureDemands'> = {},
): readonly Ikev2Payload[] {
  const wanted = remoteSignatureDemands?.value.exchange ?? [];
  const demanded = hashes.filter((name) => wanted.some((one) => (one.hash ?? 'IDENTITY') === name));
  if (demanded.length > 0) return [announcement(demanded)];
  let payloads = announced.get(hashes);
  if (!payloads) {
    payloads = hashes.length === 0 ? [] : [announcement(hashes)];
    announced.set(hashes, payloads);
  }
  return payloads;
}

function announcement(hashes: readonly SignatureHash[]): Ikev2Payload {
  const listed = [...byNumber].filter(([, name]) => hashes.includes(name)).map(([number]) => number);
  const data = new Uint8Array(listed.length * 2);
  const view = new DataView(data.buffer);
  for (const [index, number] of listed.entries()) view.setUint16(index * 2, number);
  return notification('SIGNATURE_HASH_ALGORITHMS', data);
}

/** What the peer announced; undefined where it announced nothing. */
export function announcedHashes(payloads: Payloads): readonly SignatureHash[] | undefined {
  const notify = payloads.notify('SIGNATURE_HASH_ALGORITHMS');
  const decoded = notify && decodeNotifyData('SIGNATURE_HASH_ALGORITHMS', notify.data);
  if (!decoded?.ok) return undefined;
  return decoded.value.hashes.flatMap((number) => byNumber.get(number) ?? []);
}
