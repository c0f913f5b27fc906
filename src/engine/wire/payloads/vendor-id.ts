/** Vendor ID payload (V) — RFC 7296 §3.12: whatever a vendor chose, often the MD5 of a text. */
import { type Decoded, definePayload, hexPreview, rest, shown, struct } from '../codec.js';
import { vendorIdName } from '../registry/vendor-ids.js';

/** Vendor IDs are the same in both versions. */
export const vendorId = struct({ vendorId: shown(rest(), vendorIdText) });
export type VendorIdPayload = Decoded<typeof vendorId>;

export const v = definePayload({ kind: 'V', number: 43, rfc: 'RFC 7296 §3.12', body: vendorId });

/** The name, where it is known, and the octets. */
export function vendorIdText(octets: Uint8Array): string {
  const name = vendorIdName(octets);
  return name === undefined ? hexPreview(octets) : `${name} (${hexPreview(octets)})`;
}
