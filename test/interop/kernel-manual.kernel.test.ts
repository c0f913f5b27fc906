/** Manual keys, ports, PASS and DISCARD on a real kernel in a guest: what is to be protected is, and nothing is left behind. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestMissing, runInGuest } from '../support/guest.js';
import type { Tried } from './kernel/attempts.js';
import { plainEnds, type Seen, type Side, sides } from './kernel/hosts.js';
import type { LacksOutcome } from './kernel/lacks.js';
import type { ManualCase, ManualOutcome } from './kernel/play-manual.js';

const missing = guestMissing();
if (missing) console.warn(`manual keys on a kernel with ESP are skipped: ${missing}`);

const { inner, outer } = plainEnds;

interface Suite {
  readonly action: string;
  readonly authenticationOctets?: number;
  readonly encryptionOctets?: number;
  /** Texts of `ip xfrm state`. */
  readonly shows: readonly string[];
}

const suites = {
  'AES-CBC with SHA-1': {
    action: 'ESP_AES128_HMAC_SHA1',
    authenticationOctets: 20,
    encryptionOctets: 16,
    shows: ['cbc(aes)', 'hmac(sha1)', ' 96'],
  },
  'AES-CBC with SHA-2 of 128 bits': {
    action: 'ESP_AES256_HMAC_SHA2_256',
    authenticationOctets: 32,
    encryptionOctets: 32,
    shows: ['cbc(aes)', 'hmac(sha256)', ' 128'],
  },
  '3DES with MD5': {
    action: 'ESP_3DES_HMAC_MD5',
    authenticationOctets: 16,
    encryptionOctets: 24,
    shows: ['cbc(des3_ede)', 'hmac(md5)'],
  },
  'NULL with SHA-1': {
    action: 'ESP_NULL_HMAC_SHA1',
    authenticationOctets: 20,
    shows: ['cipher_null', 'hmac(sha1)'],
  },
  'AH with SHA-1': { action: 'AH_SHA1', authenticationOctets: 20, shows: ['proto ah', 'hmac(sha1)'] },
  'AH with SHA-2': { action: 'AH_SHA2_256', authenticationOctets: 32, shows: ['proto ah', 'hmac(sha256)'] },
} as const satisfies Readonly<Record<string, Suite>>;

/** A key for one direction, which both sides name alike: `LEFT>RIGHT`. */
function key(suite: Suite, flow: string, spi: number): string {
  const octets = (what: string, length: number) => {
    const hex = createHash('sha512').update(`${suite.action} ${flow} ${what}`).digest('hex');
    return `0x${hex.slice(0, 2 * length)}`;
  };
  const parts = [suite.action.startsWith('AH') ? 'AH' : 'ESP', `${spi}`];
  if (suite.authenticationOctets !== undefined) parts.push(octets('authentication', suite.authenticationOctets));
  if (suite.encryptionOctets !== undefined) parts.push(octets('encryption', suite.encryptionOctets));
  return parts.join('/');
}

/** `-action … -in … -out …` of one side; `spi` and the next one are used. */
function protection(side: Side, suite: Suite, spi: number): string {
  const flows = { left: key(suite, 'left>right', spi), right: key(suite, 'right>left', spi + 1) };
  const other = side === 'left' ? 'right' : 'left';
  return `-action ${suite.action} -in ${flows[other]} -out ${flows[side]}`;
}

const spiFirst = 2_500_101;

function transport(name: string, suite: Suite): JudgedCase {
  const of = (side: Side) => {
    const other = side === 'left' ? 'right' : 'left';
    return `add host net -source ${outer[side]} -destination ${outer[other]} -priority 10 ${protection(side, suite, spiFirst)}\n`;
  };
  return { name, tunnel: false, left: of('left'), right: of('right'), ports: [7000], suite };
}

function tunnel(name: string, suite: Suite, within?: Suite): JudgedCase {
  const of = (side: Side) => {
    const other = side === 'left' ? 'right' : 'left';
    const selectors = `-source ${inner[side]} -destination ${inner[other]}`;
    const carried = within ? protection(side, within, spiFirst + 10) : '-action PASS';
    return `add tunnel net -tsource ${outer[side]} -tdestination ${outer[other]} ${selectors} ${protection(side, suite, spiFirst)}
add host net ${selectors} -priority 10 -tunnel net ${carried}
`;
  };
  const shows = within ? [...suite.shows, ...within.shows] : suite.shows;
  return { name, tunnel: true, left: of('left'), right: of('right'), ports: [7000], suite: { ...suite, shows } };
}

interface JudgedCase extends ManualCase {
  readonly suite: Suite;
}

/** TCP to port 7000 is protected, to 7001 passes, to 7002 is dropped, everything else passes. */
function byPorts(): JudgedCase {
  const suite = suites['AES-CBC with SHA-1'];
  const of = (side: Side) => {
    const other = side === 'left' ? 'right' : 'left';
    const to = (port: number) =>
      side === 'left'
        ? `-source ${outer.left} -destination ${outer.right}/32/${port} -protocol TCP`
        : `-source ${outer.right}/32/${port} -destination ${outer.left} -protocol TCP`;
    return `add host protected ${to(7000)} -priority 10 ${protection(side, suite, spiFirst)}
add host passed ${to(7001)} -priority 20 -action PASS
add host dropped -source ${outer[side]} -destination ${outer[other]} -protocol TCP -priority 30 -action DISCARD
`;
  };
  const name = 'by port: protected, passed and dropped';
  return { name, tunnel: false, left: of('left'), right: of('right'), ports: [7000, 7001, 7002], suite };
}

