/**
 * Which algorithms a product takes for what (the list that pluto prints at its start; Libreswan testing/pluto/algparse-01):
 * a proposal with another one is an error, and the connection is not loaded.
 */

export type Protocol = 'IKE' | 'ESP' | 'AH';

/** The product whose syntax and algorithms count. */
export interface ProposalRules {
  readonly flavour: 'libreswan' | 'openswan';
  readonly version: readonly [number, number];
}

type Check = (name: string, protocol: Protocol, ikeVersion: 1 | 2) => boolean;

export interface Support {
  /** Several names joined by '+' in one place. */
  readonly joins: (ikeVersion: 1 | 2) => boolean;
  /** Algorithms may be named by a key: `prf=sha1`. */
  readonly keys: (ikeVersion: 1 | 2) => boolean;
  /** Further key exchanges of RFC 9370: `addke1=`. */
  readonly additional: (ikeVersion: 1 | 2) => boolean;
  /** By canonical name without key length. */
  readonly cipher: Check;
  /** By name in the model. */
  readonly integrity: Check;
  readonly prf: Check;
  /** By group number, 0 for none. */
  readonly group: (id: number, protocol: Protocol, ikeVersion: 1 | 2) => boolean;
  /** All proposals of a list name a group, or none does, and it is the same one. */
  readonly oneChildGroup: boolean;
}

const obsolete = new Set(['des', 'blowfish', 'cast']);
const ikev1Ciphers = new Set(['3des', 'aes', 'aes_ctr', 'camellia']);
const ikev2Ciphers = new Set([...ikev1Ciphers, 'aes_gcm', 'aes_gcm_12', 'aes_gcm_8', 'chacha20_poly1305']);
/** MODP-768 and 1024, and those of RFC 5114. */
const refusedGroups = new Set([1, 2, 22, 23, 24]);
const ecp = new Set([19, 20, 21]);
const mlKem = new Set([35, 36, 37]);

function libreswanSupport(version: readonly [number, number]): Support {
  const hasV1Curves = version[0] > 4 || (version[0] === 4 && version[1] > 10);
  const hasMlKem = version[0] >= 5;
  const isFrom54 = version[0] > 5 || (version[0] === 5 && version[1] > 3);
  return {
    joins: (ikeVersion) => ikeVersion === 2,
    keys: (ikeVersion) => ikeVersion === 2 && isFrom54,
    additional: (ikeVersion) => ikeVersion === 2 && isFrom54,
    // AES-CMAC has no code of its own in pluto, only a name for the kernel (lib/libswan/ike_alg_aes.c).
    integrity: (name, protocol) => protocol !== 'IKE' || name !== 'AES-CMAC-96',
    cipher(name, protocol, ikeVersion) {
      if (obsolete.has(name)) return false;
      if (protocol === 'IKE') return (ikeVersion === 1 ? ikev1Ciphers : ikev2Ciphers).has(name);
      return ikeVersion === 2 || name !== 'chacha20_poly1305';
    },
    prf: (name, _protocol, ikeVersion) => ikeVersion === 2 || name !== 'AES128-XCBC',
    group(id, protocol, ikeVersion) {
      if (refusedGroups.has(id)) return false;
      if (mlKem.has(id)) return hasMlKem && ikeVersion === 2;
      if (id === 0) return protocol !== 'IKE' && ikeVersion === 2;
      if (ikeVersion === 2 || hasV1Curves) return true;
      return id === 31 ? false : protocol === 'IKE' || !ecp.has(id);
    },
    oneChildGroup: true,
  };
}

const everything: Support = {
  joins: () => true,
  keys: () => false,
  additional: () => false,
  cipher: () => true,
  integrity: () => true,
  prf: () => true,
  group: () => true,
  oneChildGroup: false,
};

/** What a product takes; Openswan's builds differ, so that all that it may take is taken. */
export function supportOf({ flavour, version }: ProposalRules): Support {
  return flavour === 'libreswan' ? libreswanSupport(version) : everything;
}
