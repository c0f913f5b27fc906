/** Opens SK and SKF payloads of a capture with the keys that were given, and puts fragments together (RFC 7296 §3.14, RFC 7383). */
import { algorithmFor, type CryptoProvider } from '../../engine/crypto/provider.js';
import { addFragment, type Reassembly } from '../../engine/ikev2/fragments.js';
import { formatDecodeError, type TreeNode } from '../../engine/wire/codec.js';
import { fromInitiator, type Header } from '../../engine/wire/header.js';
import { type Ikev2Message, inspectPayloads } from '../../engine/wire/message.js';
import type { Ikev2Payload } from '../../engine/wire/payloads/table.js';
import { encryptedPayload, type OpenedFragment, openFragment, type Protection } from '../../engine/wire/protect.js';
import type { Secret } from '../../model/secret.js';
import type { Ikev2KeyEntry, KeySet } from './keys/key-set.js';

export type Ikev2Opening =
  /** There is nothing encrypted in it. */
  | { readonly kind: 'clear' }
  | {
      readonly kind: 'opened';
      readonly payloads: readonly Ikev2Payload[];
      readonly tree: readonly TreeNode[];
      /** Was there an ICV to check, and a key for it? */
      readonly icv: 'good' | 'not judged';
      /** Of so many fragments, in these frames. */
      readonly frames?: readonly number[];
    }
  /** A fragment; others are missing. */
  | { readonly kind: 'fragment'; readonly number: number; readonly total: number; readonly icv?: 'good' | 'not judged' }
  | { readonly kind: 'no-key' }
  | { readonly kind: 'failed'; readonly why: string; readonly icv?: 'bad' };

export interface Ikev2Opener {
  open(frame: number, octets: Uint8Array, message: Ikev2Message): Ikev2Opening;
  /** Entries of the tables that have opened something. */
  readonly used: ReadonlySet<Ikev2KeyEntry>;
}

interface Waiting {
  readonly state: Reassembly;
  readonly frames: readonly number[];
}

/** Messages whose fragments are waited for at the same time. */
const waitingMax = 1024;
const roomOctets = 1 << 20;

