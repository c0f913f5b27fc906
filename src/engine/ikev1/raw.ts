/** Payloads as they were sent: hashes of IKEv1 are computed over octets, not over what they mean (RFC 2409 §5). */

export interface RawPayload {
  readonly number: number;
  /** With the generic header. */
  readonly whole: Uint8Array;
  readonly body: Uint8Array;
}

const headerOctets = 4;

/** The chain that begins with the payload `first`; it has been decoded before, so its lengths fit. */
export function rawPayloads(first: number, octets: Uint8Array): RawPayload[] {
  const payloads: RawPayload[] = [];
  let number = first;
  for (let at = 0; number !== 0 && at + headerOctets <= octets.length; ) {
    const length = (octets[at + 2]! << 8) | octets[at + 3]!;
    if (length < headerOctets || at + length > octets.length) break;
    const whole = octets.subarray(at, at + length);
    payloads.push({ number, whole, body: whole.subarray(headerOctets) });
    number = whole[0]!;
    at += length;
  }
  return payloads;
}

/** The body of the first payload of a number. */
export function rawBody(payloads: readonly RawPayload[], number: number): Uint8Array | undefined {
  return payloads.find((payload) => payload.number === number)?.body;
}
