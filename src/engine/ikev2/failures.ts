/** Errors that a peer names, as failures that can be explained. */
import { formatIdentity } from '../../model/peer/identity.js';
import type { EntrySource } from '../../model/system-config.js';
import type { FailureCode } from '../failure.js';
import type { IkeSa } from './ike-sa.js';

export interface PeerFailure {
  readonly code: FailureCode;
  readonly why: string;
  readonly rfc: string;
  readonly notify?: string;
}

/** What an error notification says, for an IKE SA or for a Child SA; no name at all stands for an answer without any. */
export function peerFailure(notify: string, of: 'IKE' | 'CHILD'): PeerFailure {
  const says = (code: FailureCode, why: string, rfc: string): PeerFailure => ({
    code,
    why,
    rfc,
    ...(notify ? { notify } : {}),
  });
  switch (notify) {
    case 'NO_PROPOSAL_CHOSEN':
      return of === 'IKE'
        ? says('no-ike-proposal', 'the peer accepts none of the IKE proposals', 'RFC 7296 §2.7')
        : says('no-child-proposal', 'the peer accepts none of the proposals for the Child SA', 'RFC 7296 §2.7');
    case 'INVALID_KE_PAYLOAD':
      return says('invalid-ke', 'the peer wants another key exchange method', 'RFC 7296 §1.3');
    case 'AUTHENTICATION_FAILED':
      return says('authentication-failed', 'the peer does not believe our identity or its proof', 'RFC 7296 §2.21.2');
    case 'TS_UNACCEPTABLE':
      return says(
        'selectors-unacceptable',
        'the peer has no policy for the proposed traffic selectors',
        'RFC 7296 §2.9',
      );
    case 'INTERNAL_ADDRESS_FAILURE':
      return says('no-virtual-address', 'the peer gives us no address', 'RFC 7296 §3.15.4');
    case 'FAILED_CP_REQUIRED':
      return says('virtual-address-required', 'the peer wants us to ask it for an address', 'RFC 7296 §2.19');
    case 'SINGLE_PAIR_REQUIRED':
      return says('selectors-unacceptable', 'the peer wants selectors of a single pair of addresses', 'RFC 7296 §2.9');
    case 'TEMPORARY_FAILURE':
      return says('busy', 'the peer is busy with another exchange of the same SA', 'RFC 7296 §2.25');
    case 'CHILD_SA_NOT_FOUND':
      return says('deleted', 'the peer does not know the Child SA', 'RFC 7296 §2.25.1');
    case 'NO_ADDITIONAL_SAS':
      return says('resource-limit', 'the peer takes no more Child SAs on this IKE SA', 'RFC 7296 §1.3');
    case 'INVALID_MAJOR_VERSION':
      return says('version-refused', 'the peer does not speak IKEv2', 'RFC 7296 §2.5');
    case 'INVALID_SYNTAX':
      return says('invalid-message', 'the peer finds our message malformed', 'RFC 7296 §2.21.3');
    case 'UNSUPPORTED_CRITICAL_PAYLOAD':
      return says('invalid-message', 'the peer does not know a payload of ours that it must', 'RFC 7296 §2.5');
    case '':
      return says('invalid-message', 'the answer has neither what was asked for nor an error', 'RFC 7296 §2.21.3');
    default:
      return says('peer-error', `the peer says ${notify}`, 'RFC 7296 §3.10.1');
  }
}

/** What an error says that ends a whole IKE SA. */
export function endOfIkeSa(sa: IkeSa, notify: string): PeerFailure {
  const says = peerFailure(notify, 'IKE');
  return notify === 'AUTHENTICATION_FAILED' && sa.localId ? { ...says, ...disbelief(sa) } : says;
}

/**
 * AUTHENTICATION_FAILED names no cause. A responder that refuses says it of all; an initiator has proved itself before, and
 * that its proof and what it asked for were good tells what is left.
 */
function disbelief(sa: IkeSa): Pick<PeerFailure, 'code' | 'why'> {
  const name = formatIdentity(sa.localId!);
  const method = sa.pad?.localMethod.value;
  const proof = method === 'PSK' ? 'has another key' : 'does not take our certificate or signature';
  const doubts = (why: string) => ({ code: 'authentication-failed', why }) as const;
  if (sa.role === 'initiator') {
    const asked = sa.wantedId ? `, or is not ${formatIdentity(sa.wantedId)}` : '';
    return doubts(`the peer refuses us as ${name}: it does not expect that, or ${proof}${asked}`);
  }
  if (sa.wantedId && formatIdentity(sa.wantedId) !== name) {
    return {
      code: 'identity-refused',
      why: `the peer asked for ${formatIdentity(sa.wantedId)}, and does not take ${name}`,
    };
  }
  if (sa.wantedId) {
    return doubts(`the peer asked for ${name}, but ${sa.sharesKey ? 'does not take the key that it has too' : proof}`);
  }
  if (sa.sharesKey) return { code: 'identity-refused', why: `the peer has our key, but does not expect it of ${name}` };
  return doubts(`the peer does not expect that we are ${name}, or ${proof}`);
}

/** The records that an IKE SA was made by, as far as they are known. */
export function recordsOf({ pad, policy }: IkeSa): readonly EntrySource[] {
  return [...(pad ? [pad.source] : []), ...(policy ? [policy.source] : [])];
}
