/** The cases that recorded scenarios of a product make: those that are replayed, and those of which the list says why they cannot be. */
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedMissing, sharedPath } from '../shared.js';
import { documentedReport, readCheckedList, reportOf } from './checked-list.js';
import { type Engines, loadEngines } from './lab.js';

const classes = ['A-negotiation', 'B-pki-semantics', 'C-eap-xauth', 'D-platform-or-timing'];

/** What all scenarios have. */
export interface Recorded {
  readonly id: string;
  readonly klass: string;
}

export interface ScenarioCases<Scenario extends Recorded> {
  readonly product: 'strongswan' | 'libreswan';
  /** All scenarios in the folder of the reference material. */
  read(folder: string): readonly Scenario[];
  replay(engines: Engines, folder: string, scenario: Scenario): { readonly differences: readonly string[] };
  /** Cases that only this product has. */
  more?(folder: string, scenarios: readonly Scenario[]): void;
}

/** Registers the cases with vitest; without the reference material they skip and say so. */
export function describeScenarios<Scenario extends Recorded>(cases: ScenarioCases<Scenario>): void {
  const { product } = cases;
  const folder = sharedPath('vectors', product);
  const list = readCheckedList();
  const scenarios = folder === undefined ? [] : cases.read(folder).filter(({ klass }) => classes.includes(klass));

  describe.skipIf(folder === undefined)(`scenarios${folder === undefined ? ` (${sharedMissing})` : ''}`, () => {
    let engines: Engines;
    beforeAll(async () => {
      engines = await loadEngines();
    }, 60_000);

    describe.each(classes)('%s', (klass) => {
      const ofClass = scenarios.filter((scenario) => scenario.klass === klass);
      const listed = list.notReplayed[product]?.[klass] ?? {};
      const nameOf = ({ id }: Recorded) => id.slice(`${product}:`.length);

      it.each(ofClass.filter((scenario) => !(nameOf(scenario) in listed)))(
        '$id comes out as it is recorded',
        (scenario) => {
          expect(cases.replay(engines, folder!, scenario).differences).toEqual([]);
        },
      );

      it.each(ofClass.filter((scenario) => nameOf(scenario) in listed))('$id cannot, as the list says', (scenario) => {
        expect(list.reasons[listed[nameOf(scenario)]!], 'its reason').toBeTruthy();
        const { differences } = cases.replay(engines, folder!, scenario);
        expect(differences.length, 'differences: where there are none any more, take it from the list').toBeGreaterThan(
          0,
        );
      });

      it('has every scenario of the list', () => {
        const names = new Set(ofClass.map(nameOf));
        expect(Object.keys(listed).filter((name) => !names.has(name))).toEqual([]);
      });
    });

    if (folder !== undefined) cases.more?.(folder, scenarios);

    it('are told of in docs/scenarios.md', () => {
      const counts = classes.map((klass) => ({
        klass,
        all: scenarios.filter((scenario) => scenario.klass === klass).length,
      }));
      const report = reportOf(product, counts, list);
      expect(documentedReport(product, report)).toBe(report);
    });
  });
}
