/** A pair of our system (left) and strongSwan's (right): the records and the swanctl.conf of one combination of algorithms and methods. */
import { ends } from '../support/netns.js';
import type { KeyKind } from './pki.js';

export interface Case {
  readonly name: string;
  readonly version: 1 | 2;
  /** strongSwan's proposals. */
  readonly ike: string;
  readonly esp: string;
  /** Our records: arguments of the IKE record and the transform. */
  readonly record: string;
  readonly action: string;
  readonly pfs?: boolean;
  readonly exchange?: 'MM' | 'AM';
  readonly key?: KeyKind;
  readonly method?: string;
  readonly family?: 4 | 6;
  readonly settings?: string;
  readonly connection?: string;
  /** More of our auth record. */
  readonly auth?: string;
}

export const psk = 'interop-Maple-Quill-31';
export const modernIke = 'aes128gcm16-prfsha256-x25519';
export const modernRecord = '-group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256';

/** What is tried with every part of the product that speaks to strongSwan. */
export const cases: readonly Case[] = [
  {
    name: 'IKEv2 PSK, AES-GCM, X25519',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
  },
  {
    name: 'IKEv2 PSK, AES-CBC and SHA-2, MODP-2048, PFS',
    version: 2,
    ike: 'aes256-sha256-prfsha256-modp2048',
    esp: 'aes256-sha256-modp2048',
    record: '-group 14 -encryption AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    action: 'ESP_AES256_HMAC_SHA2_256',
    pfs: true,
  },
  {
    name: 'IKEv2 PSK, 3DES and SHA-1, MODP-1024',
    version: 2,
    ike: '3des-sha1-prfsha1-modp1024',
    esp: '3des-sha1',
    record: '-group 2 -encryption 3DES -hash HMAC-SHA1 -prf HMAC-SHA1',
    action: 'ESP_3DES_HMAC_SHA1',
  },
  {
    name: 'IKEv2 PSK, ChaCha20-Poly1305, MODP-4096',
    version: 2,
    ike: 'chacha20poly1305-prfsha512-modp4096',
    esp: 'chacha20poly1305',
    record: '-group 16 -encryption CHACHA20-POLY1305 -prf HMAC-SHA2-512',
    action: 'ESP_CHACHA20_POLY1305',
  },
  {
    name: 'IKEv2 PSK, ECP-256, IPv6',
    version: 2,
    ike: 'aes256-sha384-prfsha384-ecp256',
    esp: 'aes256gcm16',
    record: '-group 19 -encryption AES256-CBC -hash HMAC-SHA2-384 -prf HMAC-SHA2-384',
    action: 'ESP_AES256_GCM16',
    family: 6,
  },
  {
    name: 'IKEv2 PSK, ECP-384, forced COOKIE',
    version: 2,
    ike: 'aes128-sha256-prfsha256-ecp384',
    esp: 'aes128gcm16',
    record: '-group 20 -encryption AES128-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256',
    action: 'ESP_AES128_GCM16',
    settings: 'cookie_threshold = 0',
  },
  {
    name: 'IKEv2 PSK, ECP-521',
    version: 2,
    ike: 'aes128-sha512-prfsha512-ecp521',
    esp: 'aes128gcm16',
    record: '-group 21 -encryption AES128-CBC -hash HMAC-SHA2-512 -prf HMAC-SHA2-512',
    action: 'ESP_AES128_GCM16',
  },
  {
    name: 'IKEv2 PSK, X448',
    version: 2,
    ike: 'aes256gcm16-prfsha512-x448',
    esp: 'aes256gcm16',
    record: '-group 32 -encryption AES256-GCM16 -prf HMAC-SHA2-512',
    action: 'ESP_AES256_GCM16',
  },
  {
    name: 'IKEv2 RSA, fragments',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
    key: 'rsa',
    method: 'RSASIG',
    settings: 'fragment_size = 600',
  },
  {
    name: 'IKEv2 RSA by RFC 7427',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
    key: 'rsa',
    method: 'DIGSIG',
  },
  {
    name: 'IKEv2 ECDSA P-256',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
    key: 'p256',
    method: 'DIGSIG',
  },
  {
    name: 'IKEv2 ECDSA P-384',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
    key: 'p384',
    method: 'DIGSIG',
  },
  {
    name: 'IKEv2 Ed25519',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
    key: 'ed25519',
    method: 'DIGSIG',
  },
  {
    name: 'IKEv1 Main Mode PSK, 3DES, PFS',
    version: 1,
    ike: '3des-sha1-modp1024',
    esp: '3des-sha1-modp1024',
    record: '-group 2 -encryption 3DES -hash SHA1',
    action: 'ESP_3DES_HMAC_SHA1',
    pfs: true,
    exchange: 'MM',
  },
  {
    name: 'IKEv1 Main Mode PSK, AES-256 and SHA-2, no PFS',
    version: 1,
    ike: 'aes256-sha256-modp2048',
    esp: 'aes128-sha1',
    record: '-group 14 -encryption AES256-CBC -hash SHA2-256',
    action: 'ESP_AES128_HMAC_SHA1',
    exchange: 'MM',
  },
  {
    name: 'IKEv1 Main Mode RSA signatures',
    version: 1,
    ike: 'aes128-sha1-modp2048',
    esp: 'aes128-sha1',
    record: '-group 14 -encryption AES128-CBC -hash SHA1',
    action: 'ESP_AES128_HMAC_SHA1',
    exchange: 'MM',
    key: 'rsa',
    method: 'RSASIG',
  },
  {
    name: 'IKEv1 Aggressive Mode PSK',
    version: 1,
    ike: 'aes128-sha1-modp1024',
    esp: 'aes128-sha1',
    record: '-group 2 -encryption AES128-CBC -hash SHA1',
    action: 'ESP_AES128_HMAC_SHA1',
    exchange: 'AM',
    settings: 'i_dont_care_about_security_and_use_aggressive_mode_psk = yes',
    connection: 'aggressive = yes',
  },
];

