/** Which cipher engine is used: OpenSSL's EVP functions where they are there and give what node:crypto gives, else node:crypto. */
import { Secret } from '../../../model/secret.js';
import { authentication, encryption } from '../../../model/transform.js';
import { allocate } from '../system/memory.js';
import type { Native } from '../system/native.js';
import { evpEngine } from './evp-cipher.js';
import { nodeEngine } from './node-cipher.js';
import type { CipherEngine, CipherOptions } from './packet-cipher.js';

/** The fastest engine that can be trusted on this host. */
export function chooseEngine(native: Native): CipherEngine {
  const evp = evpEngine(native);
  return evp && agrees(native, evp) ? evp : nodeEngine;
}

const suites: readonly (readonly [encryption: string, authentication?: string])[] = [
  ['AES-GCM-16-128'],
  ['CHACHA20-POLY1305'],
  ['AES-CBC-128', 'HMAC-SHA1-96'],
  ['AES-CTR-256', 'HMAC-SHA2-256-128'],
];

/** 16 units of any alignment. */
const plainLength = 256;

/**
 * Does the engine make packets that node:crypto opens, and refuse those that are not genuine? It is called through declarations of our
 * own, on whatever OpenSSL this Node has: better to be slow than wrong.
 */
export function agrees(native: Native, engine: CipherEngine): boolean {
  const [plain, packet, opened] = [512, 512, 512].map((length) => allocate(native, length));
  if (!plain || !packet || !opened) return false;
  for (let index = 0; index < plainLength; index += 1) plain.octets[index] = index;
  const numbers = { high: 1, low: 2 };
  for (const [cipherName, integrityName] of suites) {
    const outbound = optionsOf('outbound', cipherName, integrityName);
    const [seals, opens, reference] = [
      engine.cipher(outbound),
      engine.cipher({ ...outbound, direction: 'inbound' }),
      nodeEngine.cipher({ ...outbound, direction: 'inbound' }),
    ];
    const length = seals?.seal(plain, 0, plainLength, packet, 0, numbers) ?? -1;
    const isRight = (cipher: typeof opens) =>
      cipher !== undefined &&
      cipher.open(packet, 0, length, opened, 0, numbers) === plainLength &&
      opened.octets.every((octet, index) => index >= plainLength || octet === (index & 255));
    let isGood = length > 0 && isRight(opens) && isRight(reference);
    if (isGood) {
      packet.octets[length - 1]! ^= 1;
      isGood = opens?.open(packet, 0, length, opened, 0, numbers) === -1;
    }
    for (const cipher of [seals, opens, reference]) cipher?.close();
    if (!isGood) return false;
  }
  return true;
}

function optionsOf(direction: CipherOptions['direction'], cipherName: string, integrityName?: string): CipherOptions {
  const cipher = encryption(cipherName);
  const integrity = integrityName === undefined ? undefined : authentication(integrityName);
  const key = (length: number) => new Secret(new Uint8Array(length).fill(0x5a));
  return {
    direction,
    encryption: cipher,
    ...(integrity ? { authentication: integrity } : {}),
    keys: {
      encryption: key(cipher.keyBits / 8 + (cipher.saltOctets ?? 0)),
      ...(integrity ? { authentication: key(integrity.keyBits / 8) } : {}),
    },
    esn: true,
  };
}
