/** `ipsec negotiate --against` with a real charon: success, each refusal with its reason and what mends it, and silence. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NegotiationDocument } from '../../src/report/negotiation/document.js';
import { type Charon, charonMissing, startCharon } from '../support/charon.js';
import { ends, makeNamespaces, type Namespaces, namespacesMissing } from '../support/netns.js';
import { makePki } from './pki.js';
import { type Case, modernIke, modernRecord, psk, recordsOf, replaceOnce, swanctlOf } from './strongswan-case.js';

const missing = namespacesMissing() ?? charonMissing();
if (missing) console.warn(`dry runs with strongSwan are skipped: ${missing}`);

const good: Case = {
  name: 'IKEv2 PSK',
  version: 2,
  ike: modernIke,
  esp: 'aes128gcm16',
  record: modernRecord,
  action: 'ESP_AES128_GCM16',
};
const byCertificate: Case = { ...good, name: 'IKEv2 Ed25519', key: 'ed25519', method: 'DIGSIG' };
const ikev1: Case = {
  name: 'IKEv1 Main Mode',
  version: 1,
  ike: 'aes128-sha1-modp2048',
  esp: 'aes128-sha1',
  record: '-group 14 -encryption AES128-CBC -hash SHA1',
  action: 'ESP_AES128_HMAC_SHA1',
  exchange: 'MM',
};

interface Answer {
  readonly code: number;
  readonly text: string;
  readonly document: NegotiationDocument;
}

describe.skipIf(missing)('a dry run with strongSwan', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-against-'));
  let namespaces: Namespaces;
  let count = 0;
  beforeAll(() => {
    makePki(path.join(folder, 'pki'));
    namespaces = makeNamespaces();
    // strongSwan takes no policy for a network that it has no address of.
    namespaces.run('right', 'ip', 'addr', 'add', '198.18.77.1/24', 'dev', 'lo');
  });
  afterAll(async () => {
    await namespaces?.remove();
    rmSync(folder, { recursive: true });
  });

  /** Runs the command in our namespace; strongSwan's daemon is another's. */
  function ask(test: Case, ...words: string[]): Promise<Answer> {
    count += 1;
    const records = path.join(folder, `left-${count}.conf`);
    writeFileSync(records, recordsOf(test), { mode: 0o600 });
    const program = path.resolve(import.meta.dirname, '../../bin/dev.js');
    const command = [
      ...['netns', 'exec', namespaces.left, process.execPath, program, 'negotiate', records],
      ...['--against', ends.right.outer4, '--credentials', path.join(folder, 'pki', 'left'), '--json', ...words],
    ];
    return new Promise((resolve) => {
      execFile('ip', command, { timeout: 120_000 }, (error, stdout, stderr) => {
        const document = stdout.startsWith('{')
          ? (JSON.parse(stdout) as NegotiationDocument)
          : ({} as NegotiationDocument);
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: `${stdout}${stderr}`, document });
      });
    });
  }

  async function withCharon<T>(
    test: Case,
    change: readonly [string, string] | undefined,
    run: (charon: Charon) => Promise<T>,
  ) {
    const text = swanctlOf(test);
    const charon = await startCharon(namespaces, 'right', {
      swanctl: change ? replaceOnce(text, ...change) : text,
      ...(test.settings ? { settings: test.settings } : {}),
      ...(test.key ? { credentials: path.join(folder, 'pki', 'right') } : {}),
    });
    try {
      return await run(charon);
    } finally {
      await charon.stop();
    }
  }

  it.each([good, byCertificate, ikev1])('$name: it agrees, and nothing stays', (test) =>
    withCharon(test, undefined, async (charon) => {
      const { code, text, document } = await ask(test);
      expect(code, `${text}\n${charon.log().slice(-4000)}`).toBe(0);
      expect(document.runs[0]?.verdict).toMatchObject({ word: 'agreed', good: true });
      expect(document.runs[0]?.traffic).toMatchObject({
        sent: 0,
        childRekeys: 1,
        ikeRekeys: test.version === 2 ? 1 : 0,
      });
      expect(charon.log()).toMatch(/CHILD_SA net\{1\} established/);
      await expect.poll(() => charon.swanctl('--list-sas').text).toBe('');
      expect(namespaces.run('left', 'ip', 'link')).not.toContain('ipsec0');
      expect(text).not.toContain(psk);
    }),
  );

  it.each([
    {
      name: 'another key',
      change: [psk, 'another-Heron-Vale-77'],
      step: 'authentication',
      notify: 'AUTHENTICATION_FAILED',
    },
    {
      name: 'no IKE proposal in common',
      change: [modernIke, 'aes128gcm16-prfsha256-ecp384'],
      step: 'IKE proposals',
      notify: 'NO_PROPOSAL_CHOSEN',
      takes: 'AES-GCM-16-128, HMAC-SHA2-256, ECP-384',
      mends: 'add 20 to -group',
    },
    {
      name: 'no ESP proposal in common',
      change: ['esp_proposals = aes128gcm16', 'esp_proposals = aes256-sha256'],
      step: 'ESP and AH proposals',
      notify: 'NO_PROPOSAL_CHOSEN',
      takes: 'AES-CBC-256, HMAC-SHA2-256-128',
      mends: 'add ESP_AES256_HMAC_SHA2_256 to -action',
    },
    {
      name: 'selectors of other networks',
      change: ['local_ts = 198.18.2.0/24', 'local_ts = 198.18.77.0/24'],
      step: 'selectors',
      notify: 'TS_UNACCEPTABLE',
      takes: '198.18.1.0/24 to 198.18.77.0/24',
    },
  ] as const)('$name: the reason, and what the peer would take', ({ change, step, notify, ...more }) =>
    withCharon(good, change, async (charon) => {
      const { code, text, document } = await ask(good);
      expect(code, text).toBe(1);
      const [run] = document.runs;
      const said = `${text}\n${charon.log().slice(-4000)}`;
      expect(run?.verdict, said).toMatchObject({ word: 'fails', good: false, step });
      expect(run?.failure?.notify, said).toBe(notify);
      if ('takes' in more) expect(run?.verdict.text, said).toContain(`it takes ${more.takes}`);
      if ('mends' in more) expect(run?.suggestions[0]?.changes[0]?.title, said).toContain(more.mends);
      else expect(run?.suggestions).toEqual([]);
      await expect.poll(() => charon.swanctl('--list-sas').text).not.toContain('ESTABLISHED');
      expect(text).not.toContain(psk);
    }),
  );

  it('PFS that only shows when SAs are replaced', () =>
    withCharon(good, ['esp_proposals = aes128gcm16', 'esp_proposals = aes128gcm16-ecp256'], async (charon) => {
      const { code, text, document } = await ask(good);
      expect(code, `${text}\n${charon.log().slice(-4000)}`).toBe(1);
      expect(document.runs[0]?.verdict).toMatchObject({ word: 'until-rekey', good: false });
    }));

  it('nobody listens', async () => {
    const { code, text, document } = await ask(good);
    expect(code, text).toBe(1);
    expect(document.runs[0]?.verdict).toMatchObject({ word: 'fails', step: 'no answer' });
    expect(document.runs[0]?.verdict.text).toContain('ICMP port unreachable');
  });

  it('a filter swallows everything', async () => {
    namespaces.run(
      'right',
      'nft',
      'add table inet gone; add chain inet gone in { type filter hook input priority 0; policy drop; }',
    );
    try {
      const { code, text, document } = await ask(good, '--wait', '3s');
      expect(code, text).toBe(1);
      expect(document.runs[0]?.verdict.text).toContain('nothing came back in 3 seconds');
    } finally {
      namespaces.run('right', 'nft', 'delete table inet gone');
    }
  });
});
