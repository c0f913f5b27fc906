/**
 * Somebody on the network, who can send from any address and has heard everything, against SAs between our runtime and strongSwan: forged
 * INITIAL_CONTACT, deletes and errors, and every packet that there was sent again. The SAs stay, and packets go on.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../backends/userspace/lab/programs.js';
import { charonMissing } from '../support/charon.js';
import { forgedV1, forgedV2 } from '../support/forged-ike.js';
import { endProcess, ends, makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import type { Order } from '../support/programs/raw-sender.js';
import { type Case, modernIke, modernRecord, replaceOnce } from './strongswan-case.js';
import { saList, startBoth } from './strongswan-run.js';
import { ping } from './traffic.js';

const missing = namespacesMissing() ?? charonMissing();
if (missing) console.warn(`abuse of SAs with strongSwan is skipped: ${missing}`);

const cases: readonly Case[] = [
  {
    name: 'IKEv2',
    version: 2,
    ike: modernIke,
    esp: 'aes128gcm16',
    record: modernRecord,
    action: 'ESP_AES128_GCM16',
  },
  {
    name: 'IKEv1',
    version: 1,
    ike: 'aes128-sha1-modp2048',
    esp: 'aes128-sha1',
    record: '-group 14 -encryption AES128-CBC -hash SHA1',
    action: 'ESP_AES128_HMAC_SHA1',
    exchange: 'MM',
  },
];
const forced = (text: string): string => replaceOnce(text, '-ltype FQDN', '-nat_traversal FORCE -ltype FQDN');

/** IP packets with UDP of a capture of Ethernet frames, from one address. */
function packetsFrom(address: string, capture: Buffer): readonly Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 24; at + 16 <= capture.length; at += 16 + capture.readUInt32LE(at + 8)) {
    const packet = capture.subarray(at + 16 + 14, at + 16 + capture.readUInt32LE(at + 8));
    if (packet[0] === 0x45 && packet[9] === 17 && packet.subarray(12, 16).join('.') === address) packets.push(packet);
  }
  return packets;
}

/** An IKE message in UDP and IPv4, as if strongSwan had sent it. */
function spoofed(message: Uint8Array, port: 500 | 4500): Buffer {
  const marker = port === 4500 ? 4 : 0;
  const packet = Buffer.alloc(28 + marker + message.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet.set([64, 17], 8);
  packet.set(ends.right.outer4.split('.').map(Number), 12);
  packet.set(ends.left.outer4.split('.').map(Number), 16);
  packet.writeUInt16BE(port, 20);
  packet.writeUInt16BE(port, 22);
  packet.writeUInt16BE(packet.length - 20, 24);
  packet.set(message, 28 + marker);
  return packet;
}

describe.skipIf(missing)('SAs with strongSwan', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-abuse-'));
  let namespaces: Namespaces;
  beforeAll(() => {
    namespaces = makeNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  it.each(cases)('$name: what others forge or send again does nothing to them', async (test) => {
    const file = path.join(folder, `${test.name}.pcap`);
    const words = ['tcpdump', '-Z', 'root', '-U', '--immediate-mode', '-n', '-i', 'wire', '-w', file, 'udp'];
    const dump = namespaces.start('left', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((done) => dump.stderr?.on('data', (text) => String(text).includes('listening') && done()));
    const run = await startBoth(namespaces, test, { folder, changeOurs: forced, dataPath: 'userspace' });
    const said = () => `${run.log().slice(-7000)}\n--- charon\n${run.charon.log().slice(-7000)}`;
    const sender = namespaces.start('right', [process.execPath, await program('test/support/programs/raw-sender.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await expect.poll(() => ping(namespaces, 'left', ['-c', '1', '-W', '1']), { timeout: 30_000 }).toBe(1);
      const answers = createInterface({ input: sender.stdout! })[Symbol.asyncIterator]();
      const send = async (packets: readonly Uint8Array[]): Promise<number> => {
        const orders = packets.map((packet): Order => ({ packet: Buffer.from(packet).toString('hex') }));
        sender.stdin!.write(`${JSON.stringify(orders)}\n`);
        return (JSON.parse((await answers.next()).value as string) as { sent: number }).sent;
      };
      const before = await saList(run.socket);
      const names = ({ ikeSas, childSas }: typeof before) => [
        ...ikeSas.map(({ id, initiatorSpi }) => `${id} ${initiatorSpi}`),
        ...childSas.map(({ id, inboundSpi, outboundSpi, state }) => `${id} ${inboundSpi} ${outboundSpi} ${state}`),
      ];
      const [ike] = before.ikeSas;
      const [child] = before.childSas;
      expect(names(before), said()).toHaveLength(2);
      const number = (text: string) => BigInt(`0x${text.replace(/^0x/, '')}`);
      const spis = { initiatorSpi: number(ike!.initiatorSpi), responderSpi: number(ike!.responderSpi) };
      const espSpis = [child!.inboundSpi, child!.outboundSpi].map((spi) => Number(number(spi)));
      const forged = (test.version === 1 ? forgedV1 : forgedV2)(spis, espSpis);
      // Twice: what is said in the clear, and the messages and packets that brought the SAs about, both to either port.
      const heard = () => packetsFrom(ends.right.outer4, readFileSync(file));
      // Two or three messages, and the answer to the echo.
      await expect.poll(() => heard().length, { timeout: 10_000 }).toBeGreaterThan(2);
      const real = heard();
      for (const packets of [
        forged.flatMap((message) => [spoofed(message, 4500), spoofed(message, 500)]),
        [...real, ...[...real].reverse()],
      ]) {
        expect(await send(packets)).toBe(packets.length);
        expect(ping(namespaces, 'left'), said()).toBe(3);
        expect(names(await saList(run.socket)), said()).toEqual(names(before));
      }
      // Nor does something that would come of it later.
      await new Promise((done) => setTimeout(done, 3_000));
      expect(ping(namespaces, 'right'), said()).toBe(3);
      expect(names(await saList(run.socket)), said()).toEqual(names(before));
      expect(run.charon.swanctl('--list-sas').text.match(/INSTALLED/g)).toHaveLength(1);
    } finally {
      await endProcess(sender);
      await endProcess(dump);
      await run.stop();
    }
  });
});
