/** Proofs against peers as they are configured: what a mirror cannot show. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/report/conversion.js';
import { convert } from '../../../src/services/convert/convert.js';
import { conversionDocument } from '../../../src/services/convert/document.js';
import { choosePeers } from '../../../src/services/convert/given-peers.js';
import { prove } from '../../../src/services/convert/prove.js';
import { folderWith } from '../../support/folder.js';
import { schemaValidator } from '../../support/schema.js';

const key = 'Plover-Sand-77';
const records = `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 -action ESP_AES128_HMAC_SHA1
add ikev2 b -remote 10.2.2.2/32 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -life 28800
add auth b -remote 10.2.2.2/32 -preshared ${key} -kmp IKEV2
`;

/** The other side in strongSwan's words. */
function swanctl(proposals: string, { local = '10.2.2.2', remote = '10.1.1.1', secret = key } = {}): string {
  return `connections {
  a {
    version = 2
    proposals = ${proposals}
    local_addrs = ${local}
    remote_addrs = ${remote}
    local { auth = psk
    }
    remote { auth = psk
    }
    children { a {
      mode = transport
      esp_proposals = aes128-sha1
      start_action = trap
    } }
  }
}
secrets { ike-b { secret = "${secret}"
} }
`;
}

async function proofWith(input: string, to: string, partners: Readonly<Record<string, string>>, name = 'ours.conf') {
  const folder = folderWith({
    [name]: input,
    ...Object.fromEntries(Object.entries(partners).map(([peer, text]) => [`${peer}/swanctl.conf`, text])),
  });
  const conversion = await convert({ input: path.join(folder, name), to });
  const peers = await choosePeers(
    Object.keys(partners).map((peer) => path.join(folder, peer, 'swanctl.conf')),
    {},
  );
  const proof = await prove(conversion, { seed: '1', beginsAt: new Date('2026-11-30T00:00:00Z'), peers });
  const document = conversionDocument(conversion, undefined, proof);
  return { proof, document, lines: [...renderReport(document)] };
}

describe('a proof with the peer’s own file', () => {
  it('says what comes about, and needs no mirror of that peer', async () => {
    const { document, lines } = await proofWith(records, 'libreswan', { partner: swanctl('aes128-sha1-modp2048') });
    expect(document.proof).toMatchObject({ proved: true, peers: 1 });
    expect(document.proof!.negotiations.map(({ given, initiator, works }) => [given, initiator, works])).toEqual([
      [true, 'system', true],
      [true, 'peer', true],
    ]);
    expect(lines.filter((line) => line.startsWith('negotiation'))).toEqual([
      'negotiation with partner, started by the system, for TCP 10.1.1.1:49152 > 10.2.2.2:443: works in both forms',
      'negotiation with partner, started by the peer, for TCP 10.2.2.2:49152 > 10.1.1.1:443: works in both forms',
    ]);
    const validate = schemaValidator('conversion-v1');
    expect(validate({ schemaVersion: 1, ...JSON.parse(JSON.stringify(document)) })).toBe(true);
    expect(JSON.stringify(document)).not.toContain(key);
  });

  it('shows that both forms fail alike, and why', async () => {
    const { document, lines } = await proofWith(records, 'libreswan', { partner: swanctl('aes256-sha256-modp2048') });
    expect(document.proof).toMatchObject({ proved: true });
    expect(document.proof!.negotiations.every(({ works }) => !works)).toBe(true);
    expect(lines.filter((line) => line.includes('in both forms fails: '))).toHaveLength(2);
  });

  it('finds what a mirror cannot: the peer wants what the conversion lost', async () => {
    // Libreswan 4.10 has no MODP-1024; a mirror agrees on the first proposal and notices nothing.
    const ours = swanctl('aes128-sha1-modp2048, aes128-sha1-modp1024', { local: '10.1.1.1', remote: '10.2.2.2' });
    const partner = swanctl('aes128-sha1-modp1024');
    const alone = await proofWith(ours, 'libreswan@4.10', {}, 'swanctl.conf');
    expect(alone.document.proof).toMatchObject({ proved: true, peers: 1 });
    const { document } = await proofWith(ours, 'libreswan@4.10', { partner }, 'swanctl.conf');
    expect(document.proof!.proved).toBe(false);
    expect(document.proof!.negotiations[0]).toMatchObject({
      given: true,
      works: true,
      differences: [{ what: 'outcome', before: 'works', after: expect.stringMatching(/^fails: /) }],
    });
  });

  it('proves nothing with a peer that has nothing to do with the system', async () => {
    const partner = swanctl('aes128-sha1-modp2048', { local: '10.8.8.8', remote: '10.9.9.9' });
    const { document } = await proofWith(records, 'swanctl', { partner });
    // The mirror of the real one is still there.
    expect(document.proof).toMatchObject({ proved: false, peers: 2 });
    expect(document.proof!.notes).toContain(
      'partner and the original protect nothing between them: nothing was negotiated with it',
    );
  });

  it('takes several, under names that differ', async () => {
    const two = records.replaceAll('10.2.2.2/32', '10.2.2.0/24');
    const { document } = await proofWith(two, 'swanctl', {
      one: swanctl('aes128-sha1-modp2048'),
      two: swanctl('aes128-sha1-modp2048', { local: '10.2.2.3', secret: 'Other-Sand-78' }),
    });
    const [one, other] = ['one', 'two'].map((name) =>
      document.proof!.negotiations.filter(({ peer }) => peer === name).map(({ works }) => works),
    );
    expect(one).toContain(true);
    expect(other).not.toContain(true);
    expect(other!.length).toBeGreaterThan(0);
  });

  it('gives peers of one name others', async () => {
    const folder = folderWith({ 'swanctl.conf': swanctl('aes128-sha1-modp2048') });
    const file = path.join(folder, 'swanctl.conf');
    const peers = await choosePeers([file, file], {});
    expect(peers.map(({ name, config }) => [name === config.name, name.endsWith('#2')])).toEqual([
      [true, false],
      [true, true],
    ]);
  });

  it('takes one system from each', async () => {
    const folder = folderWith({ 'hosts/a/a.conf': records, 'hosts/b/b.conf': records });
    await expect(choosePeers([folder], {})).rejects.toThrow('holds 2 systems');
  });
});
