/**
 * What a decoder accepts at most. A peer that nobody has authenticated decides how long a message is and how many parts it
 * claims to have, so that every loop over its octets ends at one of these, and says so.
 */

/** A whole IKE message in octets: as much as UDP or an RFC 9329 stream frame can carry. */
export const messageOctetsMax = 65_535;

/** The decrypted contents of an encrypted payload or of all its fragments (RFC 7383 §2.6), in octets. */
export const innerOctetsMax = 1 << 20;

/** Payloads of one message; real messages have at most a few dozen, most of them vendor IDs and certificates. */
export const payloadsMax = 512;

/** Proposals of one SA payload: IKEv2 numbers them in one octet (RFC 7296 §3.3.1). */
export const proposalsMax = 255;

/** Transforms of one proposal: their number is one octet (RFC 7296 §3.3.1, RFC 2408 §3.5). */
export const transformsMax = 255;

/** Attributes of one transform, or of one configuration payload. */
export const attributesMax = 1024;

/** Traffic selectors of one payload: their number is one octet (RFC 7296 §3.13). */
export const trafficSelectorsMax = 255;

/** SPIs of one Delete payload: what fits into a payload when each takes an octet or more. */
export const spisMax = 65_523;

/** Remarks that a decoder keeps about one message; later ones are only counted. */
export const notesMax = 64;

/** Octets of a field that a report shows in hexadecimal before it shortens it. */
export const shownOctetsMax = 48;

/** Octets of a text that a report shows as text: a domain name is no longer (RFC 1035 §2.3.4), an address hardly. */
export const shownTextMax = 512;
