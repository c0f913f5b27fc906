/** Captures of other products as users see them decoded; `npm run golden` writes the texts anew. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderDecode } from '../../../src/report/decode/text.js';
import { decodeCapture } from '../../../src/services/decode/decode.js';
import { bareMessageFile, vectorCaptures } from '../../engine/wire/vectors.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { root } from '../../support/sources.js';

const folder = sharedPath('vectors', 'captures');
const keysFolder = mkdtempSync(path.join(tmpdir(), 'ipsec-vectors-'));
afterAll(() => rmSync(keysFolder, { recursive: true, force: true }));

/** With keys, then some without that show something else. */
const shown = [
  'wireshark-wiki/esp_capture_1_ipv4_transport.pcap',
  'wireshark-wiki/esp_capture_3_blowfish_twofish.pcap',
  'wireshark-wiki/ikev2_esp_natt_conn1_aes_gcm.pcap',
  'tcpdump/02-sunrise-sunset-esp.pcap',
  'tcpdump/08-sunrise-sunset-aes.pcap',
  'tcpdump/ikev2pI2.pcap',
  'wireshark-test/ikev1-certs.pcap',
  'arkime/ah-esp.pcap',
  'libreswan/02-isakmp-vid-first.pcap',
  'ndpi/ah.pcapng',
  'suricata-verify/ikev1-isakmp-main-mode.pcap',
  'suricata-verify/IKEv2_SA_INIT_2-8-weak.pcap',
  'tcpdump/esp_truncated.pcap',
  'tcpdump/isakmp-various-oobr.pcap',
  'zeek-plugin-ikev2/ikev2.pcap',
  'zeek-spicy-ipsec/ipsec-ikev1-payload-bad-length.pcap',
];

interface Expected {
  readonly keys?: object;
  readonly frames: readonly {
    readonly frame: number;
    readonly ipsec?: readonly { readonly icvGood?: unknown; readonly decrypted_data?: unknown }[];
  }[];
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(path.join(folder!, name.replace(/\.\w+$/, '.expected.json')), 'utf8')) as Expected;
}

async function decoded(name: string) {
  const { keys } = expectedOf(name);
  const table = path.join(keysFolder, 'keys.json');
  if (keys) writeFileSync(table, JSON.stringify(keys));
  return decodeCapture({ input: path.join(folder!, name), keys: keys ? [table] : [], crypto: 'node' });
}

describe.skipIf(!folder)(`captures (skipped where ${sharedMissing})`, () => {
  it.each(shown)('%s', async (name) => {
    const document = await decoded(name);
    const text = [...renderDecode({ ...document, input: { ...document.input, name } }, { width: 100 })].join('\n');
    const file = path.join(root, 'test', 'golden', 'decode', `${name.replace('/', '-')}.txt`);
    await expect(`${text.replaceAll(keysFolder, 'keys')}\n`).toMatchFileSnapshot(file);
  });

  it('ICVs are good and packets opened where tshark says so', async () => {
    let opened = 0;
    let good = 0;
    for (const name of shown.filter((each) => expectedOf(each).keys)) {
      const { sas } = await decoded(name);
      opened += sas.reduce((sum, sa) => sum + sa.opened, 0);
      good += sas.reduce((sum, sa) => sum + sa.icv.good, 0);
    }
    // 120 + 8 + 8 + 8 of ciphers that we have; the ICVs of 18 more, by Blowfish and Twofish, are good.
    expect(opened).toBe(144);
    expect(good).toBe(80 + 8 + 18);
  });
});

describe.skipIf(!folder)(`whatever there is (skipped where ${sharedMissing})`, () => {
  it.each(vectorCaptures().map(({ name, file }) => ({ name, file })))(
    '$name is decoded or refused in words',
    async ({ file }) => {
      for (const detail of [undefined, 'bytes'] as const) {
        const document = await decodeCapture({ input: file, keys: [], crypto: 'node', ...(detail ? { detail } : {}) });
        expect(document.packets.length + document.faults.length).toBeGreaterThan(0);
        for (const width of [40, 80, 200])
          for (const line of renderDecode(document, { width, verbosity: 1 }))
            expect(line).not.toMatch(/undefined|\[object|NaN/);
      }
    },
  );

  it.each(bareMessageFile().map(({ id, hex }) => ({ id, hex })))('message $id', async ({ hex }) => {
    const document = await decodeCapture({ input: hex, keys: [], crypto: 'node', detail: 'payloads' });
    expect(document.input.format).toBe('message');
    expect(document.packets).toHaveLength(1);
    expect([...renderDecode(document, { width: 80 })].join('\n')).not.toMatch(/undefined|\[object|NaN/);
  });
});
