/** Pairs of our system with another one of ours, with strongSwan and with Libreswan, on the kernel's ESP and AH. */
import { type Ends, natEnds, plainEnds, type Side } from './hosts.js';
import type { IkeCase } from './play-ike.js';

export const psk = 'kernel-Maple-Quill-31';

/** A case, and what it must show. */
export interface JudgedCase extends IkeCase {
  /** Texts of `ip xfrm state`. */
  readonly shows: readonly string[];
  readonly carriedBy: 'esp' | 'ah' | 'espInUdp';
}

interface Kind {
  readonly version: 1 | 2;
  /** Arguments of our IKE record. */
  readonly ike: string;
  readonly action: string;
  readonly tunnel: boolean;
  readonly signed?: boolean;
  readonly nat?: boolean;
  readonly forced?: boolean;
  readonly esn?: boolean;
}

const modern = '-group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256';
const sha2 = '-group 14 -encryption AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256';
const old = '-group 2 -encryption 3DES -hash SHA1';
const des14 = '-group 14 -encryption 3DES -hash SHA1';
const aes = '-group 14 -encryption AES128-CBC -hash SHA1';

function records(side: Side, { version, ike, action, tunnel, signed, nat, forced, esn }: Kind): string {
  const other = side === 'left' ? 'right' : 'left';
  const { outer, inner, seen } = endsOf(nat);
  const selectors = `-source ${inner[side]}/32 -destination ${inner[other]}/32`;
  const options = esn ? ' -esn ON' : '';
  const policy = tunnel
    ? `add tunnel net -tsource ${outer[side]} -tdestination ${seen[other]} ${selectors} -action ${action}${options}
add host net ${selectors} -priority 10 -tunnel net -action PASS`
    : `add host net -source ${outer[side]}/32 -destination ${seen[other]}/32 -priority 10 -action ${action}${options}`;
  const name = (of: Side) => `${of}-${signed ? 'rsa' : 'psk'}.example`;
  const proof = signed ? '-local_method RSASIG -remote_method RSASIG' : `-preshared ${psk}`;
  const names = `-ltype FQDN -lid ${name(side)} -rtype FQDN -rid ${name(other)}`;
  const auth = [
    `-remote ${seen[other]}/32 -priority 10 -kmp IKEV${version}`,
    ...(version === 1 ? ['-exchange MM'] : []),
    proof,
    ...(isNamed({ version, signed }) ? [names] : []),
    ...(forced ? ['-nat_traversal FORCE'] : []),
  ];
  return `${policy}
add ikev${version} lab -remote ${seen[other]}/32 -priority 10 ${ike} -life 28800 -pfs OFF
add auth lab ${auth.join(' ')}
`;
}

/** Records of one of two systems of ours that protect all that is between them. */
export function recordsOf(side: Side, version: 1 | 2): string {
  const [ike, action] = version === 2 ? [modern, 'ESP_AES128_GCM16'] : [aes, 'ESP_AES128_HMAC_SHA1'];
  return records(side, { version, ike, action, tunnel: false });
}

/** With a pre-shared key Main Mode must find it by address (RFC 2409 §5.4), so there the address is the name. */
function isNamed({ version, signed }: Pick<Kind, 'version' | 'signed'>): boolean {
  return version === 2 || signed === true;
}

function endsOf(nat: boolean | undefined): Ends {
  return nat ? natEnds : plainEnds;
}

type Shown = Pick<JudgedCase, 'shows' | 'carriedBy'>;

function withOurs(name: string, kind: Kind, shown: Shown, more: Partial<IkeCase> = {}): JudgedCase {
  const { version, tunnel, nat = false } = kind;
  const [left, right] = [records('left', kind), records('right', kind)];
  return { name, version, tunnel, nat, peer: 'ours', left, right, ...shown, ...more };
}

interface Proposals {
  readonly ike: string;
  /** Either of them. */
  readonly esp?: string;
  readonly ah?: string;
}

