import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPlace, SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';
import { sharedMissing, sharedPath } from '../support/shared.js';

const folder = sharedPath('reference', 'hpux-examples');

describe.skipIf(!folder)(`reference examples (${folder ? 'present' : sharedMissing})`, () => {
  for (const name of folder ? readdirSync(folder).filter((file) => file.endsWith('.conf')) : []) {
    it(`reads ${name}`, () => {
      const source = new SourceText(name, readFileSync(path.join(folder!, name), 'utf8'));
      const system = loadSystem({ name, sources: [source] });
      const errors = system.problems.map((problem) => `${formatPlace(problem.at)} ${problem.code} ${problem.message}`);
      console.log(errors.join('\n'));
      expect(system.policies.operations).toBeGreaterThan(0);
    });
  }
});
