/**
 * Opens encrypted ISAKMP bodies of a capture with the key that was given (RFC 2409 appendix B). The IV is carried from message
 * to message and begins with the public values of both sides, so that the beginning of phase 1 must be in the capture. What it
 * agreed on is taken from there too; else every cipher and hash that fits the key is tried.
 */

import { phase1Iv, phase2Iv } from '../../engine/crypto/kdf.js';
import type { CipherAlgorithm, CryptoProvider, HashAlgorithm } from '../../engine/crypto/provider.js';
import { messageIdOctets } from '../../engine/ikev1/keys.js';
import { readPhase1Sa } from '../../engine/ikev1/phase1-proposals.js';
import type { TreeNode } from '../../engine/wire/codec.js';
import type { Header } from '../../engine/wire/header.js';
import { type CbcProtection, openIsakmp } from '../../engine/wire/isakmp/protect.js';
import type { IsakmpPayload } from '../../engine/wire/isakmp/table.js';
import { type EncryptedIsakmpMessage, inspectPayloads } from '../../engine/wire/message.js';
import { isakmpExchangeTypes } from '../../engine/wire/registry.js';
import type { Ikev1KeyEntry, KeySet } from './keys/key-set.js';

export type Ikev1Opening =
  | { readonly kind: 'opened'; readonly payloads: readonly IsakmpPayload[]; readonly tree: readonly TreeNode[] }
  | { readonly kind: 'no-key' }
  | { readonly kind: 'failed'; readonly why: string };

export interface Ikev1Opener {
  /** Takes note of a message in the clear: public values and what was agreed on. `sender` is who sent it, as text. */
  note(header: Header, payloads: readonly IsakmpPayload[], sender: string): void;
  open(message: EncryptedIsakmpMessage): Ikev1Opening;
  readonly used: ReadonlySet<Ikev1KeyEntry>;
}

interface Suite {
  readonly cipher: CipherAlgorithm;
  readonly hash: HashAlgorithm;
}

interface Phase1 {
  initiator?: string;
  readonly publicValues: Map<string, Uint8Array>;
  agreed?: { readonly cipher: string; readonly hash: string };
  /** Once a message has been opened. */
  key?: { readonly entry: Ikev1KeyEntry; readonly suite: Suite; readonly protection: CbcProtection };
  /** The last block of phase 1, which the IVs of later exchanges come from. */
  lastBlock?: Uint8Array;
  /** The next IV of each exchange by its Message ID; 0 is phase 1. */
  readonly ivs: Map<number, Uint8Array>;
  /** What was opened, by its ciphertext: retransmissions are opened with the IV of the first. */
  readonly opened: Map<string, Ikev1Opening>;
}

/** ISAKMP SAs that are followed, and messages of one that are remembered. */
const sasMax = 4096;
const openedMax = 4096;

