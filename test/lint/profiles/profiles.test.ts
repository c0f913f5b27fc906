import { describe, expect, it } from 'vitest';
import {
  activeProfiles,
  cite,
  guidanceOf,
  inForce,
  lifetimeCeiling,
  objections,
} from '../../../src/lint/profiles/active.js';
import { findProfile, profiles, unknownProfile } from '../../../src/lint/profiles/catalogue.js';
import { requirementLevel } from '../../../src/lint/profiles/levels.js';
import type { AlgorithmSlot } from '../../../src/lint/profiles/profile.js';
import { severityOf, worst } from '../../../src/lint/profiles/severity.js';
import { rules } from '../../../src/lint/registry.js';
import {
  authenticationTransforms,
  encryptionTransforms,
  keyExchangeTransforms,
  prfTransforms,
} from '../../../src/model/transform.js';
import { testSettings } from '../../support/lint.js';

const names = (list: readonly { readonly name: string }[]) => new Set(list.map(({ name }) => name));
const tables: Readonly<Record<AlgorithmSlot, ReadonlySet<string>>> = {
  'ike-encryption': names(encryptionTransforms),
  'child-encryption': names(encryptionTransforms),
  'ike-integrity': names(authenticationTransforms),
  'child-integrity': names(authenticationTransforms),
  'ike-prf': names(prfTransforms),
  'key-exchange': names(keyExchangeTransforms),
};
const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

describe.each(profiles.map((profile) => [profile.name, profile] as const))('profile %s', (name, profile) => {
  it('says what it is', () => {
    expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    for (const text of [profile.title, profile.edition, profile.citation, profile.summary]) expect(text).not.toBe('');
  });

  it('has dates that can be compared as text, and periods that begin before they end', () => {
    for (const { since, until } of [...profile.severities, ...profile.demands]) {
      for (const day of [since, until]) if (day !== undefined) expect(day).toMatch(date);
      if (since !== undefined && until !== undefined) expect(since <= until).toBe(true);
    }
  });

  it('names only rules and algorithms that exist', () => {
    for (const { code, section } of profile.severities) {
      expect(
        rules.map((rule) => rule.code),
        code,
      ).toContain(code);
      expect(section).not.toBe('');
    }
    for (const demand of profile.demands) {
      expect(demand.section).not.toBe('');
      if (demand.kind !== 'algorithms') continue;
      const listed = demand.approved ?? demand.refused ?? [];
      expect(listed.length).toBeGreaterThan(0);
      for (const algorithm of listed) expect(tables[demand.slot], algorithm).toContain(algorithm);
    }
  });

  it('leaves something to choose in each slot, on every day', () => {
    for (const asOf of ['2024-06-01', '2026-11-01', '2030-01-01', '2040-01-01']) {
      const active = activeProfiles([name], asOf);
      for (const [slot, table] of Object.entries(tables) as [AlgorithmSlot, ReadonlySet<string>][]) {
        expect([...table].filter((algorithm) => objections(active, slot, algorithm).length === 0)).not.toEqual([]);
      }
    }
  });
});