export function ikev2Opener(keys: KeySet, provider: CryptoProvider): Ikev2Opener {
  const bySpis = new Map<string, Ikev2KeyEntry[]>();
  for (const entry of keys.ikev2) {
    const key = `${entry.initiatorSpi} ${entry.responderSpi}`;
    bySpis.set(key, [...(bySpis.get(key) ?? []), entry]);
  }
  const protections = new Map<Ikev2KeyEntry, Partial<Record<'i' | 'r', Protection | string>>>();
  const used = new Set<Ikev2KeyEntry>();
  const waiting = new Map<string, Waiting>();
  return { used, open };

  function open(frame: number, octets: Uint8Array, message: Ikev2Message): Ikev2Opening {
    const payload = encryptedPayload(message);
    if (!payload) return { kind: 'clear' };
    const fragmentOf =
      payload.kind === 'SKF' ? { number: payload.body.fragmentNumber, total: payload.body.totalFragments } : undefined;
    const { header } = message;
    const entries = bySpis.get(`${header.initiatorSpi} ${header.responderSpi}`) ?? [];
    if (entries.length === 0) return fragmentOf ? { kind: 'fragment', ...fragmentOf } : { kind: 'no-key' };
    let failure: Ikev2Opening = { kind: 'no-key' };
    for (const entry of entries) {
      const protection = protectionOf(entry, fromInitiator(header) ? 'i' : 'r');
      if (typeof protection === 'string') {
        failure = { kind: 'failed', why: protection };
        continue;
      }
      const fragment = openFragment(octets, message, protection);
      if (!fragment.ok) {
        failure = failureOf(fragment.reason);
        continue;
      }
      const isChecked = protection.kind === 'aead' || entry.integrity?.transform !== undefined;
      const icv = isChecked ? 'good' : 'not judged';
      const whole = fragmentOf ? assembled(frame, header, fragment) : { fragment, frames: undefined };
      if (!whole) {
        used.add(entry);
        return { kind: 'fragment', ...fragmentOf!, icv };
      }
      if ('why' in whole) return { kind: 'failed', why: whole.why };
      const { decoding, tree } = inspectPayloads('IKEv2', whole.fragment.firstPayload, whole.fragment.content);
      if (!decoding.ok) {
        failure = { kind: 'failed', why: formatDecodeError(decoding.error) };
        continue;
      }
      used.add(entry);
      return {
        kind: 'opened',
        payloads: decoding.payloads,
        tree,
        icv,
        ...(whole.frames ? { frames: whole.frames } : {}),
      };
    }
    return failure;
  }

  /** The content of all fragments; undefined while some are missing. */
  function assembled(
    frame: number,
    header: Header,
    fragment: OpenedFragment,
  ): { readonly fragment: OpenedFragment; readonly frames: readonly number[] } | { readonly why: string } | undefined {
    const key = [header.initiatorSpi, header.responderSpi, header.messageId, header.flags].join(' ');
    const before = waiting.get(key);
    const outcome = addFragment(before?.state, header.messageId, fragment, roomOctets);
    const frames = [...(before?.frames ?? []), frame];
    switch (outcome.kind) {
      case 'waiting': {
        if (!before && waiting.size >= waitingMax) waiting.delete(waiting.keys().next().value!);
        waiting.set(key, { state: outcome.waiting, frames });
        return undefined;
      }
      case 'refused':
        return { why: outcome.why };
      case 'whole': {
        waiting.delete(key);
        const parts = new Map(before?.state.parts).set(fragment.fragmentNumber, fragment);
        const inOrder = Array.from({ length: fragment.totalFragments }, (_, index) => parts.get(index + 1)!);
        const content = new Uint8Array(inOrder.reduce((sum, part) => sum + part.content.length, 0));
        let at = 0;
        for (const part of inOrder) {
          content.set(part.content, at);
          at += part.content.length;
        }
        return { fragment: { ...fragment, firstPayload: inOrder[0]!.firstPayload, content }, frames };
      }
    }
  }

  function protectionOf(entry: Ikev2KeyEntry, side: 'i' | 'r'): Protection | string {
    const known = protections.get(entry) ?? {};
    protections.set(entry, known);
    known[side] ??= makeProtection(provider, entry, side === 'i' ? [entry.skEi, entry.skAi] : [entry.skEr, entry.skAr]);
    return known[side];
  }
}

function makeProtection(
  provider: CryptoProvider,
  { encryption, integrity, place }: Ikev2KeyEntry,
  [skE, skA]: readonly Secret[],
): Protection | string {
  const { transform, name } = encryption;
  if (!transform) return `${name} with a key of ${skE!.length} octets is not implemented (${place})`;
  const aead = algorithmFor(provider.aeads, transform);
  if (aead) return { kind: 'aead', ivLength: transform.ivOctets, icvLength: aead.icvLength, aead: aead.key(skE!) };
  const cipher = algorithmFor(provider.ciphers, transform);
  if (!cipher) return `${name} is not implemented`;
  const base = {
    kind: 'cipher',
    ivLength: transform.ivOctets,
    blockLength: transform.blockOctets,
    cipher: cipher.key(skE!),
  } as const;
  const mac = integrity?.transform && algorithmFor(provider.integrities, integrity.transform);
  if (mac) {
    if (skA!.length !== mac.keyLength)
      return `${mac.transform.name} needs a key of ${mac.keyLength} octets, not ${skA!.length} (${place})`;
    return { ...base, icvLength: mac.icvLength, integrity: mac.key(skA!) };
  }
  if (integrity?.icvOctets === undefined)
    return `integrity by ${integrity?.name ?? 'nothing'} is not implemented (${place})`;
  const unchecked = { sign: () => new Uint8Array(0), verify: () => true };
  return { ...base, icvLength: integrity.icvOctets, integrity: unchecked };
}

function failureOf(reason: string): Ikev2Opening {
  switch (reason) {
    case 'integrity':
      return { kind: 'failed', icv: 'bad', why: 'the ICV is wrong: other keys, or a message that was changed' };
    case 'padding':
      return { kind: 'failed', why: 'its padding is longer than it is: other keys' };
    default:
      return { kind: 'failed', why: 'its length does not fit the algorithms of the keys' };
  }
}
