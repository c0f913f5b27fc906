/** Failures and refused steps, put together in one place so that they read alike. */
import type { Ikev1Errors } from '../../model/peer-profile/peer-profile.js';
import type { EntrySource } from '../../model/system-config.js';
import type { Environment } from '../environment.js';
import type { Failure, FailureCode } from '../failure.js';
import { isakmpNotifyTypes } from '../wire/registry/isakmp.js';
import type { Basis, Phase1Step } from './phase1-state.js';

/** `auth 'x'` */
export function recordName({ record }: EntrySource): string {
  return `${record.kind} '${record.name}'`;
}

/** A failure of phase 1 that this system found. */
export function phase1Failure(
  { role, pad, policy }: Pick<Basis, 'role' | 'pad'> & { readonly policy?: Basis['policy'] },
  code: FailureCode,
  text: string,
  more: Partial<Failure> = {},
): Failure {
  const records = [pad.source, ...(policy ? [policy.source] : [])];
  return { code, attempt: 'IKE SA', foundBy: 'us', role, text, records, ...more };
}

/** A message that is not acted upon. */
export function ignored(why: string, rfc?: string): Phase1Step {
  return { kind: 'ignored', why, ...(rfc ? { rfc } : {}), events: [] };
}

/** The number of the error that a product tells its peer of a fault; undefined where it says nothing. */
export function errorOf(
  { role, exchange }: Pick<Basis, 'role' | 'exchange'>,
  fault: keyof Ikev1Errors,
  { profile }: Environment,
): number | undefined {
  const { responder, mainInitiator, aggressiveInitiator } = profile.ikev1Errors.value;
  const errors = role === 'responder' ? responder : exchange === 'main' ? mainInitiator : aggressiveInitiator;
  const name = errors[fault];
  return name && isakmpNotifyTypes.number[name];
}

/** The name of a notification: `NO-PROPOSAL-CHOSEN`. */
export function notifyName(type: number): string {
  return isakmpNotifyTypes.brief(type);
}

/** What a peer's error means for an attempt. */
export function codeOfNotify(type: number, attempt: 'IKE SA' | 'Child SA'): FailureCode {
  const { number } = isakmpNotifyTypes;
  const isIke = attempt === 'IKE SA';
  switch (type) {
    case number['NO-PROPOSAL-CHOSEN']:
    case number['BAD-PROPOSAL-SYNTAX']:
    case number['ATTRIBUTES-NOT-SUPPORTED']:
    case number['INVALID-TRANSFORM-ID']:
      return isIke ? 'no-ike-proposal' : 'no-child-proposal';
    case number['INVALID-ID-INFORMATION']:
      return isIke ? 'identity-refused' : 'selectors-unacceptable';
    case number['AUTHENTICATION-FAILED']:
    case number['INVALID-HASH-INFORMATION']:
    case number['INVALID-SIGNATURE']:
      return isIke ? 'authentication-failed' : 'peer-error';
    case number['INVALID-CERTIFICATE']:
    case number['INVALID-CERT-AUTHORITY']:
    case number['INVALID-CERT-ENCODING']:
    case number['CERT-TYPE-UNSUPPORTED']:
    case number['CERTIFICATE-UNAVAILABLE']:
      return isIke ? 'certificate-refused' : 'peer-error';
    case number['INVALID-EXCHANGE-TYPE']:
    case number['UNSUPPORTED-EXCHANGE-TYPE']:
      return isIke ? 'exchange-refused' : 'peer-error';
    case number['INVALID-KEY-INFORMATION']:
      return 'invalid-ke';
    case number['PAYLOAD-MALFORMED']:
    case number['INVALID-PAYLOAD-TYPE']:
      return 'invalid-message';
    default:
      return 'peer-error';
  }
}
