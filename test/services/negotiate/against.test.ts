/**
 * `negotiate --against` over the loopback, with our own engine as the peer: what is said of each outcome, and that nothing of it stays at
 * the peer. test/interop asks strongSwan the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createNoDataPath } from '../../../src/backends/none/none.js';
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import { ikeVersions } from '../../../src/engine/versions.js';
import { parseAddress } from '../../../src/model/address.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { negotiateAgainst } from '../../../src/services/negotiate/against/against.js';
import { loadRepository } from '../../../src/services/repository/load-repository.js';
import { type LiveSystem, startLiveSystem } from '../../../src/services/runtime/live-system.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-against-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secret = 'loopback-Heron-Vale-77';
const here = `add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 10 -action ESP_AES128_GCM16
add ikev2 lab -remote 127.0.0.2 -priority 10 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote 127.0.0.2 -priority 10 -kmp IKEV2 -preshared ${secret}
`;
const there = here.replaceAll('127.0.0.1', '?').replaceAll('127.0.0.2', '127.0.0.1').replaceAll('?', '127.0.0.2');
const hereIkev1 = `add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 10 -action ESP_AES128_HMAC_SHA1
add ikev1 lab -remote 127.0.0.2 -priority 10 -group 14 -encryption AES128-CBC -hash SHA1
add auth lab -remote 127.0.0.2 -priority 10 -kmp IKEV1 -exchange MM -preshared ${secret}
`;
const thereIkev1 = hereIkev1
  .replaceAll('127.0.0.1', '?')
  .replaceAll('127.0.0.2', '127.0.0.1')
  .replaceAll('?', '127.0.0.2');

let count = 0;
function written(text: string): string {
  count += 1;
  const file = path.join(folder, `system-${count}.conf`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** A peer on a port that nobody else has; other tests run beside this one. */
async function withPeer<T>(
  text: string,
  run: (port: number, peer: LiveSystem, file: string) => Promise<T>,
): Promise<T> {
  const file = written(text);
  const repository = await loadRepository({ paths: [file] });
  const { config } = repository.systems[0]!;
  const provider = await loadNodeProvider();
  const { credentials } = loadLiveCredentials(config, provider, undefined);
  const port = 26_100 + ((process.pid * 97 + count * 13) % 6_000);
  const peer = await startLiveSystem({
    config,
    profile: peerProfile('ours'),
    provider,
    credentials,
    versions: ikeVersions,
    dataPath: createNoDataPath(),
    ports: { ike: port },
    listener() {},
  });
  try {
    return await run(port, peer, file);
  } finally {
    await peer.stop();
  }
}

interface AskOptions {
  readonly ours?: string;
  readonly theirs?: string;
  readonly patienceMillis?: number;
  readonly signal?: AbortSignal;
  readonly suggest?: boolean;
}

function ask(port: number, { ours = here, ...rest }: AskOptions = {}) {
  return negotiateAgainst({
    system: written(ours),
    peer: parseAddress('127.0.0.2')!,
    port,
    profiles: [],
    patienceMillis: 4_000,
    detail: 'messages',
    suggest: false,
    ...rest,
  });
}

describe('a peer that agrees', () => {
  it.each([
    ['IKEv2', here, there, 1, 1],
    ['IKEv1', hereIkev1, thereIkev1, 1, 0],
  ] as const)(
    'by %s: SAs come about, are replaced, and are gone again',
    (_name, ours, theirs, childRekeys, ikeRekeys) =>
      withPeer(theirs, async (port, peer) => {
        const { document, runs } = await ask(port, { ours });
        expect(document).toMatchObject({ good: true, against: { address: '127.0.0.2', port } });
        const [run] = document.runs;
        expect(run?.verdict).toMatchObject({ word: 'agreed', good: true });
        expect(run?.traffic).toMatchObject({ sent: 0, childRekeys, ikeRekeys });
        expect(run?.chosen.ike?.version).toBe(ikeRekeys === 1 ? 2 : 1);
        expect(run?.chosen.children).toHaveLength(1);
        expect(run?.sides[1]).toMatchObject({ system: '127.0.0.2', role: 'responder' });
        expect(run?.sides[1]?.view.join('\n')).toContain('says that it is IPV4 127.0.0.2');
        await expect.poll(() => peer.ikeSas().length).toBe(0);
        // The account opens in Wireshark as a dry run's does.
        expect(runs[0]?.trace.entries.some(({ kind }) => kind === 'install')).toBe(true);
        expect(JSON.stringify(document)).not.toContain(secret);
      }),
  );

  it('although the records that somebody has of it say otherwise: that is told', () =>
    withPeer(there, async (port) => {
      const theirs = written(there.replace('-group 31', '-group 19'));
      const { document } = await ask(port, { theirs });
      expect(document.runs[0]?.verdict.word).toBe('agreed');
      expect(document.runs[0]?.warnings.join()).toContain('does not run with');
    }));
});

