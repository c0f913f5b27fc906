/**
 * Packets that a Linux kernel protected, by every suite that it has in common with us: they open to the datagram that was sent,
 * and where the IV is in the packet they seal to the same octets.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/engine/crypto/octets.js';
import { ahNumbers, openAh, sealAh } from '../../../src/engine/ipsec/ah.js';
import { espNumbers, openEsp, sealEsp } from '../../../src/engine/ipsec/esp.js';
import { receive } from '../../../src/engine/ipsec/inbound.js';
import { payloadInsertion } from '../../../src/engine/ipsec/ip-build.js';
import { ipProtocols } from '../../../src/engine/ipsec/packet.js';
import { createSa, type SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createSad } from '../../../src/engine/ipsec/sad.js';
import { Secret } from '../../../src/model/secret.js';
import { everything } from '../../../src/model/selector/box.js';
import { authentication, encryption } from '../../../src/model/transform.js';
import { providers } from '../crypto/support.js';
import { address, ipOf, pattern } from './support.js';

interface KernelPacket {
  readonly id: string;
  readonly protocol: 'ESP' | 'AH';
  readonly mode: 'transport' | 'tunnel';
  readonly spi: number;
  readonly source: string;
  readonly destination: string;
  readonly esn: boolean;
  readonly encryption?: string;
  readonly encryptionKey?: string;
  readonly authentication?: string;
  readonly authenticationKey?: string;
  readonly packet: string;
}

const packets = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '..', '..', 'vectors', 'esp', 'linux.json'), 'utf8'),
) as KernelPacket[];

/** The upper half of the sequence numbers of SAs with ESN. */
const esnHigh = 2n << 32n;
const sent = { sourcePort: 4000, destinationPort: 23, data: toHex(pattern(45)) };

function parametersOf(vector: KernelPacket): SaParameters {
  const isInUdp = vector.id.endsWith('-udp');
  return {
    direction: 'inbound',
    protocol: vector.protocol,
    spi: vector.spi,
    mode: vector.mode,
    local: address(vector.destination),
    remote: address(vector.source),
    selectors: everything,
    ...(vector.encryption ? { encryption: encryption(vector.encryption) } : {}),
    ...(vector.authentication ? { authentication: authentication(vector.authentication) } : {}),
    keys: {
      ...(vector.encryptionKey !== undefined ? { encryption: new Secret(fromHex(vector.encryptionKey)) } : {}),
      ...(vector.authenticationKey !== undefined
        ? { authentication: new Secret(fromHex(vector.authenticationKey)) }
        : {}),
    },
    esn: vector.esn,
    replayWindow: 64,
    limits: {},
    manual: false,
    ...(isInUdp ? { udpEncapsulation: { localPort: 4500, remotePort: 4500 } } : {}),
  };
}

describe.each(packets)('$id', (vector) => {
  it.each(providers)('by $name', (provider) => {
    const sa = createSa(parametersOf(vector), provider, 0);
    if ('why' in sa) throw new Error(sa.why);
    if (vector.esn) sa.window.top = esnHigh;
    const sad = createSad();
    sad.add(sa);
    const { result } = receive(sad, ipOf(fromHex(vector.packet)), { ike: 500, natTraversal: 4500 }, 0);
    if (result.kind !== 'opened') throw new Error(`${result.kind} ${'why' in result ? result.why : ''}`);
    const { payload, protocol, octets } = result.ip;
    expect(protocol).toBe(17);
    const view = new DataView(payload.buffer, payload.byteOffset);
    expect({
      sourcePort: view.getUint16(0),
      destinationPort: view.getUint16(2),
      data: toHex(payload.subarray(8)),
    }).toEqual(sent);
    // The same octets the other way round.
    const ip = ipOf(fromHex(vector.packet));
    const high = vector.esn ? esnHigh : 0n;
    if (sa.key.kind === 'AH') {
      const sequence = high + BigInt(ahNumbers(ip)!.sequenceLow);
      const opened = openAh(sa.key, ip, { sequence, esn: vector.esn });
      if (opened.kind !== 'opened') throw new Error(opened.why);
      const padding = ip.payload.length - opened.payload.length - 12 - sa.key.icvLength;
      const clear = ipOf(opened.octets);
      const ahAt = ip.payloadOffset;
      const insertion = { at: ahAt, nextHeaderAt: payloadInsertion(ip).nextHeaderAt, nextHeader: opened.nextHeader };
      const sealed = sealAh(sa.key, { spi: vector.spi, sequence, esn: vector.esn }, clear, insertion)!;
      // Linux pads AH to 8 octets for IPv4 as well, unless told not to, and with whatever was in its memory.
      if (padding === 0) expect(toHex(sealed)).toBe(vector.packet);
      else expect(sealed.length).toBe(fromHex(vector.packet).length - (ip.family === 4 ? padding : 0));
      return;
    }
    const esp = ip.protocol === ipProtocols.UDP ? ip.payload.subarray(8) : ip.payload;
    const sequence = high + BigInt(espNumbers(esp)!.sequenceLow);
    const opened = openEsp(sa.key, esp, { sequence, esn: vector.esn });
    if (opened.kind !== 'opened') throw new Error(opened.why);
    const iv = esp.subarray(8, 8 + sa.key.transform.ivOctets);
    const header = { spi: vector.spi, sequence, esn: vector.esn };
    expect(toHex(sealEsp(sa.key, header, opened, iv))).toBe(toHex(esp));
    if (vector.mode === 'tunnel') expect(toHex(opened.payload)).toBe(toHex(octets));
  });
});
