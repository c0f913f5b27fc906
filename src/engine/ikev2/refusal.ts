/** Why a responder refuses a Child SA: for the peer as a notification, for this system as a failure. */
import type { ChildCandidate } from '../../model/peer/child-search.js';
import type { EntrySource, SaTemplate, SpdEntry } from '../../model/system-config.js';
import type { Failure, FailureCode } from '../failure.js';
import type { Ikev2Payload } from '../wire/payloads/table.js';
import type { Child } from './child-sa.js';
import { type NotifyName, notification } from './payloads.js';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: FailureCode;
  readonly notify: NotifyName;
  readonly text: string;
  readonly rfc?: string;
  readonly records: Failure['records'];
  readonly mismatch?: Failure['mismatch'];
  readonly data?: Uint8Array;
}

export function refusal(
  code: FailureCode,
  notify: NotifyName,
  text: string,
  candidate: ChildCandidate | undefined,
  rfc: string,
): Refusal {
  const records = candidate ? sourcesOf(candidate.template, candidate.entry) : [];
  return { kind: 'refused', code, notify, text, rfc, records };
}

/** The records that a Child SA is made by; often one record is both. */
export function sourcesOf(template: SaTemplate, entry: SpdEntry): readonly EntrySource[] {
  return template.source === entry.source ? [entry.source] : [template.source, entry.source];
}

export interface RefusedChild {
  readonly kind: 'refused';
  readonly notify: Ikev2Payload;
  readonly failure: Failure;
}

export function refuse(
  { code, notify, text, rfc, records, mismatch, data }: Refusal,
  replaces: Child | undefined,
): RefusedChild {
  return {
    kind: 'refused',
    notify: notification(notify, data),
    failure: {
      code,
      attempt: replaces ? 'rekeying of the Child SA' : 'Child SA',
      foundBy: 'us',
      role: 'responder',
      text,
      records,
      notify,
      ...(rfc ? { rfc } : {}),
      ...(mismatch ? { mismatch } : {}),
    },
  };
}