describe('a peer that refuses', () => {
  it.each([
    ['another key', [secret, 'another-Maple-Quill-31'], 'authentication', 'AUTHENTICATION_FAILED', 'authentication'],
    [
      'no ESP proposal',
      ['ESP_AES128_GCM16', 'ESP_AES256_GCM16'],
      'ESP and AH proposals',
      'NO_PROPOSAL_CHOSEN',
      'ESP and AH proposals',
    ],
    [
      'other selectors',
      ['-destination 127.0.0.1', '-destination 127.0.0.9'],
      'selectors',
      'TS_UNACCEPTABLE',
      'policies',
    ],
  ] as const)('%s: where, and with what', (_name, [from, to], step, notify, byRecords) =>
    withPeer(there.replace(from, to), async (port, peer, file) => {
      const { document } = await ask(port);
      expect(document.good).toBe(false);
      const [run] = document.runs;
      expect(run?.verdict).toMatchObject({ word: 'fails', good: false, step });
      expect(run?.failure).toMatchObject({ notify, foundBy: expect.stringMatching(/^the peer of /) });
      expect(run?.sides[1]?.view.join('\n')).toContain(notify);
      await expect.poll(() => peer.ikeSas().length).toBe(0);
      expect(JSON.stringify(document)).not.toContain(secret);
      // With its records at hand, the reason is theirs.
      const known = await ask(port, { theirs: file });
      expect(known.document.runs[0]?.verdict).toMatchObject({ word: 'fails', step: byRecords });
      expect(known.document.runs[0]?.warnings).toEqual([]);
    }),
  );

  it.each([
    [
      'no IKE proposal',
      ['-group 31', '-group 19'],
      'IKE proposals',
      'AES-GCM-16-128, HMAC-SHA2-256, ECP-256',
      'add 19 to -group of ikev2',
    ],
    [
      'no ESP proposal',
      ['ESP_AES128_GCM16', 'ESP_AES256_GCM16'],
      'ESP and AH proposals',
      'AES-GCM-16-256',
      'add ESP_AES256_GCM16 to -action of host',
    ],
  ] as const)(
    '%s: what it would take, and the change of ours that it was seen to agree to',
    (_name, [from, to], step, takes, change) =>
      withPeer(there.replace(from, to), async (port, peer) => {
        const { document } = await ask(port, { suggest: true });
        const [run] = document.runs;
        expect(run?.verdict).toMatchObject({ word: 'fails', step });
        expect(run?.verdict.text).toContain(`it takes ${takes}`);
        expect(run?.failure?.difference).toBeDefined();
        expect(run?.suggestions[0]?.changes[0]?.title).toContain(change);
        await expect.poll(() => peer.ikeSas().length).toBe(0);
      }),
  );

  it('the rekeying only: it works until then', () =>
    withPeer(there.replace('-priority 10 -group 31', '-priority 10 -pfs ON -group 31'), async (port) => {
      const { document } = await ask(port);
      expect(document.runs[0]?.verdict).toMatchObject({ word: 'until-rekey', good: false });
    }));
});

describe('a peer that does not answer', () => {
  it('where nobody listens, the host says so at once', async () => {
    const { document } = await ask(9, { patienceMillis: 60_000 });
    expect(document.runs[0]?.verdict).toMatchObject({ word: 'fails', step: 'no answer' });
    expect(document.runs[0]?.verdict.text).toContain('ICMP port unreachable');
  });

  it('can be given up', async () => {
    const stop = new AbortController();
    stop.abort();
    const { document } = await ask(9, { signal: stop.signal });
    expect(document.good).toBe(false);
  });
});

it('says that no policy has to do with an address', async () => {
  await expect(
    negotiateAgainst({
      system: written(here),
      peer: parseAddress('127.0.0.77')!,
      port: 500,
      profiles: [],
      patienceMillis: 1000,
      detail: 'messages',
      suggest: false,
    }),
  ).rejects.toMatchObject({ name: 'UsageError', code: 'NO_SUCH_RECORD' });
});

it('says that an address is not of this host', async () => {
  const ours = here.replaceAll('127.0.0.1', '192.0.2.1');
  await expect(ask(500, { ours })).rejects.toMatchObject({ name: 'EnvironmentError', code: 'ADDRESS' });
});
