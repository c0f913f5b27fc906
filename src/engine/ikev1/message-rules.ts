/**
 * Which payloads may come in which message — RFC 2409 §5. The tables are looked at before any step runs; what they do not
 * name (vendor IDs, notifications, NAT-D, types that nobody knows) may come in every message and is for the step to see.
 */
import type { IsakmpPayload } from '../wire/isakmp/table.js';
import type { MethodKind } from './keys.js';
import type { Arrival } from './messages.js';

type Kind = IsakmpPayload['kind'];

interface PayloadRule {
  readonly min: number;
  readonly max: number;
}

export interface MessageRule {
  /** `message 3 of Main Mode`. */
  readonly name: string;
  readonly encrypted: 'yes' | 'no' | 'either';
  /** What must be the first payload (RFC 2409 §5 and §5.5). */
  readonly first?: Kind;
  readonly payloads: Readonly<Partial<Record<Kind, PayloadRule>>>;
}

const one: PayloadRule = { min: 1, max: 1 };
const optional: PayloadRule = { min: 0, max: 1 };
/** Certificates of one message, CRLs among them, and requests for them. */
const certificates: PayloadRule = { min: 0, max: 32 };
/** SA payloads of one Quick Mode. */
export const quickModeSasMax = 8;

/** Payloads that only the messages may have whose rules name them. */
const governed: ReadonlySet<Kind> = new Set<Kind>(['SA', 'KE', 'ID', 'HASH', 'SIG', 'NONCE', 'CERT', 'CR', 'D', 'CP']);

const keyPayloads: Readonly<Record<MethodKind, MessageRule['payloads']>> = {
  'preshared-key': { KE: one, NONCE: one, CR: certificates },
  signature: { KE: one, NONCE: one, CR: certificates },
  encryption: { KE: one, NONCE: one, ID: one, HASH: optional },
  revised: { KE: one, NONCE: one, ID: one, HASH: optional, CERT: certificates },
};

const authPayloads: Readonly<Record<MethodKind, MessageRule['payloads']>> = {
  'preshared-key': { ID: one, HASH: one, CR: certificates },
  signature: { ID: one, SIG: one, CERT: certificates, CR: certificates },
  encryption: { HASH: one },
  revised: { HASH: one },
};

const aggressiveAuth: Readonly<Record<MethodKind, MessageRule['payloads']>> = {
  'preshared-key': { HASH: one },
  signature: { SIG: one, CERT: certificates, CR: certificates },
  encryption: { HASH: one },
  revised: { HASH: one },
};

/** Message 1 or 2 of Main Mode. */
export function mainModeSa(number: 1 | 2): MessageRule {
  return { name: `message ${number} of Main Mode`, encrypted: 'no', first: 'SA', payloads: { SA: one } };
}

/** Message 3 or 4. */
export function mainModeKeys(number: 3 | 4, kind: MethodKind): MessageRule {
  return { name: `message ${number} of Main Mode`, encrypted: 'no', payloads: keyPayloads[kind] };
}

/** Message 5 or 6. */
export function mainModeAuth(number: 5 | 6, kind: MethodKind): MessageRule {
  return { name: `message ${number} of Main Mode`, encrypted: 'yes', payloads: authPayloads[kind] };
}

/** Message 1 of Aggressive Mode. */
export function aggressiveStart(kind: MethodKind): MessageRule {
  const payloads = { ...keyPayloads[kind], SA: one, ID: one };
  return { name: 'message 1 of Aggressive Mode', encrypted: 'no', first: 'SA', payloads };
}

/** Message 2. HASH_R may come beside HASH(1), which only an initiator sends. */
export function aggressiveReply(kind: MethodKind): MessageRule {
  const payloads = { ...keyPayloads[kind], ...aggressiveAuth[kind], SA: one, ID: one };
  return { name: 'message 2 of Aggressive Mode', encrypted: 'no', first: 'SA', payloads };
}

/** Message 3, which RFC 2409 §5.1 has in the clear and RFC 3947 §3.2 encrypted. */
export function aggressiveEnd(kind: MethodKind): MessageRule {
  return { name: 'message 3 of Aggressive Mode', encrypted: 'either', payloads: aggressiveAuth[kind] };
}

const clients: PayloadRule = { min: 0, max: 2 };

/** Messages of Quick Mode (RFC 2409 §5.5). */
export const quickMode: Readonly<Record<1 | 2 | 3, MessageRule>> = {
  1: quickModeRule(1, { HASH: one, SA: { min: 1, max: quickModeSasMax }, NONCE: one, KE: optional, ID: clients }),
  2: quickModeRule(2, { HASH: one, SA: { min: 1, max: quickModeSasMax }, NONCE: one, KE: optional, ID: clients }),
  3: quickModeRule(3, { HASH: one }),
};

function quickModeRule(number: 1 | 2 | 3, payloads: MessageRule['payloads']): MessageRule {
  return { name: `message ${number} of Quick Mode`, encrypted: 'yes', first: 'HASH', payloads };
}

/** An Informational under an ISAKMP SA (RFC 2409 §5.7). */
export const informational: MessageRule = {
  name: 'Informational',
  encrypted: 'yes',
  first: 'HASH',
  payloads: { HASH: one, D: { min: 0, max: 16 } },
};

/** What is against the rule, in words; undefined where nothing is. */
export function breach(rule: MessageRule, { payloads, encrypted }: Arrival): string | undefined {
  if (rule.encrypted === 'yes' && !encrypted) return `${rule.name} came in the clear`;
  if (rule.encrypted === 'no' && encrypted) return `${rule.name} came encrypted`;
  if (rule.first && payloads[0]?.kind !== rule.first) return `${rule.name} does not begin with ${rule.first}`;
  const counts = new Map<Kind, number>();
  for (const { kind } of payloads) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind, count] of counts) {
    const { max } = rule.payloads[kind] ?? { max: governed.has(kind) ? 0 : Number.POSITIVE_INFINITY };
    if (count > max) return `${rule.name} has ${max === 0 ? `a payload ${kind}` : `${count} payloads ${kind}`}`;
  }
  for (const [kind, { min }] of Object.entries(rule.payloads) as [Kind, PayloadRule][]) {
    if ((counts.get(kind) ?? 0) < min) return `${rule.name} lacks ${kind}`;
  }
  return undefined;
}
