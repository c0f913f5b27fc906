/** The captured messages of the reference material with what tshark says of them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fromHex } from '../../../src/engine/wire/codec.js';
import { sharedPath } from '../../support/shared.js';
import type { TsharkHeader, TsharkPayload } from './tshark.js';

export interface VectorFrame {
  readonly frame: number;
  readonly src: string;
  readonly dst: string;
  readonly udp?: readonly [number, number];
  readonly udpPayloadHex?: string;
  readonly ipPacketHex?: string;
  readonly rawFrameHex?: string;
  readonly ike?: TsharkHeader;
  readonly payloads?: readonly TsharkPayload[];
  readonly payloadTypes?: readonly number[];
  readonly decryptedPayloads?: readonly TsharkPayload[];
  readonly encryptedBody?: boolean;
  readonly plaintextHex?: string;
  readonly ipsec?: readonly {
    readonly spi: string;
    readonly sequence: string;
    readonly icv?: string;
    readonly [name: string]: unknown;
  }[];
  readonly malformed?: boolean;
}

export interface Ikev2Keys {
  readonly spiI: string;
  readonly spiR: string;
  readonly sk_ei: string;
  readonly sk_er: string;
  readonly sk_ai?: string;
  readonly sk_ar?: string;
  readonly encr: string;
  readonly integ?: string;
}

/** One capture file. */
export interface VectorCapture {
  readonly name: string;
  readonly file: string;
  readonly frames: readonly VectorFrame[];
  readonly ikev2Keys: readonly Ikev2Keys[];
  readonly ikev1Crypto?: { readonly phase1Iv: string; readonly quickModeIv: string };
  readonly ikev1Key?: string;
}

const folder = sharedPath('vectors');

/** All captures of `captures/` and `openswan-unit/`; none where the reference material is missing. */
export function vectorCaptures(): readonly VectorCapture[] {
  return folder === undefined
    ? []
    : [...captureFolder(path.join(folder, 'captures')), ...openswan(path.join(folder, 'openswan-unit'))];
}

/** One IKE message as a UDP payload, cut out of a capture or given on its own. */
export interface VectorMessage {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly header: TsharkHeader;
  readonly payloads: readonly TsharkPayload[] | undefined;
  readonly encryptedBody: boolean;
}

/** Every IKE message of the captures and of `ike-messages/`. */
export function vectorMessages(): readonly VectorMessage[] {
  const captured = vectorCaptures().flatMap(({ name, frames }) =>
    frames.flatMap((frame): VectorMessage[] => {
      if (!frame.ike || frame.udpPayloadHex === undefined) return [];
      const { ike: header, payloads, encryptedBody = false } = frame;
      return [{ name: `${name}:${frame.frame}`, octets: withoutMarker(frame), header, payloads, encryptedBody }];
    }),
  );
  return [...captured, ...bareMessages()];
}

function withoutMarker({ udp, udpPayloadHex }: VectorFrame): Uint8Array {
  const onPort4500 = udp?.includes(4500) && udpPayloadHex!.startsWith('00000000');
  return fromHex(onPort4500 ? udpPayloadHex!.slice(8) : udpPayloadHex!)!;
}

interface BareMessage {
  readonly id: string;
  readonly hex: string;
  readonly tshark: {
    readonly ike: TsharkHeader;
    readonly payloads: readonly TsharkPayload[];
    readonly encryptedBody?: boolean;
  };
  readonly keys?: { readonly key: string; readonly iv: string; readonly plaintext: string };
}

/** The messages of `ike-messages/`, raw. */
export function bareMessageFile(): readonly BareMessage[] {
  return folder === undefined
    ? []
    : (readJson(path.join(folder, 'ike-messages', 'messages.json')) as readonly BareMessage[]);
}

function bareMessages(): readonly VectorMessage[] {
  return bareMessageFile().map(({ id, hex, tshark }) => ({
    name: id,
    octets: fromHex(hex.startsWith('00000000') ? hex.slice(8) : hex)!,
    header: tshark.ike,
    payloads: tshark.payloads,
    encryptedBody: tshark.encryptedBody ?? false,
  }));
}

interface CaptureJson {
  readonly file: string;
  readonly frames: readonly VectorFrame[];
  readonly keys?: {
    readonly ikev2Sas?: readonly Ikev2Keys[];
    readonly ikev1Sas?: readonly { readonly encKeyHex: string }[];
  };
  readonly ikev1Crypto?: VectorCapture['ikev1Crypto'];
}

function captureFolder(root: string): readonly VectorCapture[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: source }) =>
      readdirSync(path.join(root, source))
        .filter((name) => name.endsWith('.expected.json'))
        .map((name): VectorCapture => {
          const json = readJson(path.join(root, source, name)) as CaptureJson;
          return {
            name: `${source}/${json.file}`,
            file: path.join(root, source, json.file),
            frames: json.frames,
            ikev2Keys: json.keys?.ikev2Sas ?? [],
            ...(json.ikev1Crypto && { ikev1Crypto: json.ikev1Crypto }),
            ...(json.keys?.ikev1Sas?.[0] && { ikev1Key: json.keys.ikev1Sas[0].encKeyHex }),
          };
        }),
    );
}

function openswan(root: string): readonly VectorCapture[] {
  const json = readJson(path.join(root, 'expected.json')) as readonly {
    readonly pcap: string;
    readonly frames: readonly VectorFrame[];
    readonly keys: readonly Ikev2Keys[];
  }[];
  return json.map(({ pcap, frames, keys }) => ({
    name: pcap,
    file: path.join(root, 'pcap', pcap),
    frames,
    ikev2Keys: keys,
  }));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
