/** How the ends of a connection authenticate, and whether each is content with the other. */
import type { AuthenticationMethod, Identity, PadEntry } from '../../system-config.js';
import { matchesIdentity } from '../identity.js';

/** What a method is to IKE: a shared key, a signature, or a user's name. */
export type MethodClass = 'psk' | 'signature' | 'eap' | 'xauth' | 'any';

/** The class of a method. */
export function classOf(method: AuthenticationMethod): MethodClass {
  switch (method) {
    case 'PSK':
      return 'psk';
    case 'EAP':
      return 'eap';
    case 'XAUTH':
      return 'xauth';
    case 'ANY':
      return 'any';
    default:
      return 'signature';
  }
}

/**
 * The method of IKEv1 where a configuration leaves the kind of signature to the key, as `pubkey` of strongSwan does: RSA
 * signatures, since IKEv1 has a number for each kind (RFC 2409 §5) and nothing like RFC 7427.
 */
export function methodInIkev1(method: AuthenticationMethod): AuthenticationMethod {
  return method === 'DIGSIG' ? 'RSASIG' : method;
}

/** The classes of all rounds of one end. */
export function roundsOf(pad: PadEntry, end: 'local' | 'remote'): readonly MethodClass[] {
  const first = end === 'local' ? pad.localMethod : pad.remoteMethod;
  const later = (end === 'local' ? pad.localRounds : pad.remoteRounds) ?? [];
  return [classOf(first.value), ...later.map(({ method }) => classOf(method.value))];
}

/**
 * The rounds that an IKEv2 end goes through; without a method of its own it signs (authenticator_create_builder). One that asks for
 * nothing that the round before has not shown already, as a second `psk` without an identity, is left out (do_another_auth).
 */
export function provenRounds(pad: PadEntry): readonly MethodClass[] {
  const [first = 'any'] = roundsOf(pad, 'local');
  const proven: { readonly kind: MethodClass; readonly id?: Identity }[] = [
    { kind: first, ...(pad.localId ? { id: pad.localId.value } : {}) },
  ];
  for (const { method, id } of pad.localRounds ?? []) {
    const [kind, before] = [classOf(method.value), proven.at(-1)!];
    const isShown = id === undefined || (before.id !== undefined && matchesIdentity(before.id, id.value) === 'match');
    if ((kind === before.kind || kind === 'any') && isShown) continue;
    proven.push({ kind, ...(id?.value.kind === 'exact' ? { id: id.value } : {}) });
  }
  return proven.map(({ kind }) => (kind === 'any' ? 'signature' : kind));
}

/** IKEv2: do the rounds that an end goes through satisfy what is expected of it? */
export function roundsSatisfy(proven: readonly MethodClass[], expected: readonly MethodClass[]): boolean {
  return proven.length === expected.length && expected.every((kind, at) => kind === 'any' || kind === proven[at]);
}

/**
 * The method of IKEv1 that a connection stands for, named by its negotiated attribute (phase1.c, calc_auth_method);
 * undefined for a combination that IKEv1 has no method for.
 */
export function ikev1Method(pad: PadEntry, role: 'initiator' | 'responder'): string | undefined {
  const [initiator, responder] = role === 'initiator' ? (['local', 'remote'] as const) : (['remote', 'local'] as const);
  const [i1, i2] = roundsOf(pad, initiator);
  const [r1, r2] = roundsOf(pad, responder);
  for (const kind of ['signature', 'psk'] as const) {
    if (i1 !== kind || r1 !== kind) continue;
    if (i2 === undefined && r2 === undefined) return kind;
    if (i2 === 'xauth') return `${kind}, XAUTH of the initiator`;
    if (r2 === 'xauth') return `${kind}, XAUTH of the responder`;
  }
  return i1 === 'xauth' && r1 === 'signature' && i2 === undefined && r2 === undefined ? 'hybrid' : undefined;
}
