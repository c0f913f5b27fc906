/** Scenarios of libreswan’s test suite, whose outcome is recorded: read by our readers and replayed by the simulator. */
import { expect, it } from 'vitest';
import { compareStatus, readLibreswanScenarios, replayLibreswan } from '../support/replay/libreswan.js';
import { describeScenarios } from '../support/replay/scenarios.js';

describeScenarios({
  product: 'libreswan',
  read: readLibreswanScenarios,
  replay: replayLibreswan,
  more(folder, scenarios) {
    it('are read as pluto shows its connections: versions, lifetimes, PFS, modes, narrowing, compression, sequence numbers', () => {
      const found = scenarios.map((scenario) => compareStatus(folder, scenario));
      expect(found.flatMap(({ differences }) => differences)).toEqual([]);
      expect(found.reduce((sum, { shown }) => sum + shown, 0)).toBeGreaterThan(1000);
    });
  },
});
