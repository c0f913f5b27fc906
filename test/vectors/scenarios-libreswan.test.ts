/** Scenarios of libreswan’s test suite, whose outcome is recorded: read by our readers and replayed by the simulator. */
import { beforeAll, describe, expect, it } from 'vitest';
import { documentedReport, readCheckedList, reportOf } from '../support/replay/checked-list.js';
import { type Engines, loadEngines } from '../support/replay/lab.js';
import { compareStatus, readLibreswanScenarios, replayLibreswan } from '../support/replay/libreswan.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const folder = sharedPath('vectors', 'libreswan');
const list = readCheckedList();
const classes = ['A-negotiation', 'B-pki-semantics', 'C-eap-xauth', 'D-platform-or-timing'];
const scenarios = folder === undefined ? [] : readLibreswanScenarios(folder).filter(({ klass }) => classes.includes(klass));

describe.skipIf(folder === undefined)(`scenarios${folder === undefined ? ` (${sharedMissing})` : ''}`, () => {
  let engines: Engines;
  beforeAll(async () => {
    engines = await loadEngines();
  }, 60_000);

  describe.each(classes)('%s', (klass) => {
    const ofClass = scenarios.filter((scenario) => scenario.klass === klass);
    const listed = list.notReplayed['libreswan']?.[klass] ?? {};
    const nameOf = ({ id }: { readonly id: string }) => id.replace(/^libreswan:/, '');

    it.each(ofClass.filter((scenario) => !(nameOf(scenario) in listed)))('$id comes out as it is recorded', (scenario) => {
      expect(replayLibreswan(engines, folder!, scenario).differences).toEqual([]);
    });

    it.each(ofClass.filter((scenario) => nameOf(scenario) in listed))('$id cannot, as the list says', (scenario) => {
      expect(list.reasons[listed[nameOf(scenario)]!], 'its reason').toBeTruthy();
      const { differences } = replayLibreswan(engines, folder!, scenario);
      expect(differences.length, 'differences: where there are none any more, take it from the list').toBeGreaterThan(0);
    });

    it('has every scenario of the list', () => {
      const names = new Set(ofClass.map(nameOf));
      expect(Object.keys(listed).filter((name) => !names.has(name))).toEqual([]);
    });
  });

  it('are read as pluto shows its connections: versions, lifetimes, PFS, modes, narrowing, compression, sequence numbers', () => {
    const found = scenarios.map((scenario) => compareStatus(folder!, scenario));
    expect(found.flatMap(({ differences }) => differences)).toEqual([]);
    expect(found.reduce((sum, { shown }) => sum + shown, 0)).toBeGreaterThan(1000);
  });

  it('are told of in docs/scenarios.md', () => {
    const counts = classes.map((klass) => ({
      klass,
      all: scenarios.filter((scenario) => scenario.klass === klass).length,
    }));
    const report = reportOf('libreswan', counts, list);
    expect(documentedReport('libreswan', report)).toBe(report);
  });
});
