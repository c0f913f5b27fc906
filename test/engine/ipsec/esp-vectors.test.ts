/** Published and recorded ESP packets: they open to what they hold, and what they hold seals to the same octets. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/engine/crypto/octets.js';
import { type EspKey, espKey, espNumbers, openEsp, sealEsp } from '../../../src/engine/ipsec/esp.js';
import { Secret } from '../../../src/model/secret.js';
import { authentication, encryptionTransforms } from '../../../src/model/transform.js';
import { sharedMissing } from '../../support/shared.js';
import { providers, sharedJson } from '../crypto/support.js';
import { ipOf } from './support.js';

interface Vector {
  readonly id: string;
  readonly encr: string;
  readonly encrKey: string;
  readonly salt?: string;
  readonly icvBits?: number;
  readonly integ: string;
  readonly integKey?: string;
  readonly esn?: boolean;
  readonly seqHigh?: number;
  readonly seq: number;
  readonly spi: number;
  readonly esp: string;
  readonly payload: string;
  readonly nextHeader: number;
}

const committed = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '..', '..', 'vectors', 'esp', 'packets.json'), 'utf8'),
) as Vector[];
const shared = sharedJson<Vector[]>('rfc', 'esp-packets.json');

/** Our name of a cipher: with its key length, and for combined modes the length of the ICV. */
function transformOf({ encr, encrKey, icvBits }: Vector) {
  const base = encr.replaceAll('_', '-');
  const icv = encr === 'AES-GCM' ? `-${icvBits! / 8}` : '';
  const names = [base, `${base}${icv}-${encrKey.length * 4}`];
  return encryptionTransforms.find(({ name }) => names.includes(name));
}

const lacking = new Set(['CAST-CBC']);

function check(vectors: readonly Vector[]): void {
  describe.each(vectors.filter(({ encr }) => !lacking.has(encr)))('$id', (vector) => {
    it.each(providers)('by $name', (provider) => {
      const keys = {
        encryption: new Secret(fromHex(vector.encrKey + (vector.salt ?? ''))),
        ...(vector.integKey ? { authentication: new Secret(fromHex(vector.integKey)) } : {}),
      };
      const integrity = vector.integKey ? authentication(vector.integ) : undefined;
      const key = espKey(provider, transformOf(vector)!, integrity, keys) as EspKey;
      expect(key).not.toHaveProperty('why');
      const esp = fromHex(vector.esp);
      const esn = vector.esn ?? false;
      const sequence = (BigInt(vector.seqHigh ?? 0) << 32n) | BigInt(vector.seq);
      const opened = openEsp(key, esp, { sequence, esn });
      if (opened.kind !== 'opened') throw new Error(opened.why);
      expect(toHex(opened.payload)).toBe(vector.payload);
      expect(opened.nextHeader).toBe(vector.nextHeader);
      const iv = esp.subarray(8, 8 + key.transform.ivOctets);
      const contents = { nextHeader: opened.nextHeader, payload: opened.payload };
      expect(toHex(sealEsp(key, { spi: vector.spi, sequence, esn }, contents, iv))).toBe(vector.esp);
      if (key.icvLength === 0) return;
      const forged = esp.slice();
      forged[esp.length - 1]! ^= 1;
      expect(openEsp(key, forged, { sequence, esn })).toMatchObject({ kind: 'refused', reason: 'icv' });
      expect(openEsp(key, esp, { sequence: sequence + (1n << 32n), esn }).kind).toBe(esn ? 'refused' : 'opened');
    });
  });
}

describe('committed packets', () => check(committed));
describe.skipIf(!shared)(`reference packets${shared ? '' : ` (${sharedMissing})`}`, () => check(shared ?? []));

