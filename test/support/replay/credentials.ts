/**
 * Credentials for replayed scenarios: preshared keys as the configurations have them, and for every PAD entry a certificate with the
 * identity that it sends, from one authority that all trust. The keys and certificates of the scenarios are not at hand.
 */
import { createCredentials } from '../../../src/engine/credentials/store.js';
import type { Credentials, OwnCredential } from '../../../src/engine/credentials.js';
import type { CryptoProvider } from '../../../src/engine/crypto/provider.js';
import { createMadeUpPki } from '../../../src/engine/sim/made-up-pki.js';
import { addressIdentity, parseName, sentIdentity } from '../../../src/model/peer/identity.js';
import type {
  AuthenticationMethod,
  DnAttribute,
  Identity,
  PadEntry,
  SystemConfig,
} from '../../../src/model/system-config.js';

export type TestKeyKind = 'RSA' | 'ECDSA' | 'EdDSA';

const methodOf: Readonly<Record<TestKeyKind, AuthenticationMethod>> = {
  RSA: 'RSASIG',
  ECDSA: 'ECDSASIG',
  EdDSA: 'EDDSASIG',
};

const withoutKeyPair: ReadonlySet<AuthenticationMethod> = new Set(['PSK', 'EAP', 'XAUTH']);

export interface TrustingOptions {
  readonly provider: CryptoProvider;
  readonly seed: string;
  readonly beginsAt: Date;
  /** The kind of every key whose method leaves it open. */
  readonly keyKind?: TestKeyKind;
  /** The subject of a host's certificate, where it sends its certificate's name. */
  readonly subjects?: ReadonlyMap<string, string>;
}

/** Credentials of all systems of one scenario, in their order. */
export function createTrustingCredentials(
  systems: readonly SystemConfig[],
  { provider, seed, beginsAt, keyKind = 'RSA', subjects }: TrustingOptions,
): Credentials[] {
  let pki: ReturnType<typeof createMadeUpPki> | undefined;
  const own = systems.map((system, index) => {
    const made = new Map<PadEntry, OwnCredential>();
    for (const pad of system.pad) {
      const method = pad.localMethod.value;
      if (withoutKeyPair.has(method)) continue;
      pki ??= createMadeUpPki(provider, seed, beginsAt);
      const isOpen = method === 'DIGSIG' || method === 'RSASIG';
      const address = system.addresses.find(({ family }) => family === pad.remote.family) ?? system.addresses[0];
      const sent = address ? sentIdentity(pad, address) : pad.localId?.value;
      made.set(
        pad,
        pki.credential({
          method: isOpen && keyKind !== 'RSA' ? methodOf[keyKind] : method,
          side: index % 2 === 0 ? 0 : 1,
          subject: subjectOf(sent, subjects?.get(system.name) ?? system.name),
          identities: [
            ...(sent?.value !== undefined && sent.type !== 'X500-DN' ? [sent] : []),
            ...system.addresses.slice(0, 8).map(addressIdentity),
          ],
        }),
      );
    }
    return made;
  });
  const known = own.flatMap((made) => [...made.values()].flatMap(({ chain }) => chain.slice(0, 1)));
  return systems.map((system, index) => {
    const { credentials } = createCredentials(
      {
        ...(system.sharedSecrets ? { sharedSecrets: system.sharedSecrets } : {}),
        ...(pki ? { anchors: [pki.anchor], certificates: known } : {}),
      },
      provider,
    );
    return { ...credentials, own: (pad) => own[index]?.get(pad) };
  });
}

function subjectOf(sent: Identity | undefined, otherwise: string): readonly DnAttribute[] {
  if (sent?.type === 'X500-DN' && sent.value !== undefined) return parseName(sent.value);
  const attributes = parseName(otherwise);
  return attributes.length > 0 ? attributes : [{ name: 'CN', value: otherwise }];
}
