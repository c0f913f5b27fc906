/**
 * The folders beside swanctl.conf that `swanctl --load-creds` reads (load_creds.c): certificates of ends and of authorities, lists of
 * what is revoked, and public keys. Private keys are not opened: nobody here needs them.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { CharonMaterial } from '../../engine/credentials/charon/store.js';
import { tags } from '../../engine/crypto/asn1/der.js';
import { pemBlocks } from '../../engine/crypto/pem.js';
import { decodeCredentials } from './decode.js';
import { readOctets } from './read-octets.js';

/** What the folders hold but for private keys. */
export type PublicMaterial = Omit<CharonMaterial, 'privateKeys'>;

/** Files of one folder that are read. */
const filesMax = 10_000;

/** What lies beside a swanctl.conf in `folder`; undefined where no certificate and no public key does. */
export function readSwanctlFolder(folder: string): PublicMaterial | undefined {
  const certificatesOf = (name: string) =>
    new Map(
      filesOf(folder, name).flatMap(([file, octets]): [string, Uint8Array][] => {
        const decoded = decodeCredentials(octets);
        const [first] = decoded.kind === 'decoded' ? decoded.certificates : [];
        return first ? [[file, first.der]] : [];
      }),
    );
  const material: PublicMaterial = {
    certificates: certificatesOf('x509'),
    authorities: certificatesOf('x509ca'),
    publicKeys: new Map(filesOf(folder, 'pubkey').flatMap(([file, octets]) => publicKey(file, octets))),
    crls: filesOf(folder, 'x509crl').flatMap(([, octets]) => {
      const decoded = decodeCredentials(octets);
      return decoded.kind === 'decoded' ? decoded.crls.map(({ der }) => der) : [];
    }),
  };
  return material.certificates.size + material.authorities.size + material.publicKeys.size > 0 ? material : undefined;
}

function filesOf(folder: string, name: string): readonly (readonly [string, Uint8Array])[] {
  let names: readonly string[];
  try {
    names = readdirSync(path.join(folder, name)).sort().slice(0, filesMax);
  } catch {
    return []; // there is no such folder, or it may not be read
  }
  return names.flatMap((file) => {
    const read = readOctets(path.join(folder, name, file));
    return read.kind === 'octets' && read.octets.length > 0 ? [[file, read.octets] as const] : [];
  });
}

function publicKey(file: string, octets: Uint8Array): [string, Uint8Array][] {
  if (octets[0] === tags.sequence) return [[file, octets]];
  const block = pemBlocks(new TextDecoder('latin1').decode(octets)).find(({ label }) => label === 'PUBLIC KEY');
  return block ? [[file, block.der]] : [];
}
