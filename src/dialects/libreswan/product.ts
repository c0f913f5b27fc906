/** Which product and version reads the file, and what it does where the file says nothing. */
import type { Flavour } from './options.js';

export interface Product {
  readonly flavour: Flavour;
  readonly title: string;
  /** `[major, minor]` of Libreswan; other products have one set of facts. */
  readonly version: readonly [number, number];
  readonly versionText: string;
  readonly defaults: Defaults;
}

/** Each fact is from the product's source; see `source` for where. */
export interface Defaults {
  readonly source: string;
  readonly ikeVersions: readonly (1 | 2)[];
  readonly ikeLifetimeSeconds: number;
  readonly childLifetimeSeconds: number;
  readonly rekeyMarginSeconds: number;
  readonly replayWindow: number;
  readonly esn: readonly ('no-esn' | 'esn')[];
  /** Proposals in the product's own syntax, where none are written. */
  readonly proposals: {
    readonly ike1: ProposalDefaults;
    readonly ike2: ProposalDefaults;
    readonly esp1: ProposalDefaults;
    readonly esp2: ProposalDefaults;
    readonly ah1: ProposalDefaults;
    readonly ah2: ProposalDefaults;
  };
  /** `authby=` where nothing is written. */
  readonly authby: string;
  /** IKEv1 is refused as a whole unless `ikev1-policy=accept`. */
  readonly ikev1Dropped: boolean;
}

export interface ProposalDefaults {
  /** The whole list; absent: there is none for this protocol. */
  readonly proposals: string;
  /** What a proposal is completed with that leaves them out. */
  readonly prfs?: readonly string[];
  readonly integrity?: readonly string[];
  readonly groups?: readonly string[];
}

const v1Prfs = ['sha2_256', 'sha2_512', 'sha1'] as const;
const v2Prfs = ['sha2_512', 'sha2_256'] as const;
const v1Groups = ['modp2048', 'modp1536'] as const;
/** Since 4.11 the elliptic curves are offered in IKEv1 too. */
const v1GroupsLater = [...v1Groups, 'dh19', 'dh31'] as const;
const v2Groups4 = ['modp2048', 'modp3072', 'modp4096', 'modp8192', 'dh19', 'dh20', 'dh21', 'dh31'] as const;
/** Since 5.0 the elliptic curves come first. */
const v2Groups5 = ['dh19', 'dh20', 'dh21', 'dh31', 'modp4096', 'modp3072', 'modp2048', 'modp8192'] as const;
const v2Integrity = ['sha2_512', 'sha2_256'] as const;
const v2Ciphers4 = 'aes_gcm_16_256,aes_gcm_16_128,aes_cbc_256,aes_cbc_128';
const v2Ciphers5 = 'aes_gcm_16_256,aes_gcm_16_128,chacha20_poly1305,aes_cbc_256,aes_cbc_128';

const libreswan4: Defaults = {
  source: 'Libreswan 4.10: ike_info.c, esp_info.c, ah_info.c, confread.c, pluto_constants.h',
  ikeVersions: [2],
  ikeLifetimeSeconds: 28_800,
  childLifetimeSeconds: 28_800,
  rekeyMarginSeconds: 540,
  replayWindow: 128,
  esn: ['esn', 'no-esn'],
  proposals: {
    ike1: { proposals: 'aes_cbc,3des', prfs: v1Prfs, groups: v1Groups },
    ike2: { proposals: v2Ciphers4, prfs: v2Prfs, groups: v2Groups4 },
    esp1: { proposals: 'aes_cbc', integrity: ['sha1'] },
    esp2: { proposals: v2Ciphers4, integrity: v2Integrity },
    ah1: { proposals: 'sha1' },
    ah2: { proposals: 'sha2_512,sha2_256,sha1', integrity: v2Integrity },
  },
  authby: 'rsasig,ecdsa',
  ikev1Dropped: false,
};

const libreswan3: Defaults = {
  ...libreswan4,
  source: 'Libreswan 3.32: ike_info.c, esp_info.c, ah_info.c, confread.c, pluto_constants.h',
  ikeVersions: [1],
  ikeLifetimeSeconds: 3_600,
  replayWindow: 32,
  esn: ['no-esn'],
};

