import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { peerProfile, peerProfiles } from '../../../src/model/peer-profile/catalogue.js';
import { patience } from '../../../src/model/peer-profile/retransmission.js';
import { withPatience } from '../../../src/services/runtime/patience.js';

describe('patience', () => {
  it('of ours is a second, doubled six times: 127 seconds in all', () => {
    expect(patience(peerProfile('ours').retransmission.value)).toBe(127_000);
  });

  it('of pluto is half a second, twice, and doubled until 64 seconds have gone by', () => {
    expect(patience(peerProfile('libreswan').retransmission.value)).toBe(64_000);
  });

  it('of charon is 165 seconds', () => {
    expect(Math.round(patience(peerProfile('strongswan').retransmission.value) / 1000)).toBe(165);
  });

  it('cut to fifteen seconds leaves three repetitions', () => {
    const { retransmission } = withPatience(peerProfile('ours'), 15_000);
    expect(retransmission.value).toMatchObject({ firstMillis: 1000, factor: 2, repetitions: 3 });
    expect(retransmission.note).toContain('15 seconds');
  });

  test.prop([fc.constantFrom(...peerProfiles), fc.integer({ min: 100, max: 3_600_000 })])(
    'never lasts longer than it may, and no wait more would fit',
    (profile, millis) => {
      const { value } = withPatience(profile, millis).retransmission;
      expect(patience(value)).toBeLessThanOrEqual(millis);
      if (value.repetitions < 30)
        expect(patience({ ...value, repetitions: value.repetitions + 1 })).toBeGreaterThan(millis);
    },
  );
});
