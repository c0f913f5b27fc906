/**
 * What strongSwan takes where a configuration says nothing. Lifetimes: vici_config.c (config_sn, check_lifetimes) and
 * child_cfg.h, peer_cfg.h of 5.9.8 and 6.0.0. Proposals of IKE depend on the plugins that are loaded: those of 5.9.8 were
 * taken from the log of Debian's charon 5.9.8 with its standard and extra plugins; those of 6.0.0 are the same rules of
 * proposal.c for the plugins of that list which 6.0 still has, and are not measured.
 */
import type { IkeProposal } from '../../model/system-config.js';
import { authentication, encryption, type KeyExchangeTransform, keyExchange, prf } from '../../model/transform.js';
import { noKeyExchange, proposalKeywords } from './keywords.js';
import type { SwanChildProposal } from './proposal.js';

/** Oldest first. The last one stands for what came after 6.0.0. */
export const swanVersions = ['5.9.8', '6.0.0', '6.0.6'] as const;
export type SwanVersion = (typeof swanVersions)[number];

export const defaultSwanVersion: SwanVersion = '5.9.8';

/** Words and options came and went between these. */
export function seriesOf(version: SwanVersion): '5.9' | '6.0' {
  return version === '5.9.8' ? '5.9' : '6.0';
}

export const ikeDefaults = {
  /** LFT_DEFAULT_IKE_REKEY_TIME, where neither rekey_time nor reauth_time is written. */
  rekeySeconds: 4 * 3600,
  /** over_time: a tenth of the longer of rekey_time and reauth_time. */
  overShare: 10,
  port: 500,
} as const;

export const childDefaults = {
  /** LFT_DEFAULT_CHILD_REKEY_TIME. */
  rekeySeconds: 3600,
  /** life = rekey × 1.1, and rand = life − rekey (check_lifetimes). */
  lifeShare: 1.1,
  /** charon.replay_window. */
  replayWindow: 32,
} as const;

function ciphers(names: readonly string[]) {
  return names.map((name) => {
    const keyword = proposalKeywords('5.9').get(name);
    if (keyword?.type !== 'encryption') throw new Error(`'${name}' is no cipher`);
    return keyword.transform;
  });
}

const sizes = [128, 192, 256];
const sized = (before: string, after = '') => sizes.map((bits) => `${before}${bits}${after}`);

const defaultPrfs = ['HMAC-SHA2-256', 'HMAC-SHA2-384', 'HMAC-SHA2-512', 'AES128-XCBC', 'AES128-CMAC', 'HMAC-SHA1'].map(
  prf,
);

const defaultGroups: readonly KeyExchangeTransform[] = [31, 32, 19, 20, 21, 28, 29, 30, 15, 16, 17, 18, 14].flatMap(
  (id) => keyExchange(id) ?? [],
);

let ikeProposals: readonly IkeProposal[] | undefined;

/** `default` of connections.<conn>.proposals: ciphers with integrity algorithms before combined-mode ones. */
export function defaultIkeProposals(): readonly IkeProposal[] {
  ikeProposals ??= [
    {
      name: 'default',
      encryption: ciphers([
        ...sized('aes'),
        ...sized('aes', 'ctr'),
        ...sized('camellia'),
        ...sized('camellia', 'ctr'),
        '3des',
      ]),
      authentication: [
        'HMAC-SHA2-256-128',
        'HMAC-SHA2-384-192',
        'HMAC-SHA2-512-256',
        'AES-XCBC-96',
        'AES-CMAC-96',
        'HMAC-SHA1-96',
      ].map(authentication),
      prf: defaultPrfs,
      keyExchange: defaultGroups,
    },
    {
      name: 'default (combined-mode)',
      encryption: ciphers([
        ...sized('aes', 'ccm16'),
        ...sized('aes', 'gcm16'),
        'chacha20poly1305',
        ...sized('camellia', 'ccm16'),
        ...sized('aes', 'ccm8'),
        ...sized('aes', 'ccm12'),
        ...sized('aes', 'gcm8'),
        ...sized('aes', 'gcm12'),
        ...sized('camellia', 'ccm8'),
        ...sized('camellia', 'ccm12'),
      ]),
      authentication: [],
      prf: defaultPrfs,
      keyExchange: defaultGroups,
    },
  ];
  return ikeProposals;
}

const classicIntegrity = [
  'HMAC-SHA2-256-128',
  'HMAC-SHA2-384-192',
  'HMAC-SHA2-512-256',
  'HMAC-SHA1-96',
  'AES-XCBC-96',
].map(authentication);

/** Where nothing is written combined-mode ciphers come first; the word `default` of 5.9 has them last (parse_proposal). */
export function defaultEspProposals(
  how: 'nothing written' | 'default',
  version: SwanVersion,
): readonly SwanChildProposal[] {
  const base = { protocol: 'ESP' as const, keyExchange: childGroups(version), esn: ['no-esn' as const] };
  const classic: SwanChildProposal = {
    ...base,
    name: 'default',
    encryption: sizes.map((bits) => encryption(`AES-CBC-${bits}`)),
    authentication: classicIntegrity,
  };
  const combined: SwanChildProposal = {
    ...base,
    name: 'default (combined-mode)',
    encryption: sizes.map((bits) => encryption(`AES-GCM-16-${bits}`)),
    authentication: [],
  };
  return how === 'default' && version === '5.9.8' ? [classic, combined] : [combined, classic];
}

/** `default` of ah_proposals (proposal_create_default). */
export function defaultAhProposal(version: SwanVersion): SwanChildProposal {
  return {
    protocol: 'AH',
    name: 'default',
    encryption: [],
    authentication: classicIntegrity,
    keyExchange: childGroups(version),
    esn: ['no-esn'],
  };
}

/** Since 6.0.2 the defaults of ESP and AH have every group, and none: PFS is there where the peer asks for it (proposal.c). */
function childGroups(version: SwanVersion): readonly KeyExchangeTransform[] {
  return version === '5.9.8' || version === '6.0.0' ? [] : [...defaultGroups, noKeyExchange];
}