const libreswan415: Defaults = {
  ...libreswan4,
  source: 'Libreswan 4.15: ike_info.c, esp_info.c, ah_info.c, confread.c, pluto_constants.h',
  proposals: {
    ...libreswan4.proposals,
    ike1: { ...libreswan4.proposals.ike1, groups: v1GroupsLater },
    esp1: { proposals: 'aes_cbc,aes_gcm_16_128,aes_gcm_16_256,3des', integrity: ['sha1', 'sha2_512', 'sha2_256'] },
    ah1: { proposals: 'sha1,sha2_512,sha2_256' },
  },
};

const libreswan5: Defaults = {
  ...libreswan415,
  source: 'Libreswan 5.0 to 5.4: ike_info.c, esp_info.c, ah_info.c, extract.c, pluto_constants.h',
  proposals: {
    ...libreswan415.proposals,
    ike2: { proposals: v2Ciphers5, prfs: v2Prfs, groups: v2Groups5 },
    esp2: { proposals: v2Ciphers5, integrity: v2Integrity },
    ah2: { proposals: 'sha2_512,sha2_256', integrity: v2Integrity },
  },
  ikev1Dropped: true,
};

/** Openswan 2.6: IKEv1 unless IKEv2 is asked for; group 5 first, then 2. */
const openswan: Defaults = {
  ...libreswan3,
  source: 'Openswan 2.6: plutoalg.c, spdb.c, constants.h, confread.c, ipsec.conf(5)',
  // ikev2=permit: it starts with IKEv1, and takes IKEv2 from the peer.
  ikeVersions: [1, 2],
  proposals: {
    ...libreswan3.proposals,
    ike1: { proposals: 'aes_cbc_128,3des', prfs: ['sha1', 'md5'], groups: ['modp1536', 'modp1024'] },
    ike2: { proposals: 'aes_cbc_128,3des', prfs: ['sha1', 'md5'], groups: ['modp1536', 'modp1024'] },
    esp1: { proposals: 'aes_cbc_128,3des', integrity: ['sha1', 'md5'] },
    esp2: { proposals: 'aes_cbc_128,3des', integrity: ['sha1', 'md5'] },
    ah1: { proposals: 'sha1,md5' },
    ah2: { proposals: 'sha1,md5' },
  },
  authby: 'rsasig',
};

/** strongSwan's starter leaves proposals to charon, whose own words for algorithms these are. */
const starter: Defaults = {
  ...libreswan4,
  source: 'strongSwan 5.9 and 6.0: ipsec.conf(5), confread.c of starter, proposal.c of libstrongswan',
  ikeVersions: [2, 1],
  ikeLifetimeSeconds: 10_800,
  childLifetimeSeconds: 3_600,
  rekeyMarginSeconds: 540,
  replayWindow: 32,
  esn: ['no-esn'],
  authby: 'pubkey',
};

/** Versions of Libreswan whose facts are known, oldest first. */
export const libreswanVersions = ['3.32', '4.10', '4.15', '5.4'] as const;
/** The newest. */
export const libreswanDefault = '5.4';

const libreswanByVersion: Readonly<Record<(typeof libreswanVersions)[number], Defaults>> = {
  '3.32': libreswan3,
  '4.10': libreswan4,
  '4.15': libreswan415,
  '5.4': libreswan5,
};

/** The product that a dialect's name and version stand for. */
export function productOf(flavour: Flavour, version?: string): Product {
  switch (flavour) {
    case 'openswan':
      return { flavour, title: 'Openswan', version: [2, 6], versionText: '2.6', defaults: openswan };
    case 'starter':
      return { flavour, title: 'strongSwan', version: [5, 9], versionText: '5.9', defaults: starter };
    case 'libreswan': {
      const text = libreswanVersions.find((known) => known === version) ?? libreswanDefault;
      const [major = 0, minor = 0] = text.split('.').map(Number);
      return {
        flavour,
        title: 'Libreswan',
        version: [major, minor],
        versionText: text,
        defaults: libreswanByVersion[text],
      };
    }
  }
}

/** Is a version within bounds that may be open? */
export function isBefore(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