function withStrongswan(name: string, kind: Kind, { ike, esp, ah }: Proposals, shown: Shown): JudgedCase {
  const { version, tunnel, signed } = kind;
  const { outer, inner } = plainEnds;
  const round = (side: Side) => {
    if (signed) return `auth = pubkey\n id = ${side}-rsa.example${side === 'right' ? '\n certs = rsa.pem' : ''}`;
    return isNamed(kind) ? `auth = psk\n id = ${side}-psk.example` : 'auth = psk';
  };
  const right = `connections { lab {
  version = ${version}
  local_addrs = ${outer.right}
  remote_addrs = ${outer.left}
  proposals = ${ike}
  local { ${round('right')}
  }
  remote { ${round('left')}
  }
  children { net {
    mode = ${tunnel ? 'tunnel' : 'transport'}
    ${tunnel ? `local_ts = ${inner.right}/32\n remote_ts = ${inner.left}/32` : ''}
    ${ah ? `ah_proposals = ${ah}` : `esp_proposals = ${esp}`}
  } }
} }
secrets { ike-lab { secret = "${psk}"
} }
`;
  return { name, version, tunnel, peer: 'strongswan', left: records('left', kind), right, ...shown };
}

function withLibreswan(name: string, kind: Kind, { ike, esp, ah }: Proposals, shown: Shown): JudgedCase {
  const { version, tunnel, signed, forced } = kind;
  const { outer, inner } = plainEnds;
  const lines = [
    `left=${outer.left}`,
    `right=${outer.right}`,
    ...(isNamed(kind) ? [`leftid=@left-${signed ? 'rsa' : 'psk'}.example`] : []),
    ...(isNamed(kind) ? [`rightid=@right-${signed ? 'rsa' : 'psk'}.example`] : []),
    ...(tunnel ? [`leftsubnet=${inner.left}/32`, `rightsubnet=${inner.right}/32`] : ['type=transport']),
    ...(signed
      ? ['authby=rsasig', 'rightcert=right-rsa', 'rightsendcert=always', 'leftrsasigkey=%cert', 'leftca=%same']
      : ['authby=secret']),
    `ikev2=${version === 2 ? 'insist' : 'no'}`,
    `ike=${ike}`,
    ...(ah ? ['phase2=ah', `phase2alg=${ah}`] : [`esp=${esp}`]),
    'pfs=no',
    ...(forced ? ['encapsulation=yes'] : []),
    'auto=add',
  ];
  const right = `config setup
    ikev1-policy=accept

conn lab
    ${lines.join('\n    ')}
`;
  return {
    name,
    version,
    tunnel,
    peer: 'libreswan',
    left: records('left', kind),
    right,
    secrets: signed ? '' : `: PSK "${psk}"\n`,
    ...shown,
  };
}

const gcm = { shows: ['rfc4106(gcm(aes))'], carriedBy: 'esp' } as const;
const cbcSha1 = { shows: ['cbc(aes)', 'hmac(sha1)'], carriedBy: 'esp' } as const;
const cbcSha2 = { shows: ['cbc(aes)', 'hmac(sha256)', ' 128'], carriedBy: 'esp' } as const;
const ahSha1 = { shows: ['proto ah', 'hmac(sha1)'], carriedBy: 'ah' } as const;
const esnSha2 = { shows: [...cbcSha2.shows, 'af-unspec esn'], carriedBy: 'esp' } as const;
const tripleDesMd5 = { shows: ['cbc(des3_ede)', 'hmac(md5)'], carriedBy: 'esp' } as const;

