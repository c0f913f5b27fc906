import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateKeyBits, textBits } from '../../../src/lint/key-strength.js';
import { Secret } from '../../../src/model/secret.js';
import { seededRandom } from '../../../src/model/selector/sampling.js';
import { lintTexts } from '../../support/lint.js';
import { allTexts, strengthRules } from '../../support/strength.js';

const printable = fc.string({
  unit: fc.constantFrom(...Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at))),
  minLength: 1,
  maxLength: 128,
});

describe('the estimate', () => {
  it('is finite, not negative and at most what the characters could hold', () => {
    fc.assert(
      fc.property(printable, fc.array(fc.string({ maxLength: 12 }), { maxLength: 4 }), (key, own) => {
        const bits = textBits(key, own);
        expect(bits).toBeGreaterThanOrEqual(0);
        expect(bits).toBeLessThanOrEqual(key.length * Math.log2(95) + 1e-9);
      }),
    );
  });

  it('never throws on octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('text' as const, 'hexadecimal' as const),
        (octets, form) => {
          const bits = estimateKeyBits({ form, reference: { kind: 'literal', secret: new Secret(octets) } })!;
          expect(bits).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(bits)).toBe(true);
        },
      ),
    );
  });

  it('never falls by more than a repetition saves when a character is added', () => {
    fc.assert(
      fc.property(printable, printable, (key, more) => {
        expect(textBits(`${key}${more}`, [])).toBeGreaterThanOrEqual(0.4 * Math.min(textBits(key, []), 60) - 1);
      }),
    );
  });

  it('does not undersell what a machine made', () => {
    // Seeded: among enough random keys one looks like a pattern.
    const random = seededRandom(7);
    const octets = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
    for (let round = 0; round < 300; round += 1) {
      const hexadecimal = {
        form: 'hexadecimal' as const,
        reference: { kind: 'literal' as const, secret: new Secret(octets(16)) },
      };
      expect(estimateKeyBits(hexadecimal)).toBeGreaterThanOrEqual(112);
      expect(textBits(Buffer.from(octets(24)).toString('base64'), [])).toBeGreaterThanOrEqual(112);
    }
  });
});

describe('findings about keys', () => {
  const key = fc.string({
    unit: fc.constantFrom(...'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789#%'),
    minLength: 8,
    maxLength: 40,
  });
  const digits = fc.uint8Array({ minLength: 6, maxLength: 40 }).map((octets) => Buffer.from(octets).toString('hex'));
  const rules = strengthRules.filter(({ code }) => /^(?:AUT|IK1|CRY|PQC|PRO)/.test(code));

  it('never show the key, nor a part of it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          key,
          digits.map((text) => `0x${text}`),
        ),
        fc.boolean(),
        (secret, twice) => {
          const again = twice
            ? `\nadd auth c -remote 10.2.2.3 -priority 20 -preshared ${secret} -ppk ${secret} -ppk_id c`
            : '';
          const findings = lintTexts(
            [`add auth b -remote 10.2.0.0/16 -priority 10 -kmp IKEV2,IKEV1 -exchange AM -preshared ${secret}${again}`],
            { rules, settings: { profiles: ['nist-800-77r1', 'cnsa1'] } },
          );
          expect(findings.length).toBeGreaterThan(0);
          const shown = findings.flatMap(allTexts).join('\n');
          for (let at = 0; at + 8 <= secret.length; at += 1) expect(shown).not.toContain(secret.slice(at, at + 8));
          expect(JSON.stringify(findings.map(({ message, notes, help }) => ({ message, notes, help })))).not.toContain(
            secret,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never show a manual key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (octets) => {
        const hex = Buffer.from(octets).toString('hex');
        const findings = lintTexts(
          [
            `add host m -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action AH_SHA1 -in AH/2500101/0x${hex} -out AH/2500102/0x${hex}`,
          ],
          { rules },
        );
        expect(findings.map(({ code }) => code)).toContain('CRY023');
        expect(findings.flatMap(allTexts).join('\n')).not.toContain(hex.slice(0, 8));
      }),
      { numRuns: 30 },
    );
  });
});
