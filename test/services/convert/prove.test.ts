/** Proofs of conversions: what is the same is proved, and what is not is shown by packets and negotiations. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/report/conversion.js';
import { convert } from '../../../src/services/convert/convert.js';
import { conversionDocument } from '../../../src/services/convert/document.js';
import { prove } from '../../../src/services/convert/prove.js';
import { folderWith } from '../../support/folder.js';
import { schemaValidator } from '../../support/schema.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';

const beginsAt = new Date('2026-11-30T00:00:00Z');

async function proofOf(text: string, to: string, name = 'a.conf') {
  const conversion = await convert({ input: path.join(folderWith({ [name]: text }), name), to });
  const proof = await prove(conversion, { seed: '1', beginsAt });
  return { conversion, proof, document: conversionDocument(conversion, undefined, proof) };
}

const ike =
  'add ikev2 b -remote 10.2.2.2/32 -group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -life 28800\n';
const auth = 'add auth b -remote 10.2.2.2/32 -preshared Plover-Sand-77 -kmp IKEV2\n';
const host = (rest: string) => `add host a -source 10.1.1.1/32 -destination 10.2.2.2/32 -priority 10 ${rest}\n`;

describe('what survives', () => {
  it.each(['swanctl', 'libreswan', 'records@extended'])('is proved to %s', async (to) => {
    const { proof, document } = await proofOf(host('-action ESP_AES128_HMAC_SHA1') + ike + auth, to);
    expect(document.proof).toMatchObject({ proved: true, packets: [], truncated: false, peers: 1 });
    expect(proof.runs.map(({ initiator, before }) => [initiator, before.word])).toEqual([
      ['system', 'works'],
      ['peer', 'works'],
    ]);
    const facts = proof.runs[0]!.after.facts;
    expect(facts.get('IKE')).toBe('IKEv2, AES-CBC-128, HMAC-SHA1-96, HMAC-SHA1, MODP-2048');
    expect(facts.get('packets of the SA')).toBe('10.1.1.1 <-> 10.2.2.2');
    const validate = schemaValidator('conversion-v1');
    expect(validate({ schemaVersion: 1, ...JSON.parse(JSON.stringify(document)) })).toBe(true);
  });

  it('is proved where strongSwan’s own order has to be overruled', async () => {
    const text = `${host('-action ESP_AES128_HMAC_SHA1').replace('10.2.2.2/32', '10.2.0.0/16')}add host b -source 10.1.1.1/32 -destination 10.2.3.0/24 -priority 20 -action DISCARD
add host default -action DISCARD\n${ike.replace('10.2.2.2/32', '10.2.0.0/16')}${auth.replace('10.2.2.2/32', '10.2.0.0/16')}`;
    const { document } = await proofOf(text, 'swanctl');
    expect(document.proof).toMatchObject({ proved: true });
  });

  it('is proved of a tunnel, with ranges of ports that are parted', async () => {
    const text = `add host a -source 10.1.0.0/16/1000-1030 -destination 10.2.0.0/16 -protocol TCP -tunnel t -priority 10 -action PASS
add tunnel t -tsource 10.1.1.1 -tdestination 10.2.2.2 -source 10.1.0.0/16/1000-1030 -destination 10.2.0.0/16 -protocol TCP -action ESP_AES256_GCM16
${ike}${auth}`;
    const { document } = await proofOf(`# ipsec-dialect: extended\n${text}`, 'swanctl');
    expect(document.proof).toMatchObject({ proved: true, peers: 1 });
  });
});

describe('what does not survive', () => {
  it('is shown by the packets that are treated otherwise', async () => {
    const { document } = await proofOf(host('-action ESP_AES128_HMAC_SHA1 -flags EXCLUSIVE') + ike + auth, 'swanctl');
    expect(document.proof!.proved).toBe(false);
    expect(document.proof!.packets).toEqual([
      {
        traffic: 'host',
        before: 'ESP_AES128_HMAC_SHA1, an SA for each flow (a)',
        after: 'aes128-sha1 (b.a)',
        // The packets of IKE itself pass in either form.
        packets: expect.arrayContaining(['protocols 0-16 10.1.1.1 <-> 10.2.2.2']),
        witness: 'outbound TCP 10.1.1.1:49152 > 10.2.2.2:443',
      },
    ]);
    expect([...renderReport(document)].at(-1)).toMatch(/^not proved: 1 set of packets /);
  });

  it('is shown by the negotiation that fails, and why', async () => {
    const { document } = await proofOf(
      host('-action ESP_AES128_HMAC_SHA1') + ike.replace('-group 14', '-group 2') + auth,
      'libreswan',
    );
    const { proved, packets, negotiations } = document.proof!;
    expect([proved, packets]).toEqual([false, []]);
    expect(negotiations[0]!.differences).toEqual([
      { what: 'outcome', before: 'works', after: expect.stringMatching(/^fails: /) },
    ]);
  });

  it('is shown of formats that leave peers to a daemon', async () => {
    const { document } = await proofOf(host('-action ESP_AES128_HMAC_SHA1') + ike + auth, 'xfrm');
    expect(document.proof!.proved).toBe(false);
  });
});

const examples = sharedPath('reference', 'hpux-examples');
/** Examples that lose something that a proof must see: flows of their own, manual keys, nesting, fallback, names of certificates. */
const unproved = /^(?:03|07|08|09|13|18|19|90)/;

describe.skipIf(examples === undefined)(
  `HP-UX examples as swanctl.conf${examples ? '' : ` (${sharedMissing})`}`,
  () => {
    it.each(examples === undefined ? [] : readdirSync(examples).filter((file) => file.endsWith('.conf')))(
      '%s is proved, or what is lost is shown',
      async (file) => {
        const conversion = await convert({ input: path.join(examples!, file), to: 'swanctl' });
        const proof = await prove(conversion, { seed: '1', beginsAt });
        expect([file, proof.isProved]).toEqual([file, !unproved.test(file)]);
        const isTold = conversion.losses.some(
          ({ effect, message }) => effect !== 'local' && !message.includes('forwards'),
        );
        if (!proof.isProved) expect(isTold).toBe(true);
      },
    );
  },
);