/** What is tried with packets alone. */
export const packetCases: readonly Case[] = [
  {
    name: 'IKEv2 PSK, MODP-1536 and AES-192',
    version: 2,
    ike: 'aes192-sha1-prfsha1-modp1536',
    esp: 'aes192-sha1',
    record: '-group 5 -encryption AES192-CBC -hash HMAC-SHA1 -prf HMAC-SHA1',
    action: 'ESP_AES192_HMAC_SHA1',
  },
  {
    name: 'IKEv2 PSK, MODP-3072 and SHA2-512',
    version: 2,
    ike: 'aes256-sha512-prfsha512-modp3072',
    esp: 'aes256-sha512',
    record: '-group 15 -encryption AES256-CBC -hash HMAC-SHA2-512 -prf HMAC-SHA2-512',
    action: 'ESP_AES256_HMAC_SHA2_512',
  },
  {
    name: 'IKEv2 PSK, another group than guessed (INVALID_KE_PAYLOAD)',
    version: 2,
    ike: 'aes128gcm16-prfsha256-ecp384',
    esp: 'aes128gcm16',
    record: modernRecord.replace('-group 31', '-group 31,20'),
    action: 'ESP_AES128_GCM16',
  },
];

/** What is changed against the first case, and what our side must say of it, whoever starts. */
export const refusals: readonly {
  readonly name: string;
  readonly side: 'left' | 'right';
  readonly change: readonly [string, string];
  /** By who starts: what is sent first is refused first. */
  readonly code: { readonly ours: string; readonly theirs: string };
  readonly notify?: string;
}[] = [
  {
    name: 'another key',
    side: 'right',
    change: [psk, 'another-Heron-Vale-77'],
    code: { ours: 'authentication-failed', theirs: 'authentication-failed' },
    notify: 'AUTHENTICATION_FAILED',
  },
  {
    name: 'no IKE proposal in common',
    side: 'right',
    change: ['aes128gcm16-prfsha256-x25519', 'aes256-sha384-ecp384'],
    code: { ours: 'no-ike-proposal', theirs: 'no-ike-proposal' },
    notify: 'NO_PROPOSAL_CHOSEN',
  },
  {
    name: 'no ESP proposal in common',
    side: 'right',
    change: ['esp_proposals = aes128gcm16', 'esp_proposals = aes256-sha256'],
    code: { ours: 'no-child-proposal', theirs: 'no-child-proposal' },
    notify: 'NO_PROPOSAL_CHOSEN',
  },
  {
    name: 'selectors of other networks',
    side: 'right',
    change: ['local_ts = 198.18.2.0/24', 'local_ts = 198.18.77.0/24'],
    code: { ours: 'selectors-unacceptable', theirs: 'no-spd-entry' },
    notify: 'TS_UNACCEPTABLE',
  },
  {
    name: 'another identity of the peer',
    side: 'left',
    change: ['-rid right-psk.example', '-rid other.example'],
    code: { ours: 'authentication-failed', theirs: 'identity-refused' },
    notify: 'AUTHENTICATION_FAILED',
  },
];

