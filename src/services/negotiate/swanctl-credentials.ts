/**
 * Dry runs of strongSwan's connections with the certificates that lie beside their swanctl.conf: who is believed, and why not, follows
 * from the real ones. The private keys are not looked at; signatures are made with others in their place, which count for the real ones.
 */
import path from 'node:path';
import { type CharonCredentials, createCharonCredentials } from '../../engine/credentials/charon/store.js';
import { toHex } from '../../engine/crypto/octets.js';
import type { CryptoProvider, PrivateKey, PublicKey } from '../../engine/crypto/provider.js';
import { seededRandom } from '../../engine/crypto/random.js';
import { readCertificate } from '../../engine/crypto/x509/certificate.js';
import { standInKey } from '../../engine/sim/made-up-pki.js';
import { type PublicMaterial, readSwanctlFolder } from '../credentials/swanctl-folder.js';
import type { LoadedSystem } from '../load-system.js';
import type { NegotiatingSystem } from './systems.js';

/** Systems with the identities that certificates give, and what each of them has. */
export interface WithCertificates {
  readonly systems: readonly NegotiatingSystem[];
  /** By the name of the system. */
  readonly held: ReadonlyMap<string, CharonCredentials>;
}

/** Systems all of which have the certificates at hand that their connections name; undefined where one has not. */
export function withCertificates(
  systems: readonly NegotiatingSystem[],
  provider: CryptoProvider,
  seed: string,
): WithCertificates | undefined {
  const standIns = new Map<string, PrivateKey>();
  const materials: PublicMaterial[] = [];
  for (const [at, system] of systems.entries()) {
    const material = materialBeside(system);
    if (!material) return undefined;
    materials.push(material);
    for (const spki of keysOf(material)) {
      const real = provider.importPublicKey(spki);
      if (real) standIns.set(toHex(spki), standInFor(real, at % 2 === 0 ? 0 : 1, provider, seed));
    }
  }
  const trusting: CryptoProvider = {
    ...provider,
    importPublicKey: (spki) => standIns.get(toHex(spki))?.publicKey ?? provider.importPublicKey(spki),
  };
  const held = new Map<string, CharonCredentials>();
  const bound: NegotiatingSystem[] = [];
  for (const [at, system] of systems.entries()) {
    const material = materials[at]!;
    const own = new Set(keysOf(material).map(toHex));
    const privateKeys = [...standIns].flatMap(([spki, key]) => (own.has(spki) ? [key] : []));
    const found = createCharonCredentials(system.config, { ...material, privateKeys }, trusting);
    if (found.missing.length > 0) return undefined;
    held.set(system.name, found);
    bound.push({ ...system, config: found.config });
  }
  return { systems: bound, held };
}

const known = new WeakMap<LoadedSystem, { readonly material: PublicMaterial | undefined }>();

/** What lies beside a system's swanctl.conf; undefined where it has none, or nothing does. It is read once. */
function materialBeside({ loaded, files, profile }: NegotiatingSystem): PublicMaterial | undefined {
  if (profile.name !== 'strongswan' || !loaded.imported) return undefined;
  let found = known.get(loaded);
  if (!found) {
    const shown = loaded.sources.find((source) => path.basename(source.path) === 'swanctl.conf')?.path;
    const file = shown === undefined ? undefined : (files.recordFiles.get(shown) ?? shown);
    found = { material: file === undefined ? undefined : readSwanctlFolder(path.dirname(path.resolve(file))) };
    known.set(loaded, found);
  }
  return found.material;
}

/** The keys of the ends: those of authorities sign for real. */
function keysOf({ certificates, publicKeys }: PublicMaterial): readonly Uint8Array[] {
  const ends = [...certificates.values()].flatMap((der) => {
    const read = readCertificate(der);
    return read.kind === 'value' && read.value.extensions.basicConstraints?.isCa !== true ? [read.value.spki] : [];
  });
  return [...ends, ...publicKeys.values()];
}

/** A key that signs in the place of another one, of the same kind and of the same length to whoever asks. */
function standInFor(real: PublicKey, side: 0 | 1, provider: CryptoProvider, seed: string): PrivateKey {
  const made = standInKey(real.kind, side, seededRandom(seed, 'keys in the place of others'), provider);
  const publicKey: PublicKey = {
    kind: real.kind,
    bits: real.bits,
    spki: real.spki,
    verify: (scheme, message, signature) =>
      real.verify(scheme, message, signature) || made.publicKey.verify(scheme, message, signature),
    encrypt: (plaintext, random) => made.publicKey.encrypt(plaintext, random),
  };
  return {
    kind: made.kind,
    publicKey,
    sign: (scheme, message, random) => made.sign(scheme, message, random),
    decrypt: (ciphertext) => made.decrypt(ciphertext),
  };
}