/** `pki` is a folder of `makePki`, with `our-left`, `our-right` and `right.p12` beside. */
export function ikeCases(pki: string): readonly JudgedCase[] {
  const gcmTransport: Kind = { version: 2, ike: modern, action: 'ESP_AES128_GCM16', tunnel: false };
  const sha2Tunnel: Kind = { version: 2, ike: sha2, action: 'ESP_AES256_HMAC_SHA2_256', tunnel: true };
  const desTunnel: Kind = { version: 1, ike: old, action: 'ESP_3DES_HMAC_MD5', tunnel: true };
  const aesTunnel: Kind = { version: 1, ike: aes, action: 'ESP_AES128_HMAC_SHA1', tunnel: true };
  const ahTransport: Kind = { version: 2, ike: modern, action: 'AH_SHA1', tunnel: false };
  const signed = { signed: true } as const;
  return [
    withOurs('IKEv2, AES-GCM in transport mode, without policies that let IKE pass', gcmTransport, gcm, {
      withoutExemption: true,
    }),
    withOurs('IKEv2, AES-CBC with SHA-2 of 128 bits in tunnel mode', sha2Tunnel, cbcSha2),
    withOurs('IKEv2, AH in transport mode', ahTransport, ahSha1),
    withOurs('IKEv1 Main Mode, 3DES with MD5 in transport mode', { ...desTunnel, tunnel: false }, tripleDesMd5),
    withOurs(
      'IKEv2 through a NAT that changes its mind',
      { ...sha2Tunnel, nat: true },
      { shows: ['espinudp', 'hmac(sha256)'], carriedBy: 'espInUdp' },
    ),
    { ...withOurs('IKEv2 with RSA signatures', { ...sha2Tunnel, ...signed }, cbcSha2), pki },
    withStrongswan(
      'strongSwan by IKEv2, AES-GCM in transport mode',
      gcmTransport,
      { ike: 'aes128gcm16-prfsha256-x25519', esp: 'aes128gcm16' },
      gcm,
    ),
    withStrongswan(
      'strongSwan by IKEv1, 3DES with MD5 in tunnel mode',
      desTunnel,
      { ike: '3des-sha1-modp1024', esp: '3des-md5' },
      tripleDesMd5,
    ),
    {
      ...withStrongswan(
        'strongSwan by IKEv2 with RSA signatures, SHA-2 and extended sequence numbers in tunnel mode',
        { ...sha2Tunnel, ...signed, esn: true },
        { ike: 'aes256-sha256-modp2048', esp: 'aes256-sha256-esn' },
        esnSha2,
      ),
      pki,
    },
    withStrongswan(
      'strongSwan by IKEv1 Main Mode, AES-CBC with SHA-1 in transport mode',
      { ...aesTunnel, tunnel: false },
      { ike: 'aes128-sha1-modp2048', esp: 'aes128-sha1' },
      cbcSha1,
    ),
    withStrongswan(
      'strongSwan by IKEv2, AH in tunnel mode',
      { ...ahTransport, tunnel: true },
      { ike: 'aes128gcm16-prfsha256-x25519', ah: 'sha1' },
      ahSha1,
    ),
    withLibreswan(
      'Libreswan by IKEv1 Main Mode, AES-CBC with SHA-1 in tunnel mode',
      aesTunnel,
      { ike: 'aes128-sha1-dh14', esp: 'aes128-sha1' },
      cbcSha1,
    ),
    withLibreswan(
      'Libreswan by IKEv2, AES-GCM in transport mode',
      gcmTransport,
      { ike: 'aes_gcm128-sha2_256-dh31', esp: 'aes_gcm128' },
      gcm,
    ),
    withLibreswan(
      'Libreswan by IKEv1 Main Mode, 3DES with MD5 in transport mode',
      { version: 1, ike: des14, action: 'ESP_3DES_HMAC_MD5', tunnel: false },
      { ike: '3des-sha1-dh14', esp: '3des-md5' },
      tripleDesMd5,
    ),
    withLibreswan(
      'Libreswan by IKEv2, AH in transport mode',
      ahTransport,
      { ike: 'aes_gcm128-sha2_256-dh31', ah: 'sha1' },
      ahSha1,
    ),
    {
      ...withLibreswan(
        'Libreswan by IKEv2 with RSA signatures, encapsulated in UDP',
        { ...sha2Tunnel, ...signed, forced: true },
        { ike: 'aes256-sha2_256-dh14', esp: 'aes256-sha2_256' },
        { shows: ['espinudp', 'hmac(sha256)'], carriedBy: 'espInUdp' },
      ),
      pki,
    },
  ];
}