/** The text with one thing changed, which must be there. */
export function replaceOnce(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`'${from}' is not in the text`);
  return text.replace(from, to);
}

/** Our records. */
export function recordsOf(test: Case): string {
  const { outer, inner } = addressesOf(test);
  const identity = (side: 'left' | 'right') => `${side}-${test.key ?? 'psk'}.example`;
  const methods = test.method ? `-local_method ${test.method} -remote_method ${test.method}` : `-preshared ${psk}`;
  return `add tunnel net -tsource ${outer.left} -tdestination ${outer.right} -source ${inner.left} -destination ${inner.right} -action ${test.action}
add host net -source ${inner.left} -destination ${inner.right} -priority 10 -tunnel net -action PASS
add ikev${test.version} lab -remote ${outer.right} -priority 10 ${test.record} -life 28800 -pfs ${test.pfs ? 'ON' : 'OFF'}
add auth lab -remote ${outer.right} -priority 10 -kmp IKEV${test.version} ${test.exchange ? `-exchange ${test.exchange}` : ''} ${methods} -ltype FQDN -lid ${identity('left')} -rtype FQDN -rid ${identity('right')} ${test.auth ?? ''}
`;
}

export function addressesOf(test: Case) {
  return test.family === 6
    ? {
        outer: { left: ends.left.outer6, right: ends.right.outer6 },
        inner: { left: '2001:db8:1::/64', right: '2001:db8:2::/64' },
      }
    : {
        outer: { left: ends.left.outer4, right: ends.right.outer4 },
        inner: { left: '198.18.1.0/24', right: '198.18.2.0/24' },
      };
}

/** strongSwan's configuration. */
export function swanctlOf(test: Case): string {
  const { outer, inner } = addressesOf(test);
  const round = (side: 'left' | 'right') =>
    test.key
      ? `auth = pubkey\n id = ${side}-${test.key}.example${side === 'right' ? `\n certs = ${test.key}.pem` : ''}`
      : `auth = psk\n id = ${side}-psk.example`;
  return `connections {
  lab {
    version = ${test.version}
    local_addrs = ${outer.right}
    remote_addrs = ${outer.left}
    proposals = ${test.ike}
    ${test.connection ?? ''}
    local { ${round('right')}
    }
    remote { ${round('left')}
    }
    children {
      net {
        local_ts = ${inner.right}
        remote_ts = ${inner.left}
        esp_proposals = ${test.esp}
      }
    }
  }
}
secrets {
  ike-lab { secret = "${psk}"
  }
}
`;
}
