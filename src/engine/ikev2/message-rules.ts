/**
 * Which payloads may come in which message — RFC 7296 §1.2 to §1.5, appendix C. Checked before any step runs, so that a step
 * finds what it needs exactly once.
 *
 * Payloads that are not in a row are not looked at (RFC 7296 §2.5): critical ones of an unknown type make the whole message
 * refused, and are looked for elsewhere.
 */
import type { MessageName } from './lifecycle.js';
import type { KnownKind, Payloads } from './payloads.js';

type Occurrence = 'one' | 'optional' | 'some' | 'any' | 'none';
type Form = Readonly<Partial<Record<KnownKind, Occurrence>>>;

export const messageRules = {
  'IKE_SA_INIT request': {
    proposes: { SA: 'one', KE: 'one', Nonce: 'one', N: 'any', V: 'any' },
  },
  'IKE_SA_INIT response': {
    accepts: { SA: 'one', KE: 'one', Nonce: 'one', CERTREQ: 'any', N: 'any', V: 'any' },
    refuses: { N: 'some', V: 'any' },
  },
  'IKE_AUTH request': {
    authenticates: {
      IDi: 'one',
      IDr: 'optional',
      AUTH: 'one',
      SA: 'one',
      TSi: 'one',
      TSr: 'one',
      CP: 'any',
      CERT: 'any',
      CERTREQ: 'any',
      N: 'any',
      V: 'any',
    },
    // RFC 6023 §4
    'authenticates alone': {
      IDi: 'one',
      IDr: 'optional',
      AUTH: 'one',
      SA: 'none',
      TSi: 'none',
      TSr: 'none',
      CP: 'any',
      CERT: 'any',
      CERTREQ: 'any',
      N: 'any',
      V: 'any',
    },
    'asks for EAP': { IDi: 'one', SA: 'one', TSi: 'one', TSr: 'one', N: 'any' },
  },
  'IKE_AUTH response': {
    'makes both': {
      IDr: 'one',
      AUTH: 'one',
      SA: 'one',
      TSi: 'one',
      TSr: 'one',
      CP: 'any',
      CERT: 'any',
      N: 'any',
      V: 'any',
    },
    'makes the IKE SA': { IDr: 'one', AUTH: 'one', CP: 'any', CERT: 'any', N: 'any', V: 'any' },
    refuses: { N: 'some' },
  },
  'CREATE_CHILD_SA request': {
    'makes a Child SA': { SA: 'one', Nonce: 'one', KE: 'optional', TSi: 'one', TSr: 'one', N: 'any', V: 'any' },
    'rekeys the IKE SA': { SA: 'one', Nonce: 'one', KE: 'one', N: 'any', V: 'any' },
  },
  'CREATE_CHILD_SA response': {
    'makes a Child SA': { SA: 'one', Nonce: 'one', KE: 'optional', TSi: 'one', TSr: 'one', N: 'any', V: 'any' },
    'rekeys the IKE SA': { SA: 'one', Nonce: 'one', KE: 'one', N: 'any', V: 'any' },
    refuses: { N: 'some' },
  },
  'INFORMATIONAL request': { informs: { D: 'any', N: 'any', CP: 'any', V: 'any' } },
  'INFORMATIONAL response': { informs: { D: 'any', N: 'any', CP: 'any', V: 'any' } },
} as const satisfies Readonly<Record<MessageName, Readonly<Record<string, Form>>>>;

export type FormOf<M extends MessageName> = keyof (typeof messageRules)[M];

export type Checked<M extends MessageName> =
  | { readonly ok: true; readonly form: FormOf<M> }
  /** INVALID_SYNTAX, or no answer where nothing is authenticated. */
  | { readonly ok: false; readonly why: string };

interface FormRows {
  readonly form: string;
  /** Only what can be violated. */
  readonly rows: readonly (readonly [KnownKind, Occurrence])[];
}

const formsOf = new Map<string, readonly FormRows[]>(
  Object.entries(messageRules).map(([message, forms]) => [
    message,
    Object.entries<Form>(forms).map(([form, rules]) => ({
      form,
      rows: (Object.entries(rules) as [KnownKind, Occurrence][]).filter(([, occurrence]) => occurrence !== 'any'),
    })),
  ]),
);

/** The first form of a message that its payloads have. */
export function checkPayloads<M extends MessageName>(message: M, payloads: Payloads): Checked<M> {
  let nearest: string | undefined;
  for (const { form, rows } of formsOf.get(message) ?? []) {
    const why = mismatch(rows, payloads);
    if (why === undefined) return { ok: true, form: form as FormOf<M> };
    nearest ??= why;
  }
  return { ok: false, why: `${message} ${nearest ?? 'has no form'}` };
}

function mismatch(rows: FormRows['rows'], payloads: Payloads): string | undefined {
  for (const [kind, occurrence] of rows) {
    const count = payloads.count(kind);
    if (occurrence === 'one' && count !== 1) return `has ${count} ${kind} payloads, not 1`;
    if (occurrence === 'optional' && count > 1) return `has ${count} ${kind} payloads, not 1 or none`;
    if (occurrence === 'none' && count > 0) return `has ${count} ${kind} payloads, not none`;
    if (occurrence === 'some' && count === 0) return `has no ${kind} payload`;
  }
  return undefined;
}

/** The first payload of a type that is not known and must be (RFC 7296 §2.5). */
export function unknownCritical({ list }: Payloads): number | undefined {
  for (const payload of list) if (payload.kind === 'unknown' && payload.critical) return payload.number;
  return undefined;
}
