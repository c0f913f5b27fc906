/** Which algorithms this kernel has, found by asking for an SA with each, in a network namespace of its own. */
import { firstAddress } from '../../model/address.js';
import { type HostSa, noMark } from '../../model/host-state.js';
import { protocolNumbers } from '../../model/packet.js';
import { Secret } from '../../model/secret.js';
import {
  type AuthenticationTransform,
  authentication,
  type EncryptionTransform,
  encryption,
} from '../../model/transform.js';
import type { KnownAlgorithms, WantedAlgorithms } from '../backend.js';
import { libc } from '../system/libc.js';
import { requestOf } from './netlink/requests.js';
import type { NetlinkSocket } from './netlink/socket.js';
import { inNewNamespace } from './probe.js';

/** Asks the kernel. Undefined where this user may make no namespace: then it is not known. */
export async function kernelAlgorithms(wanted: WantedAlgorithms): Promise<KnownAlgorithms | undefined> {
  return inNewNamespace(await libc(), (socket) => {
    let spi = 0x1000;
    const has = (sa: HostSa) => {
      spi += 1;
      return accepts(socket, { ...sa, spi });
    };
    const protocols = new Map(
      ([4, 6] as const).flatMap((family) => [
        [`ESP, IPv${family}`, has(espSa(encryption('NULL'), family))] as const,
        [`AH, IPv${family}`, has(ahSa(authentication('HMAC-SHA1-96'), family))] as const,
      ]),
    );
    return {
      protocols,
      encryption: new Map(
        wanted.encryption.map((name) => {
          const transform = encryption(name);
          return [name, transform.xfrm !== undefined && has(espSa(transform))] as const;
        }),
      ),
      authentication: new Map(
        wanted.authentication.map((name) => {
          const transform = authentication(name);
          return [name, transform.xfrm !== undefined && has(espSa(encryption('NULL'), 4, transform))] as const;
        }),
      ),
    };
  });
}

function accepts(socket: NetlinkSocket, sa: HostSa): boolean {
  const [answer] = socket.request([requestOf({ object: 'sa', kind: 'create', after: sa })]);
  return answer!.errno === 0;
}

const bare = {
  spi: 0,
  reqid: 0,
  mode: 'transport',
  mark: noMark,
  ifId: 0,
  replayWindow: 0,
  esn: false,
  flags: 0,
  extraFlags: 0,
  limits: {},
} as const;

function ends(family: 4 | 6): Pick<HostSa, 'source' | 'destination'> {
  const first = firstAddress(family);
  const at = (offset: number) => ({
    family,
    value: typeof first === 'bigint' ? first + BigInt(offset) : first + offset,
  });
  return { source: at(1), destination: at(2) };
}

/** Octets that count up: weak keys are refused by some. */
function keyOf(octets: number): Secret {
  return new Secret(Uint8Array.from({ length: octets }, (_, at) => at * 37 + 11));
}

function espSa(
  cipher: EncryptionTransform,
  family: 4 | 6 = 4,
  integrity: AuthenticationTransform = authentication('HMAC-SHA1-96'),
): HostSa {
  const key = keyOf(cipher.keyBits / 8 + (cipher.saltOctets ?? 0));
  const base = { ...bare, ...ends(family), protocol: protocolNumbers.ESP };
  if (cipher.icvOctets !== undefined)
    return { ...base, aead: { name: cipher.xfrm!, key, icvBits: cipher.icvOctets * 8 } };
  return { ...base, encryption: { name: cipher.xfrm!, key }, authentication: integrityOf(integrity) };
}

function ahSa(integrity: AuthenticationTransform, family: 4 | 6): HostSa {
  return { ...bare, ...ends(family), protocol: protocolNumbers.AH, authentication: integrityOf(integrity) };
}

function integrityOf({ xfrm, keyBits, icvBits }: AuthenticationTransform): HostSa['authentication'] {
  return { name: xfrm!, key: keyOf(keyBits / 8), truncatedBits: icvBits };
}
