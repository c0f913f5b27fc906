/**
 * Our policies, our IKE and the kernel's ESP and AH, on a real kernel in a guest: between two of ours, and with strongSwan. One
 * guest plays all cases, because starting it and Node in it is what takes the time.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charonMissing } from '../support/charon.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const vm = sharedPath('lab', 'kernel', 'vm');
const missing =
  vm === undefined ? sharedMissing : existsSync('/usr/bin/linux.uml') ? undefined : 'user-mode-linux is not installed';
if (missing) console.warn(`IKE with the kernel's ESP is skipped: ${missing}`);

const psk = 'kernel-Maple-Quill-31';
const root = path.resolve(import.meta.dirname, '../..');

interface Case {
  readonly name: string;
  readonly tunnel: boolean;
  readonly peer: 'ours' | 'strongswan';
  readonly left: string;
  readonly right: string;
  /** What `ip xfrm state` must show. */
  readonly shows: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly fault?: string;
  readonly up?: boolean;
  readonly received?: number;
  readonly rekeyed?: boolean;
  readonly state?: string;
  readonly protected?: number;
  readonly clear?: number;
  readonly statesLeft?: number;
  readonly blockedAfterStop?: boolean;
  readonly rolledBack?: boolean;
  readonly policiesLeft?: number;
  readonly log?: string;
}

const ends = { left: ['198.18.0.1', '198.18.1.1'], right: ['198.18.0.2', '198.18.2.1'] } as const;

function records(side: 'left' | 'right', version: 1 | 2, ike: string, action: string, tunnel: boolean): string {
  const other = side === 'left' ? 'right' : 'left';
  const [outer, inner] = ends[side];
  const [peer, behind] = ends[other];
  const policy = tunnel
    ? `add tunnel net -tsource ${outer} -tdestination ${peer} -source ${inner}/32 -destination ${behind}/32 -action ${action}
add host net -source ${inner}/32 -destination ${behind}/32 -priority 10 -tunnel net -action PASS`
    : `add host net -source ${outer}/32 -destination ${peer}/32 -priority 10 -action ${action}`;
  return `${policy}
add ikev${version} lab -remote ${peer}/32 -priority 10 ${ike} -life 28800 -pfs OFF
add auth lab -remote ${peer}/32 -priority 10 -kmp IKEV${version} ${version === 1 ? '-exchange MM' : ''} -preshared ${psk}
`;
}

function swanctl(version: 1 | 2, ike: string, esp: string, tunnel: boolean): string {
  const [outer, inner] = ends.right;
  const [peer, behind] = ends.left;
  return `connections { lab {
  version = ${version}
  local_addrs = ${outer}
  remote_addrs = ${peer}
  proposals = ${ike}
  local { auth = psk
  }
  remote { auth = psk
  }
  children { net {
    mode = ${tunnel ? 'tunnel' : 'transport'}
    ${tunnel ? `local_ts = ${inner}/32\n remote_ts = ${behind}/32` : ''}
    ${esp}
  } }
} }
secrets { ike-lab { secret = "${psk}"
} }
`;
}

const modern = '-group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256';
const sha2 = '-group 14 -encryption AES256-CBC -hash HMAC-SHA2-256 -prf HMAC-SHA2-256';
const old = '-group 2 -encryption 3DES -hash SHA1';

function between(name: string, version: 1 | 2, ike: string, action: string, tunnel: boolean, ...shows: string[]): Case {
  return {
    name,
    tunnel,
    peer: 'ours',
    left: records('left', version, ike, action, tunnel),
    right: records('right', version, ike, action, tunnel),
    shows,
  };
}

const cases: readonly Case[] = [
  between('IKEv2, AES-GCM in transport mode', 2, modern, 'ESP_AES128_GCM16', false, 'rfc4106(gcm(aes))'),
  between(
    'IKEv2, AES-CBC with SHA-2 of 128 bits in tunnel mode',
    2,
    sha2,
    'ESP_AES256_HMAC_SHA2_256',
    true,
    'hmac(sha256)',
    ' 128',
  ),
  between('IKEv2, AH in transport mode', 2, modern, 'AH_SHA1', false, 'proto ah', 'hmac(sha1)'),
  between(
    'IKEv1 Main Mode, 3DES with MD5 in transport mode',
    1,
    old,
    'ESP_3DES_HMAC_MD5',
    false,
    'cbc(des3_ede)',
    'hmac(md5)',
  ),
  {
    name: 'strongSwan by IKEv2, AES-GCM in transport mode',
    tunnel: false,
    peer: 'strongswan',
    left: records('left', 2, modern, 'ESP_AES128_GCM16', false),
    right: swanctl(2, 'aes128gcm16-prfsha256-x25519', 'esp_proposals = aes128gcm16', false),
    shows: ['rfc4106(gcm(aes))'],
  },
  {
    name: 'strongSwan by IKEv1, 3DES with MD5 in tunnel mode',
    tunnel: true,
    peer: 'strongswan',
    left: records('left', 1, old, 'ESP_3DES_HMAC_MD5', true),
    right: swanctl(1, '3des-sha1-modp1024', 'esp_proposals = 3des-md5', true),
    shows: ['hmac(md5)'],
  },
];

describe.skipIf(missing)('the kernel carries what IKE negotiates', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-kernel-'));
  const outcomes = new Map<string, Outcome>();
  const played = cases.filter(({ peer }) => peer === 'ours' || charonMissing() === undefined);

  beforeAll(() => {
    const file = path.join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(played), { mode: 0o600 });
    const guest = path.join(import.meta.dirname, 'kernel-guest.mjs');
    const program = path.join(root, 'bin', 'run.js');
    execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'ignore' });
    // Half a minute for each case on a quiet machine; what a busy one needs beyond is no fault of ours.
    const printed = execFileSync(vm!, ['run', '--timeout', '1080', '--', process.execPath, guest, program, file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    for (const line of printed.split('\n').filter((text) => text.startsWith('{'))) {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.set(outcome.name, outcome);
    }
  }, 1_140_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(played)('$name', ({ name, shows }) => {
    const outcome = outcomes.get(name);
    const said = JSON.stringify(outcome, undefined, 1);
    expect(outcome, 'the guest said nothing of it').toBeDefined();
    expect(outcome?.fault, said).toBeUndefined();
    expect(outcome, said).toMatchObject({
      up: true,
      rekeyed: true,
      received: 60,
      clear: 0,
      blockedAfterStop: true,
      statesLeft: 0,
      rolledBack: true,
      policiesLeft: 0,
    });
    expect(outcome?.protected, said).toBeGreaterThan(60);
    for (const text of shows) expect(outcome?.state).toContain(text);
    expect(said).not.toContain(psk);
  });
});