describe('dates', () => {
  it('count on the first and on the last day', () => {
    const period = { since: '2026-01-01', until: '2029-12-31' };
    expect(['2025-12-31', '2026-01-01', '2029-12-31', '2030-01-01'].map((day) => inForce(period, day))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(inForce({}, '1990-01-01')).toBe(true);
  });

  it('turn the wish for quantum safety of CNSA 2.0 into a demand', () => {
    const on = (day: string) =>
      activeProfiles(['cnsa2'], day)
        .demands('post-quantum')
        .map(({ severity }) => severity);
    expect(on('2025-12-31')).toEqual([]);
    expect(on('2026-01-01')).toEqual(['warning']);
    expect(on('2029-12-31')).toEqual(['warning']);
    expect(on('2030-01-01')).toEqual(['error']);
  });

  it('let NIST disallow 3DES from 2024 on', () => {
    const rule = { code: 'CRY002', severity: 'warning' } as const;
    expect(severityOf(rule, activeProfiles(['nist-800-77r1'], '2023-12-31'))).toBe('warning');
    expect(severityOf(rule, activeProfiles(['nist-800-77r1'], '2024-01-01'))).toBe('error');
  });

  it('end classical key exchange alone for the BSI', () => {
    const on = (day: string) => activeProfiles(['bsi-tr-02102-3'], day).demands('post-quantum').length;
    expect([on('2031-12-31'), on('2032-01-01')]).toEqual([0, 1]);
  });
});

describe('active profiles', () => {
  const titles = (list: readonly string[]) => activeProfiles(list, '2026-11-01').profiles.map(({ name }) => name);

  it('are the default one where none is named', () => {
    expect(titles([])).toEqual(['rfc']);
  });

  it('count once, in any case, and unknown ones count for nothing', () => {
    expect(titles(['STIG', 'stig', 'nonsense', 'cnsa1'])).toEqual(['stig', 'cnsa1']);
  });

  it('are worked out once for a run', () => {
    expect(guidanceOf(testSettings)).toBe(guidanceOf(testSettings));
    expect(guidanceOf({ ...testSettings, profiles: ['stig'] })).not.toBe(guidanceOf(testSettings));
  });

  it('give the strictest ceiling with who demands it', () => {
    const active = activeProfiles(['nist-800-77r1', 'bsi-tr-02102-3', 'stig'], '2026-11-01');
    expect(lifetimeCeiling(active, 'child')).toMatchObject({ secondsMax: 14400, by: { name: 'bsi-tr-02102-3' } });
    expect(lifetimeCeiling(active, 'ike')).toMatchObject({ secondsMax: 28800, by: { name: 'stig' } });
    expect(lifetimeCeiling(activeProfiles([], '2026-11-01'), 'ike')).toBeUndefined();
  });

  it('object to an algorithm each for itself', () => {
    const active = activeProfiles(['cnsa1', 'stig', 'nist-800-77r1'], '2026-11-01');
    const by = (slot: AlgorithmSlot, name: string) => objections(active, slot, name).map((demand) => demand.by.name);
    expect(by('key-exchange', 'ECP-384')).toEqual([]);
    expect(by('key-exchange', 'ECP-256')).toEqual(['cnsa1']);
    expect(by('key-exchange', 'MODP-2048')).toEqual(['cnsa1', 'stig']);
    expect(by('child-encryption', 'AES-CBC-128')).toEqual(['cnsa1', 'stig']);
    expect(by('child-encryption', 'CHACHA20-POLY1305')).toEqual(['cnsa1', 'stig', 'nist-800-77r1']);
    // The same answer from memory.
    expect(objections(active, 'key-exchange', 'ECP-256')).toBe(objections(active, 'key-exchange', 'ECP-256'));
  });

  it('say what could not be compared with the publication', () => {
    const [demand] = activeProfiles(['bsi-tr-02102-3'], '2026-11-01').demands('lifetime');
    expect(cite(demand!)).toBe('BSI TR-02102-3, version 2026-01, §2.1.2 [not compared with the published text]');
    const [other] = activeProfiles(['stig'], '2026-11-01').demands('anti-replay');
    expect(cite(other!)).toBe('DISA VPN SRG, version 3 release 4, V-207212');
  });
});

describe('severity', () => {
  const rule = { code: 'PQC001', severity: 'info' } as const;

  it('is the rule’s own where no profile rules', () => {
    expect(severityOf(rule, activeProfiles([], '2026-11-01'))).toBe('info');
  });

  it('may be off', () => {
    expect(severityOf(rule, activeProfiles(['hpux'], '2026-11-01'))).toBe('off');
  });

  it('is the strictest of several rulings', () => {
    const by = findProfile('rfc')!;
    const ruling = (severity: 'error' | 'warning' | 'info' | 'off') => ({
      ...{ code: 'X', severity, section: '1', confirmed: true, by },
    });
    const of = (...list: ('error' | 'warning' | 'info' | 'off')[]) =>
      severityOf(
        { code: 'X', severity: 'warning' },
        { profiles: [], severities: new Map([['X', list.map(ruling)]]), demands: () => [] },
      );
    expect(of('off', 'info')).toBe('info');
    expect(of('info', 'error', 'warning')).toBe('error');
    expect(of('off', 'off')).toBe('off');
  });

  it('of a list is the worst', () => {
    expect(worst(['info', 'error', 'warning'])).toBe('error');
    expect(worst([])).toBeUndefined();
  });
});

describe('names', () => {
  it('that are unknown are told with a guess', () => {
    expect(unknownProfile(['rfc', 'cnsa1'])).toBeUndefined();
    expect(unknownProfile(['rfc', 'cnsa3'])).toMatchObject({
      name: 'cnsa3',
      guess: expect.stringMatching(/^cnsa[12]$/),
    });
    expect(unknownProfile(['zzz'])).toEqual({ name: 'zzz' });
  });
});

describe('levels of the IETF', () => {
  it.each([
    ['child-encryption', '3DES-CBC', 'SHOULD NOT', 'RFC 8221 §5'],
    ['ike-encryption', '3DES-CBC', 'MAY', 'RFC 8247 §2.1'],
    ['child-encryption', 'AES-GCM-16-256', 'MUST', 'RFC 8221 §5'],
    ['ike-encryption', 'AES-GCM-16-128', 'SHOULD', 'RFC 8247 §2.1'],
    ['child-integrity', 'HMAC-SHA1-96', 'MUST-', 'RFC 8221 §6'],
    ['ike-prf', 'HMAC-MD5', 'MUST NOT', 'RFC 8247 §2.2'],
    ['key-exchange', 'MODP-1024', 'SHOULD NOT', 'RFC 8247 §2.4'],
    ['key-exchange', 'MODP-1024-S160', 'MUST NOT', 'RFC 8247 §2.4'],
  ] as const)('%s %s is %s', (slot, name, level, source) => {
    expect(requirementLevel(slot, name)).toEqual({ level, source });
  });

  it('leave out what the RFCs do not list', () => {
    expect(requirementLevel('key-exchange', 'X448')).toBeUndefined();
  });
});
