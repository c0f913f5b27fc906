/**
 * Our policies, our IKE and the kernel's ESP and AH, on a real kernel in a guest: between two of ours, with strongSwan and with Libreswan.
 * One guest plays all cases, because starting it and Node in it is what takes the time.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charonMissing } from '../support/charon.js';
import { guestMissing, libreswanMissing, natMissing, natModules, runInGuest } from '../support/guest.js';
import { ikeCases, psk } from './kernel/ike-cases.js';
import type { IkeCase, IkeOutcome } from './kernel/play-ike.js';
import { makePki } from './pki.js';

const missing = guestMissing();
const lacks = {
  ours: missing,
  strongswan: missing ?? charonMissing(),
  libreswan: missing ?? libreswanMissing(),
  nat: missing ?? natMissing(),
};
for (const [what, why] of Object.entries(lacks))
  if (why) console.warn(`IKE with the kernel's ESP, ${what}: skipped, ${why}`);
const lackOf = ({ peer, nat }: IkeCase) => lacks[peer] ?? (nat ? lacks.nat : undefined);

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-kernel-'));
const pki = path.join(folder, 'pki');
const only = process.env.KERNEL_CASES;
const cases = ikeCases(pki).filter(({ name }) => only === undefined || new RegExp(only).test(name));
const played = cases.filter((test) => lackOf(test) === undefined);

/** Beside what swanctl reads: our own folders of credentials, and the key of right in the form that NSS takes. */
function makeCredentials(): void {
  makePki(pki);
  for (const side of ['left', 'right']) {
    const own = path.join(pki, `our-${side}`);
    mkdirSync(own, { mode: 0o700 });
    cpSync(path.join(pki, 'ca.pem'), path.join(own, 'ca.pem'));
    cpSync(path.join(pki, side, 'x509/rsa.pem'), path.join(own, 'own.pem'));
    cpSync(path.join(pki, side, 'private/rsa.key'), path.join(own, 'own.key'));
  }
  execFileSync('openssl', [
    ...['pkcs12', '-export', '-name', 'right-rsa', '-passout', 'pass:', '-certfile', path.join(pki, 'ca.pem')],
    ...['-in', path.join(pki, 'right/x509/rsa.pem'), '-inkey', path.join(pki, 'right/private/rsa.key')],
    ...['-out', path.join(pki, 'right.p12')],
  ]);
}

describe.skipIf(missing)('the kernel carries what IKE negotiates', () => {
  const outcomes = new Map<string, IkeOutcome>();

  beforeAll(async () => {
    makeCredentials();
    const file = path.join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(played), { mode: 0o600 });
    await runInGuest('test/interop/kernel/play-ike.ts', [file], {
      // A quarter of a minute for each case on a quiet machine; what a busy one needs beyond is no fault of ours.
      timeoutSeconds: 1500,
      layers: lacks.libreswan === undefined ? ['libreswan'] : [],
      modules: natModules,
      onLine(value) {
        const outcome = value as IkeOutcome;
        outcomes.set(outcome.name, outcome);
        if (process.env.KERNEL_CASES !== undefined) console.log(JSON.stringify(outcome, undefined, 1));
      },
    });
  }, 1_560_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(played)('$name', ({ name, version, nat, shows, carriedBy }) => {
    const outcome = outcomes.get(name);
    const said = JSON.stringify(outcome, undefined, 1);
    expect(outcome, 'the guest said nothing of it').toBeDefined();
    expect(outcome?.fault, said).toBeUndefined();
    expect(outcome, said).toMatchObject({
      up: true,
      tcp: true,
      childRekeyed: true,
      ...(version === 2 ? { ikeRekeyed: true } : {}),
      ...(nat ? { followed: true } : {}),
      blockedAfterStop: true,
      statesLeft: 0,
      rolledBack: true,
      policiesLeft: 0,
    });
    // No echo is lost to a rekeying. One that left and did not arrive was lost by the guest's cable, as on a busy machine.
    const { left, right } = outcome?.seen ?? {};
    const cable = Math.abs((left?.[carriedBy] ?? 0) - (right?.[carriedBy] ?? 0));
    expect((outcome?.received ?? 0) + Math.min(cable, 2), said).toBeGreaterThanOrEqual(60);
    for (const seen of Object.values(outcome?.seen ?? {})) {
      expect(seen, said).toMatchObject({ clear: 0, clearKinds: [] });
      expect(seen[carriedBy], said).toBeGreaterThan(60);
      for (const other of ['esp', 'ah', 'espInUdp'] as const) if (other !== carriedBy) expect(seen[other]).toBe(0);
    }
    for (const text of shows) expect(outcome?.state).toContain(text);
    expect(said).not.toContain(psk);
  });
  it.skip.each(cases.filter((test) => lackOf(test) !== undefined))('$name', () => {});
});