export function ikev1Opener(keys: KeySet, provider: CryptoProvider): Ikev1Opener {
  const sas = new Map<bigint, Phase1>();
  const used = new Set<Ikev1KeyEntry>();
  return { note, open, used };

  function stateOf(header: Header): Phase1 {
    let state = sas.get(header.initiatorSpi);
    if (!state) {
      if (sas.size >= sasMax) sas.delete(sas.keys().next().value!);
      state = { publicValues: new Map(), ivs: new Map(), opened: new Map() };
      sas.set(header.initiatorSpi, state);
    }
    return state;
  }

  function note(header: Header, payloads: readonly IsakmpPayload[], sender: string): void {
    if (!isPhase1(header)) return;
    const state = stateOf(header);
    if (header.responderSpi === 0n) state.initiator ??= sender;
    for (const payload of payloads) {
      if (payload.kind === 'KE') state.publicValues.set(sender, payload.body.keyExchangeData);
      if (payload.kind !== 'SA' || header.responderSpi === 0n) continue;
      const offers = readPhase1Sa(payload.body);
      const chosen = typeof offers === 'string' ? undefined : offers[0]?.proposal;
      const [cipher, hash] = [chosen?.encryption[0]?.name, chosen?.prf?.[0]?.name];
      if (cipher && hash) state.agreed = { cipher, hash };
    }
  }

  function open(message: EncryptedIsakmpMessage): Ikev1Opening {
    const entries = keys.ikev1.filter(({ initiatorCookie }) => initiatorCookie === message.header.initiatorSpi);
    if (entries.length === 0) return { kind: 'no-key' };
    const state = stateOf(message.header);
    const fingerprint = `${message.header.messageId} ${Buffer.from(message.ciphertext).toString('base64')}`;
    const again = state.opened.get(fingerprint);
    if (again) return again;
    const opening = state.key ? openWith(state, state.key, message) : tryAll(state, entries, message);
    if (state.opened.size < openedMax) state.opened.set(fingerprint, opening);
    return opening;
  }

  function tryAll(state: Phase1, entries: readonly Ikev1KeyEntry[], message: EncryptedIsakmpMessage): Ikev1Opening {
    if (state.publicValues.size < 2)
      return {
        kind: 'failed',
        why: 'the first IV comes from the public values of both sides, which are not in the capture (RFC 2409 appendix B)',
      };
    let failure: Ikev1Opening = {
      kind: 'failed',
      why: `${state.agreed ? `${state.agreed.cipher} with ${state.agreed.hash}` : 'no cipher'} fits a key of ${entries[0]!.encryptionKey.length} octets: another key`,
    };
    for (const entry of entries)
      for (const suite of suitesFor(entry, state)) {
        const protection = {
          blockLength: suite.cipher.transform.blockOctets,
          cipher: suite.cipher.key(entry.encryptionKey),
        };
        const opening = openWith(state, { entry, suite, protection }, message);
        if (opening.kind === 'opened') {
          used.add(entry);
          return opening;
        }
        failure = opening;
      }
    return failure;
  }

  function suitesFor({ encryptionKey }: Ikev1KeyEntry, { agreed }: Phase1): Suite[] {
    const ciphers = provider.ciphers.filter(
      ({ transform, keymatLength }) =>
        transform.ikev1Id !== undefined &&
        keymatLength === encryptionKey.length &&
        (agreed === undefined || transform.name === agreed.cipher),
    );
    const prfs = provider.prfs.filter(
      ({ transform, hash }) => hash && (agreed === undefined || transform.name === agreed.hash),
    );
    return ciphers.flatMap((cipher) => prfs.map(({ hash }) => ({ cipher, hash: hash! })));
  }

  function openWith(state: Phase1, key: NonNullable<Phase1['key']>, message: EncryptedIsakmpMessage): Ikev1Opening {
    const iv = ivOf(state, key.suite, message.header);
    if (!iv)
      return {
        kind: 'failed',
        why: 'the IV comes from the end of phase 1, which is not in the capture (RFC 2409 appendix B)',
      };
    const opened = openIsakmp(message, key.protection, iv);
    if (!opened.ok)
      return {
        kind: 'failed',
        why:
          opened.reason === 'length'
            ? 'it is no whole number of blocks'
            : 'it makes no sense when decrypted: another key, or messages of the exchange are missing',
      };
    state.key = key;
    state.ivs.set(message.header.messageId, opened.nextIv);
    if (isPhase1(message.header)) state.lastBlock = opened.nextIv;
    const { tree } = inspectPayloads('ISAKMP', message.firstPayload, opened.plaintext);
    return { kind: 'opened', payloads: opened.payloads, tree };
  }

  function ivOf(state: Phase1, { hash, cipher }: Suite, header: Header): Uint8Array | undefined {
    const { blockOctets } = cipher.transform;
    const carried = state.ivs.get(header.messageId);
    // Each Informational exchange is one message with an ID of its own.
    if (carried && header.exchangeType !== isakmpExchangeTypes.number.INFORMATIONAL) return carried;
    const first = firstIv(state, hash, blockOctets);
    if (isPhase1(header)) return first;
    // After Aggressive Mode in the clear, nothing has been encrypted yet: the first IV stands for the last block.
    const last = state.lastBlock ?? first;
    return last && phase2Iv(hash, last, messageIdOctets(header.messageId), blockOctets);
  }

  function firstIv(
    { publicValues, initiator }: Phase1,
    hash: HashAlgorithm,
    blockOctets: number,
  ): Uint8Array | undefined {
    const [mine, theirs] = [...publicValues].sort(([a], [b]) => Number(b === initiator) - Number(a === initiator));
    return mine && theirs && phase1Iv(hash, mine[1], theirs[1], blockOctets);
  }
}

function isPhase1({ exchangeType, messageId }: Header): boolean {
  const { IDENTITY_PROTECTION, AGGRESSIVE, BASE } = isakmpExchangeTypes.number;
  return messageId === 0 && [IDENTITY_PROTECTION, AGGRESSIVE, BASE].includes(exchangeType as 1 | 2 | 4);
}
