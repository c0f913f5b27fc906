/**
 * Wireshark as the judge of `--pcap` and `--keys`: tshark, given the tables, decrypts every IKE and ESP packet of a dry run,
 * finds every ICV right, and has nothing to complain of.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { writeCapture, writeKeys } from '../../../src/services/negotiate/write-keys.js';

const tshark = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
const hasTshark = tshark.status === 0;
const reason = 'skipped where tshark is not installed';

const place = mkdtempSync(path.join(tmpdir(), 'ipsec-tshark-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const beginsAt = new Date('2026-01-01T00:00:00Z');

interface Case {
  readonly name: string;
  readonly action: string;
  readonly ike: string;
  readonly auth?: string;
  readonly nat?: boolean;
  /** Words of the account that must be there. */
  readonly seen: readonly RegExp[];
}

const v2 = (words: string) => `ikev2 i -remote PEER/32 -priority 10 ${words}`;
const v1 = (words: string) => `ikev1 i -remote PEER/32 -priority 10 ${words}`;
const psk = '-preshared Judged_by_tshark';
const mainMode = `-kmp IKEV1 -exchange MM ${psk}`;
const byRsa = (own: string, other: string) =>
  `-kmp IKEV2 -local_method RSASIG -remote_method RSASIG -ltype FQDN -lid ${own} -rtype FQDN -rid ${other}`;

const cases: readonly Case[] = [
  {
    name: 'IKEv2, AES-CBC with SHA-1, no PFS',
    action: 'ESP_AES128_HMAC_SHA1/3600/0',
    ike: v2('-group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -life 7200 -pfs OFF'),
    seen: [/IKE_SA_INIT/, /IKE_AUTH/, /CREATE_CHILD_SA/, /INFORMATIONAL/],
  },
  {
    name: 'IKEv2, AES-CBC-256 with SHA2-256-128, PFS by X25519',
    action: 'ESP_AES256_HMAC_SHA2_256/3600/0',
    ike: v2('-group 31 -hash HMAC-SHA2-256 -encryption AES256-CBC -prf HMAC-SHA2-256 -life 7200 -pfs ON'),
    seen: [/CREATE_CHILD_SA/],
  },
  {
    name: 'IKEv2, AES-GCM with 16 octets of ICV',
    action: 'ESP_AES256_GCM16/3600/0',
    ike: v2('-group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -life 7200 -pfs ON'),
    seen: [/CREATE_CHILD_SA/],
  },
  {
    name: 'IKEv2, NULL with SHA2-512',
    action: 'ESP_NULL_HMAC_SHA2_512/3600/0',
    ike: v2('-group 14 -hash HMAC-SHA1 -encryption 3DES -prf HMAC-SHA1 -life 7200 -pfs OFF'),
    seen: [/CREATE_CHILD_SA/],
  },
  {
    name: 'IKEv2, 3DES with MD5',
    action: 'ESP_3DES_HMAC_MD5/3600/0',
    ike: v2('-group 2 -hash HMAC-MD5 -encryption 3DES -prf HMAC-MD5 -life 7200 -pfs OFF'),
    seen: [/CREATE_CHILD_SA/],
  },
  {
    name: 'IKEv2 in UDP through a NAT',
    action: 'ESP_AES128_HMAC_SHA2_256/3600/0',
    ike: v2('-group 14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -life 7200 -pfs OFF'),
    auth: `-kmp IKEV2 -ltype FQDN -lid OWN -rtype FQDN -rid OTHER ${psk}`,
    nat: true,
    seen: [/IKE_AUTH/],
  },
  {
    name: 'IKEv2 with certificates, in fragments',
    action: 'ESP_AES128_GCM16/3600/0',
    ike: v2('-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256 -life 7200 -pfs OFF'),
    auth: byRsa('OWN', 'OTHER'),
    seen: [/Encrypted and Authenticated Fragment/],
  },
  {
    name: 'IKEv1, Main Mode and Quick Mode, AES-CBC',
    action: 'ESP_AES128_HMAC_SHA1/3600/0',
    ike: v1('-group 14 -hash SHA1 -encryption AES128-CBC -life 7200 -pfs OFF'),
    auth: mainMode,
    seen: [/Identity Protection \(Main Mode\)/, /Quick Mode/, /Informational/],
  },
  {
    name: 'IKEv1 with PFS, 3DES and SHA2-256',
    action: 'ESP_3DES_HMAC_SHA2_256/3600/0',
    ike: v1('-group 14 -hash SHA2-256 -encryption 3DES -life 7200 -pfs ON'),
    auth: mainMode,
    seen: [/Quick Mode/, /Key Exchange/],
  },
  {
    name: 'IKEv1, Aggressive Mode',
    action: 'ESP_AES128_GCM16/3600/0',
    ike: v1('-group 14 -hash SHA1 -encryption AES256-CBC -life 7200 -pfs OFF'),
    auth: `-kmp IKEV1 -exchange AM -ltype FQDN -lid OWN -rtype FQDN -rid OTHER ${psk}`,
    seen: [/Aggressive/, /Quick Mode/],
  },
  {
    name: 'IKEv1, AH over ESP',
    action: 'AH_SHA1+ESP_3DES_HMAC_SHA1/3600/0',
    ike: v1('-group 14 -hash SHA1 -encryption 3DES -life 7200 -pfs OFF'),
    auth: mainMode,
    seen: [/Quick Mode/],
  },
];

