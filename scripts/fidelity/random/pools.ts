/** What random pairs draw from. */

export const ikePool = [
  'aes128-sha256-modp2048',
  'aes256-sha384-ecp384',
  'aes256-sha512-modp3072',
  'aes128-sha1-modp1024',
  '3des-sha1-modp1536',
  '3des-md5-modp1024',
  'aes256-sha256-x25519',
  'aes128-aes256-sha256-sha384-modp2048-modp3072',
  'aes128-sha256-modp2048-ecp256-x25519',
  'camellia128-sha256-ecp256',
  'aes192-sha1-sha256-modp1536-modp2048',
];
export const ikePoolV2 = [
  'aes128gcm16-prfsha256-ecp256',
  'aes256gcm16-aes128gcm16-prfsha384-prfsha256-ecp384-x25519',
  'chacha20poly1305-prfsha256-x25519',
  'aes128ctr-sha256-prfsha384-modp2048',
  'aes256-sha256-prfsha512-ecp521',
  'aes128-aesxcbc-modp2048',
  'aes256-sha384-x448',
  'default',
];
export const espPool = [
  'aes128gcm16',
  'aes256gcm16',
  'aes128-sha256',
  'aes256-sha512',
  'aes128-sha1',
  '3des-sha1',
  '3des-md5',
  'aes128-aes256-sha1-sha256',
  'aes128gcm16-aes256gcm16',
  'aes128gcm8',
  'null-sha256',
  'chacha20poly1305',
  'camellia256-sha384',
  'aes128ctr-sha256',
  'aes128ccm16',
];
/** Algorithms that hardly anybody configures, and that both sides have. */
export const rareIkePool = [
  'aes128-aescmac-modp2048',
  'aes192-sha384-ecp224',
  'aes256-sha512-modp4096',
  'aes128-sha1-modp768',
  'camellia256-sha512-ecp256bp',
  'aes128-sha256-modp2048s256',
  'aes128-sha256-sha384-modp1024s160-modp2048',
  'aes-sha-modp1024',
];
export const rareIkePoolV2 = [
  'aes256ctr-sha384-modp3072',
  'aes256ccm16-prfsha384-modp3072',
  'aes192gcm12-prfsha512-ecp521',
  'aes128gcm8-aes256gcm8-prfsha256-prfaesxcbc-curve25519',
  'aes128-sha256-prfaescmac-ecp384bp',
  'aes128-sha1-prfsha256-prfsha1-modp1536',
];
export const rareEspPool = [
  'aes192-sha384',
  'aes256ctr-aesxcbc',
  'aes128-aescmac',
  'aes128gmac',
  'aes256ccm12',
  'aes192gcm12-aes128gcm16',
  'camellia192-sha1-sha512',
  'des-md5',
];
export const rareGroupPool = ['modp768', 'modp4096', 'ecp384', 'ecp521', 'ecp224', 'ecp256bp', 'x448', 'modp2048s256'];
export const groupPool = ['modp1024', 'modp1536', 'modp2048', 'modp3072', 'ecp256', 'x25519'];

/** Mirrored selectors: left's local ones, left's remote ones. */
export const selectorPool: readonly (readonly [string[], string[]])[] = [
  [['10.1.0.0/16'], ['10.2.0.0/16']],
  [['10.1.1.0/24'], ['10.2.1.0/24']],
  [['10.1.1.5/32'], ['10.2.0.0/16']],
  [['10.1.1.0/25'], ['10.2.1.128/25']],
  [['0.0.0.0/0'], ['0.0.0.0/0']],
  [['10.1.0.0/16[tcp/80]'], ['10.2.0.0/16[tcp]']],
  [['10.1.0.0/16[udp]'], ['10.2.0.0/16[udp/53]']],
  [['10.1.0.0/16[tcp/1000-2000]'], ['10.2.0.0/16']],
  [['10.1.0.0/16[icmp/8]'], ['10.2.0.0/16[icmp]']],
  [
    ['10.1.1.0/24', '10.1.0.0/16[udp]'],
    ['10.2.1.0/24', '10.2.0.0/17[tcp]'],
  ],
  [['10.1.1.1-10.1.1.9'], ['10.2.1.100-10.2.1.200']],
  [
    ['10.1.1.5/32', 'fd01::/64'],
    ['10.2.1.130/32', 'fd02::/64'],
  ],
  [['fd01::/64'], ['fd02::5/128']],
];

export const identityPool = [
  'left.example.org',
  'admin@example.org',
  '10.99.0.9',
  '"C=CH, O=Lab, CN=box"',
  'keyid:box-7',
  'other.example.org',
];

/** Spellings of identities. */
export const identityForms = [
  'fqdn:left.example.org',
  'fqdn:right.example.org',
  'LEFT.example.org',
  'Right.Example.Org',
  '@left.example.org',
  'email:admin@example.org',
  'ipv4:10.99.0.1',
  'ipv4:10.99.0.2',
  '10.99.0.2',
  '"C=CH, CN=box, O=Lab"',
  '"C=CH,O=Lab,CN=box"',
  'keyid:box-7',
];
/** Patterns, which only a peer's identity can have. */
export const identityPatterns = [
  '"C=CH, O=*, CN=box"',
  '"C=CH, O=Lab, CN=*"',
  '*@example.org',
  '*.example.org',
  '*',
  '10.99.0.0-10.99.0.255',
];
/** Spellings of selectors of either end. */
export const selectorForms: readonly (readonly [string[], string[]])[] = [
  [['10.1.1.5'], ['10.2.1.130']],
  [['10.1.0.0/16[tcp/http]'], ['10.2.0.0/16']],
  [['10.1.0.0/16[/80]'], ['10.2.0.0/16[6]']],
  [['10.1.0.0/16[17/1701]'], ['10.2.0.0/16[udp/l2f]']],
  [['10.1.0.0/16[gre]'], ['10.2.0.0/16[47]']],
  [['10.1.0.0/16[tcp/opaque]'], ['10.2.0.0/16[tcp]']],
  [['10.1.0.0/16[icmp/3(1)]'], ['10.2.0.0/16[icmp]']],
  [['10.1.0.0/16[udp/1-65535]'], ['10.2.0.0/16[udp/0-65535]']],
  [
    ['0.0.0.0/0', '::/0'],
    ['0.0.0.0/0', '::/0'],
  ],
  [['fd01::5-fd01::9'], ['fd02::/64[ipv6-icmp]']],
  [
    ['10.1.1.0/24', '10.1.1.0/25', '10.1.1.0/24'],
    ['10.2.1.0/24', '10.2.1.130'],
  ],
];
/** Settings of connections that change nothing, or little. */
export const connectionOptions = [
  'fragmentation = no',
  'fragmentation = force',
  'fragmentation = accept',
  'mobike = no',
  'unique = replace',
  'unique = never',
  'unique = keep',
  'dpd_delay = 300s',
  'rekey_time = 2h',
  'rekey_time = 0',
  'reauth_time = 3h',
  'over_time = 10m',
  'send_cert = never',
  'send_certreq = no',
  'dscp = 101110',
  'pull = no',
];
export const childOptions = [
  'rekey_time = 20m',
  'life_time = 2h',
  'rekey_bytes = 500000000',
  'rekey_packets = 1000000',
  'close_action = trap',
  'dpd_action = clear',
  'ipcomp = yes',
  'reqid = 7',
  'priority = 5',
  'tfc_padding = mtu',
  'replay_window = 64',
  'copy_df = no',
  'inactivity = 1h',
];