const cases: readonly JudgedCase[] = [
  ...(['AES-CBC with SHA-1', '3DES with MD5', 'AH with SHA-2', 'NULL with SHA-1'] as const).map((name) =>
    transport(`${name} in transport mode`, suites[name]),
  ),
  ...(['AES-CBC with SHA-2 of 128 bits', 'AH with SHA-1'] as const).map((name) =>
    tunnel(`${name} in tunnel mode`, suites[name]),
  ),
  tunnel('AH end to end inside of an ESP tunnel', suites['AES-CBC with SHA-1'], suites['AH with SHA-2']),
];
const ports = byPorts();

/** Left protects what has the mark 7, and drops the rest of it. */
function byMark(): JudgedCase {
  const made = transport('by mark: protected and dropped', suites['AES-CBC with SHA-1']);
  return { ...made, left: `${made.left.trimEnd()} -mark 7\n`, ports: [], marks: [7, 8] };
}
const marks = byMark();

function protectedOnly({ passed, seen }: Tried, suite: Suite): void {
  expect(passed).toBe(true);
  for (const side of sides) {
    const carried = suite.action.startsWith('AH') ? 'ah' : 'esp';
    const none: Partial<Seen> = { clear: 0, clearKinds: [], espInUdp: 0, [carried === 'ah' ? 'esp' : 'ah']: 0 };
    expect(seen[side]).toMatchObject(none);
    expect(seen[side][carried]).toBeGreaterThan(0);
  }
}

describe.skipIf(missing)('manual keys', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-kernel-'));
  const outcomes = new Map<string, ManualOutcome>();
  let lacking: LacksOutcome | undefined;

  beforeAll(async () => {
    const file = path.join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify([...cases, ports, marks]), { mode: 0o600 });
    await runInGuest('test/interop/kernel/play-manual.ts', [file], {
      timeoutSeconds: 900,
      onLine(value) {
        const outcome = value as ManualOutcome | LacksOutcome;
        if (outcome.name === 'lacks') lacking = outcome as LacksOutcome;
        else outcomes.set(outcome.name, outcome as ManualOutcome);
      },
    });
  }, 960_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function outcomeOf(name: string): ManualOutcome {
    const outcome = outcomes.get(name);
    expect(outcome, 'the guest said nothing of it').toBeDefined();
    expect(outcome?.fault).toBeUndefined();
    expect(outcome?.left).toEqual({ left: { states: 0, policies: 0 }, right: { states: 0, policies: 0 } });
    return outcome!;
  }

  it.each(cases)('$name', ({ name, suite }) => {
    const { echo, tcp, state } = outcomeOf(name);
    protectedOnly(echo!, suite);
    protectedOnly(tcp![7000]!, suite);
    for (const text of suite.shows) expect(state).toContain(text);
  });

  it('where the kernel lacks AH: the record is named, and nothing is touched', () => {
    const said = JSON.stringify(lacking, undefined, 1);
    expect(lacking?.fault, said).toBeUndefined();
    expect(lacking?.withoutAh, said).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/host 'second' .*AH_SHA1/),
    });
    expect(lacking?.left, said).toBe('');
  });

  it('where the kernel has no XFRM: every command says so, and what needs none goes on', () => {
    const said = JSON.stringify(lacking, undefined, 1);
    const { doctor, emit, ...others } = lacking?.withoutXfrm ?? {};
    for (const [command, { code, stderr }] of Object.entries(others)) {
      expect({ command, code, stderr }, said).toEqual({
        command,
        code: 4,
        stderr: expect.stringContaining('this kernel has no XFRM'),
      });
    }
    expect(doctor, said).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/fail +XFRM +this kernel has no XFRM/),
    });
    expect(emit, said).toMatchObject({ code: 0, stdout: expect.stringContaining('xfrm policy add src') });
  });

  it(marks.name, () => {
    const { marked, echo } = outcomeOf(marks.name);
    expect(marked![7]!.seen.left).toMatchObject({ clear: 0, ah: 0, espInUdp: 0 });
    expect(marked![7]!.seen.left.esp).toBeGreaterThan(0);
    // With another mark, and without one, nothing leaves.
    for (const { passed, seen } of [marked![8]!, echo!]) {
      expect(passed).toBe(false);
      expect(seen.left).toMatchObject({ esp: 0, clear: 0 });
    }
  });

  it(ports.name, () => {
    const { echo, tcp } = outcomeOf(ports.name);
    protectedOnly(tcp![7000]!, ports.suite);
    const passed = (tried: Tried, kind: RegExp) => {
      for (const side of sides) {
        const { esp, clear, clearKinds } = tried.seen[side];
        expect([esp, clear > 0]).toEqual([0, tried.passed]);
        for (const each of clearKinds) expect(each).toMatch(kind);
      }
    };
    expect(tcp![7001]!.passed).toBe(true);
    passed(tcp![7001]!, /^protocol 6 .*\b7001\b/);
    expect(tcp![7002]!.passed).toBe(false);
    passed(tcp![7002]!, /^never$/);
    expect(echo!.passed).toBe(true);
    passed(echo!, /^protocol 1$/);
  });
});