interface CapturedSa {
  readonly spi: string;
  readonly dst: string;
  readonly encr: string;
  readonly encrKeyHex: string;
  readonly integ: string;
  readonly integKeyHex: string;
}
interface CapturedFrame {
  readonly frame: number;
  readonly dst: string;
  readonly ipPacketHex?: string;
  readonly udpPayloadHex?: string;
  readonly ipsec?: readonly { readonly spi: number; readonly decrypted_data?: string }[];
}
interface Capture {
  readonly keys: { readonly espSas: readonly CapturedSa[] };
  readonly frames: readonly CapturedFrame[];
}

const captureNames = [
  'wireshark-wiki/esp_capture_1_ipv4_transport',
  'wireshark-wiki/ikev2_esp_natt_conn1_aes_gcm',
  'tcpdump/02-sunrise-sunset-esp',
  'tcpdump/08-sunrise-sunset-aes',
];
const ciphers: Readonly<Record<string, string>> = {
  'AES-CBC [RFC3602]': 'AES-CBC',
  'TripleDES-CBC [RFC2451]': '3DES-CBC',
  'DES-CBC [RFC2405]': 'DES-CBC',
  NULL: 'NULL',
  'AES-GCM with 16 octet ICV [RFC4106]': 'AES-GCM-16',
  'AES-CTR [RFC3686]': 'AES-CTR',
};
const integrities: Readonly<Record<string, string>> = {
  'HMAC-SHA-1-96 [RFC2404]': 'HMAC-SHA1-96',
  'HMAC-MD5-96 [RFC2403]': 'HMAC-MD5-96',
};
const unchecked = 'ANY 96 bit authentication [no checking]';

describe.each(captureNames)('capture %s', (name) => {
  const capture = sharedJson<Capture>('captures', `${name}.expected.json`);
  it.skipIf(!capture)('opens to what another implementation decrypts', () => {
    let opened = 0;
    for (const { frame, dst, ipPacketHex, udpPayloadHex, ipsec } of capture!.frames) {
      const seen = ipsec?.[0];
      if (seen?.decrypted_data === undefined) continue;
      const known = capture!.keys.espSas.find(
        (sa) => Number(sa.spi) === seen.spi && (sa.dst === '*' || sa.dst === dst),
      );
      const key = known && capturedKey(known);
      if (!key) continue;
      const isUnchecked = known.integ === unchecked;
      const octets = udpPayloadHex ? fromHex(udpPayloadHex) : ipOf(fromHex(ipPacketHex!)).payload;
      // Its ICV key was not published: the 96 bits are left off.
      const esp = isUnchecked ? octets.subarray(0, octets.length - 12) : octets;
      const sequence = BigInt(espNumbers(esp)!.sequenceLow);
      const result = openEsp(key, esp, { sequence, esn: false, checkPadding: true });
      if (result.kind !== 'opened') throw new Error(`frame ${frame}: ${result.why}`);
      expect(seen.decrypted_data.startsWith(toHex(result.payload)), `frame ${frame}`).toBe(true);
      opened += 1;
    }
    expect(opened).toBeGreaterThan(7);
  });
});

function capturedKey(known: CapturedSa): EspKey | undefined {
  const family = ciphers[known.encr];
  const integrityName = integrities[known.integ];
  if (!family || (!integrityName && known.integ !== unchecked && known.integ !== 'NULL')) return undefined;
  const keymat = fromHex(known.encrKeyHex);
  const transform = encryptionTransforms.find(
    (candidate) =>
      (candidate.name === family || candidate.name.startsWith(`${family}-`)) &&
      candidate.keyBits / 8 + (candidate.saltOctets ?? 0) === keymat.length,
  );
  if (!transform) return undefined;
  const integrity = integrityName ? authentication(integrityName) : undefined;
  const integKey = fromHex(known.integKeyHex);
  // Keys of a wrong length, which Wireshark took all the same, are no SA for us.
  const key = espKey(providers[0]!, transform, integrity, {
    encryption: new Secret(keymat),
    ...(integrity ? { authentication: new Secret(integKey) } : {}),
  });
  return 'why' in key ? undefined : key;
}