const ends = { a: ['192.0.2.1', 'a.example'], b: ['198.51.100.2', 'b.example'] } as const;

const natAddress = '203.0.113.7';

function records({ action, ike, auth = `-kmp IKEV2 ${psk}`, nat }: Case, side: 'a' | 'b'): string {
  const [[own, ownName], [address, peerName]] = side === 'a' ? [ends.a, ends.b] : [ends.b, ends.a];
  const peer = nat && side === 'b' ? natAddress : address;
  return [
    '# ipsec-dialect: extended',
    `add host h -source ${own}/32 -destination ${peer}/32 -priority 10 -action ${action}`,
    `add ${ike.replaceAll('PEER', peer)}`,
    `add auth p -remote ${peer}/32 -priority 10 ${auth.replaceAll('OWN', ownName).replaceAll('OTHER', peerName)}`,
    '',
  ].join('\n');
}

/** A dry run of both sides as the initiator, with rekeys; its capture, and what tshark makes of it. */
async function judged(one: Case): Promise<{ readonly frames: readonly string[]; readonly packets: number }> {
  const folder = mkdtempSync(path.join(place, 'case-'));
  for (const side of ['a', 'b'] as const) writeFileSync(path.join(folder, `${side}.conf`), records(one, side));
  const { runs, document } = await negotiate({
    systems: [path.join(folder, 'a.conf'), path.join(folder, 'b.conf')],
    further: [],
    initiator: one.nat ? 'A' : 'both',
    seed: '1',
    beginsAt,
    untilMillis: 3 * 3_600_000,
    faults: { nat: one.nat ? [`A=${natAddress}`] : [] },
    profiles: [],
    detail: 'messages',
    suggest: false,
  });
  expect(document.runs.length).toBeGreaterThan(0);
  expect(document.runs.map(({ verdict }) => verdict.word)).toEqual(document.runs.map(() => 'works'));
  const capture = path.join(folder, 'capture.pcapng');
  const hosts = document.systems.map(({ name }) => name);
  const packets = writeCapture(runs, { file: capture, application: 'test', hosts, beginsAt });
  const { leftOut } = writeKeys(runs, folder);
  expect(leftOut).toEqual([]);
  const text = execFileSync(
    'tshark',
    ['-r', capture, '-V', '-o', 'esp.enable_encryption_decode:TRUE', '-o', 'esp.enable_authentication_check:TRUE'],
    {
      env: { ...process.env, WIRESHARK_CONFIG_DIR: folder },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  expect(existsSync(path.join(folder, 'esp_sa'))).toBe(true);
  return { frames: text.split(/^(?=Frame \d+: )/m).filter((frame) => frame !== ''), packets };
}

/** Why tshark has not understood a frame whole; undefined where it has. */
function complaint(frame: string): string | undefined {
  const [head] = frame.split('\n');
  const wrong = (why: string) => `${why}: ${head}`;
  const [, protocols = ''] = /\[Protocols in frame: (\S+)\]/.exec(frame) ?? [];
  if (/Malformed|Expert Info \(Error/.test(frame)) return wrong('malformed');
  if (protocols.includes('isakmp')) {
    const isSealed = /Payload: Encrypted and Authenticated/.test(frame);
    if (isSealed && !/Decrypted Data \(\d+ bytes?\)/.test(frame)) return wrong('not decrypted');
    if (isSealed && !/Integrity Checksum Data: .*\[correct\]/.test(frame)) return wrong('ICV not good');
    // What ISAKMP encrypts is shown as payloads below it once it is decrypted.
    const isEncrypted = /Encryption: Encrypted/.test(frame);
    if (isEncrypted && !/Encrypted Data \(\d+ bytes\)\n\s+Payload: /.test(frame)) return wrong('not decrypted');
    return undefined;
  }
  const isEsp = /(?:^|:)esp/.test(protocols);
  if (isEsp) {
    if (!/ESP ICV: .*\[correct\]/.test(frame)) return wrong('ICV not good');
    if (!/esp:(?:ip|ipv6|tcp|udp|icmp)/.test(protocols)) return wrong('not decrypted');
    return undefined;
  }
  // A NAT keepalive.
  return protocols.endsWith('udpencap') ? undefined : wrong(`nothing that IPsec sends (${protocols})`);
}

describe.skipIf(!hasTshark)(`tshark with the tables of --keys (${reason})`, () => {
  it.each(cases)('$name: every packet is decrypted, and every ICV is good', async (one) => {
    const { frames, packets } = await judged(one);
    expect(frames).toHaveLength(packets);
    expect(packets).toBeGreaterThan(20);
    expect(frames.flatMap((frame) => complaint(frame) ?? [])).toEqual([]);
    const all = frames.join('');
    for (const words of one.seen) expect(all).toMatch(words);
    expect(frames.filter((frame) => /^\s+ESP ICV: /m.test(frame)).length).toBeGreaterThan(10);
  });

  it('is not content with other keys', async () => {
    const { frames } = await judged(cases[0]!);
    const broken = frames.map((frame) => frame.replace('[correct]', '[incorrect, should be 00]'));
    expect(broken.flatMap((frame) => complaint(frame) ?? []).length).toBeGreaterThan(10);
  });
});
