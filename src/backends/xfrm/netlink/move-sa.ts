/**
 * An SA whose peer is elsewhere. Where only the port is another, UPDSA changes it in place. The kernel cannot change the
 * addresses of an SA, so that it is read as it is, taken out, and put in again with its counters and its replay state: were its
 * sequence numbers to start again, so would the IVs of counter modes.
 */
import type { HostSa } from '../../../model/host-state.js';
import { attributeOf, decodeAttributes, encodeAttributes } from './attributes.js';
import { attributeTypes, messageTypes } from './constants.js';
import { addressOctets, fromOctets, toOctets } from './fields.js';
import { type Answer, concatenate } from './frames.js';
import { encodeSa, encodeSaId } from './sas.js';
import type { NetlinkSocket } from './socket.js';
import { encapsulation, saInfo, xfrmUsage } from './structures.js';

/** Attributes of an answer that a request does not take. */
const onlyTold: ReadonlySet<number> = new Set([attributeTypes.lastUsed]);

/** Moves an SA; the answer of the kernel to the request that failed, or to the last one. */
export function moveSa(socket: NetlinkSocket, before: HostSa, after: HostSa): Answer {
  if (sameEnds(before, after)) {
    const [answer] = socket.request([{ type: messageTypes.updateSa, body: encodeSa(after) }]);
    return answer!;
  }
  const found = socket.query({ type: messageTypes.getSa, body: encodeSaId(before) });
  const body = found.messages[0]?.body;
  const moved = body && movedBody(body, after);
  if (!moved) return found.answer;
  const [removed] = socket.request([{ type: messageTypes.deleteSa, body: encodeSaId(before) }]);
  if (removed!.errno !== 0) return removed!;
  const [added] = socket.request([{ type: messageTypes.newSa, body: moved }]);
  return added!;
}

function sameEnds(a: HostSa, b: HostSa): boolean {
  return a.source.value === b.source.value && a.destination.value === b.destination.value;
}

/** The body of NEWSA for an SA as GETSA tells it, with other ends. */
function movedBody(told: Uint8Array, { source, destination, encapsulation: encap }: HostSa): Uint8Array | undefined {
  const info = fromOctets(saInfo, told);
  const attributes = decodeAttributes(told.subarray(saInfo.size));
  if (!info || !attributes) return undefined;
  const { family } = destination;
  const moved = {
    ...info,
    id: { ...info.id, destination: addressOctets(family, destination.value) },
    source: addressOctets(family, source.value),
  };
  const kept = [...attributes].filter(([type]) => !onlyTold.has(type) && type !== attributeTypes.encapsulation);
  return concatenate([
    toOctets(saInfo, moved),
    encodeAttributes([
      ...kept.map(([type, octets]) => ({ type, octets })),
      // What it has carried, and since when it is there.
      attributeOf(attributeTypes.lifetimeValue, xfrmUsage, info.usage),
      ...(encap
        ? [
            attributeOf(attributeTypes.encapsulation, encapsulation, {
              type: encap.type,
              sourcePort: encap.sourcePort,
              destinationPort: encap.destinationPort,
              original: addressOctets(family, encap.original),
            }),
          ]
        : []),
    ]),
  ]);
}
