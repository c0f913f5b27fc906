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
