/**
 * Our runtime and strongSwan with a real NAT (nf_tables) between them: either of them behind it, both versions of IKE, with packets, and
 * with a NAT that forgets its mappings.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDaemon } from '../../src/services/runtime/control-client.js';
import { charonMissing } from '../support/charon.js';
import { behindNat, makeNattedNamespaces, type NattedNamespaces, natMissing } from '../support/nat.js';
import { ends, namespacesMissing } from '../support/netns.js';
import { type Case, modernIke, modernRecord, replaceOnce } from './strongswan-case.js';
import { established, type Run, saList, startBoth } from './strongswan-run.js';
import { ping, stream } from './traffic.js';

const missing = namespacesMissing() ?? charonMissing() ?? natMissing();
if (missing) console.warn(`NAT with strongSwan is skipped: ${missing}`);

const ikev2: Case = {
  name: 'IKEv2',
  version: 2,
  ike: modernIke,
  esp: 'aes128gcm16',
  record: modernRecord,
  action: 'ESP_AES128_GCM16',
};
const ikev1: Case = {
  name: 'IKEv1',
  version: 1,
  ike: 'aes128-sha1-modp2048',
  esp: 'aes128-sha1',
  record: '-group 14 -encryption AES128-CBC -hash SHA1',
  action: 'ESP_AES128_HMAC_SHA1',
  exchange: 'MM',
};

/** Our records when we are behind the NAT; the peer sees the NAT's address, as the records of the cases have it. */
const oursBehind = (text: string): string =>
  replaceOnce(text, `-tsource ${behindNat.seen}`, `-tsource ${behindNat.own}`);

/** Our records when the peer is behind it, and we are on the right: the two ends of each record change places. */
function theirsBehind(text: string): string {
  return text
    .replace(
      `-tsource ${ends.left.outer4} -tdestination ${ends.right.outer4}`,
      `-tsource ${ends.right.outer4} -tdestination ${behindNat.seen}`,
    )
    .replaceAll('-source 198.18.1.0/24 -destination 198.18.2.0/24', '-source 198.18.2.0/24 -destination 198.18.1.0/24')
    .replaceAll(`-remote ${ends.right.outer4}`, `-remote ${behindNat.seen}`)
    .replace(/-lid (\S+) -rtype FQDN -rid (\S+)/, '-lid $2 -rtype FQDN -rid $1');
}

/** strongSwan's configuration on the left, behind the NAT. */
function charonBehind(text: string): string {
  return text
    .replace(`local_addrs = ${ends.right.outer4}`, `local_addrs = ${behindNat.own}`)
    .replace(`remote_addrs = ${ends.left.outer4}`, `remote_addrs = ${ends.right.outer4}`)
    .replace(/local \{ ([^}]*)id = right-/, 'local { $1id = left-')
    .replace(/remote \{ ([^}]*)id = left-/, 'remote { $1id = right-')
    .replace('local_ts = 198.18.2.0/24', 'local_ts = 198.18.1.0/24')
    .replace('remote_ts = 198.18.1.0/24', 'remote_ts = 198.18.2.0/24');
}

describe.skipIf(missing).each([ikev2, ikev1])('$name through a NAT', (test) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-nat-'));
  let namespaces: NattedNamespaces;
  beforeAll(() => {
    namespaces = makeNattedNamespaces();
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  async function bothWays(said: () => string): Promise<void> {
    for (const from of ['left', 'right'] as const) {
      expect(ping(namespaces, from), said()).toBe(3);
      expect(ping(namespaces, from, ['-s', '4000']), said()).toBe(3);
      expect(await stream(namespaces, from, 300_000), said()).toBe(true);
    }
  }

  const saidBy = (run: Run) => () => `${run.log().slice(-5000)}\n--- charon\n${run.charon.log().slice(-5000)}`;

  it('with us behind it, we start, and what is known is kept alive', async () => {
    const run = await startBoth(namespaces, test, { folder, changeOurs: oursBehind, dataPath: 'userspace' });
    const said = saidBy(run);
    try {
      expect(ping(namespaces, 'left', ['-c', '1']), said()).toBe(1);
      expect((await saList(run.socket)).childSas[0], said()).toMatchObject({ udpEncapsulation: true });
      expect(run.log()).toContain('there is a NAT before this system');
      await bothWays(said);
      // An idle SA: RFC 3948 §4 wants a keepalive every 20 seconds.
      await expect.poll(() => namespaces.shortDatagrams(), { timeout: 30_000, interval: 500 }).toBeGreaterThan(0);
      expect(ping(namespaces, 'right'), said()).toBe(3);
    } finally {
      await run.stop();
    }
  });

  it('with strongSwan behind it, which starts; when the NAT forgets, we follow what is authentic', async () => {
    const run = await startBoth(namespaces, test, {
      folder,
      changeOurs: theirsBehind,
      changeTheirs: charonBehind,
      dataPath: 'userspace',
      where: 'right',
    });
    const said = saidBy(run);
    try {
      run.charon.swanctl('--initiate', '--child', 'net', '--timeout', '10');
      expect((await established(run.socket)).childSas.length, said()).toBe(1);
      await bothWays(said);
      const [before] = (await saList(run.socket)).ikeSas;
      namespaces.forget();
      // Behind the NAT somebody speaks; what comes from the new port shows where to answer.
      await expect.poll(() => ping(namespaces, 'left', ['-c', '1', '-W', '1']), { timeout: 15_000 }).toBe(1);
      expect(ping(namespaces, 'right'), said()).toBe(3);
      await bothWays(said);
      const [after] = (await saList(run.socket)).ikeSas;
      expect(after?.id, said()).toBe(before?.id);
      await callDaemon(run.socket, 'sa.flush', {});
      await expect.poll(() => run.charon.swanctl('--list-sas').text, { timeout: 15_000 }).toBe('');
    } finally {
      await run.stop();
    }
  });
});
