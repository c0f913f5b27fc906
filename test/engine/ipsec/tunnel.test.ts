/** ECN on leaving a tunnel: the whole table of RFC 6040 §4.2, figure 4. */
import { describe, expect, it } from 'vitest';
import { ecn, leavingEcn } from '../../../src/engine/ipsec/tunnel.js';

const { NOT_ECT, ECT_0, ECT_1, CE } = ecn;
const drop = undefined;
const outerColumns = [NOT_ECT, ECT_0, ECT_1, CE];

describe.each([
  ['Not-ECT', NOT_ECT, [NOT_ECT, NOT_ECT, NOT_ECT, drop]],
  ['ECT(0)', ECT_0, [ECT_0, ECT_0, ECT_1, CE]],
  ['ECT(1)', ECT_1, [ECT_1, ECT_1, ECT_1, CE]],
  ['CE', CE, [CE, CE, CE, CE]],
] as const)('inner %s', (_, inner, row) => {
  it.each(outerColumns.map((outer, index) => ({ outer, leaving: row[index] })))(
    'outer $outer',
    ({ outer, leaving }) => {
      expect(leavingEcn(inner, outer)).toBe(leaving);
    },
  );
});
