/** The files of a pair: as a daemon finds them in its folders, and as the simulator has them. */
import type { CharonMaterial } from '../../src/engine/credentials/charon/store.js';
import type { Pki } from './random/pki.js';

/** Nothing lies in the folders. */
export const noMaterial: CharonMaterial = {
  certificates: new Map(),
  authorities: new Map(),
  publicKeys: new Map(),
  privateKeys: [],
  crls: [],
};

const nameOf = (path: string) => path.slice(path.indexOf('/') + 1);
const inFolder = (paths: readonly string[], folder: string) =>
  paths.filter((path) => path.startsWith(`${folder}/`)).map(nameOf);

/** What the simulator has of the files at these paths. */
export function materialOf(pki: Pki, paths: readonly string[]): CharonMaterial {
  const from = (files: ReadonlyMap<string, Uint8Array>, folder: string) =>
    new Map(inFolder(paths, folder).map((name) => [name, held(files, name)]));
  return {
    certificates: from(pki.certificates, 'x509'),
    authorities: from(pki.certificates, 'x509ca'),
    publicKeys: from(pki.publicKeys, 'pubkey'),
    privateKeys: inFolder(paths, 'private').map((name) => held(pki.privateKeys, name).key),
    crls: [...from(pki.crls, 'x509crl').values()],
  };
}

/** The octets of the files at these paths, for a daemon's folders. */
export function octetsOf(pki: Pki, paths: readonly string[]): ReadonlyMap<string, Uint8Array> {
  return new Map(
    paths.map((path) => {
      const name = nameOf(path);
      const isKey = path.startsWith('private/');
      const octets = isKey
        ? held(pki.privateKeys, name).pkcs8.reveal()
        : held(new Map([...pki.certificates, ...pki.publicKeys, ...pki.crls]), name);
      return [path, octets];
    }),
  );
}

function held<T>(files: ReadonlyMap<string, T>, name: string): T {
  const found = files.get(name);
  if (found === undefined) throw new Error(`the PKI has no ${name}`);
  return found;
}
