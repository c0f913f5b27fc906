/** Which facts are put into words, and at which level. */
import { describe, expect, it } from 'vitest';
import { factLine, isAudited, isWanted, logLevels } from '../../../src/services/runtime/fact-line.js';
import type { LiveFact } from '../../../src/services/runtime/live-system.js';

const address = { family: 4, value: 0xc0000201 } as const;
const remote = { address, port: 500 };
const sa = { direction: 'inbound', protocol: 'ESP', spi: 0x1000, destination: address } as const;
const source = { record: { kind: 'host', name: 'a' } };
const facts: readonly LiveFact[] = [
  { kind: 'removed', sa, why: 'it was rekeyed' },
  { kind: 'trouble', text: 'a socket' },
  { kind: 'data-path', event: { kind: 'fault', fatal: true, text: 'the device is gone' } },
  { kind: 'data-path', event: { kind: 'sa-event', event: { kind: 'icv-failure', sa, sequence: 1n } } },
  { kind: 'event', event: { kind: 'ignored', remote, why: 'it is malformed' } },
  { kind: 'event', event: { kind: 'search', list: 'PAD', key: '192.0.2.1', passedOver: [], found: source } },
  {
    kind: 'event',
    event: {
      kind: 'failed',
      failure: {
        code: 'timeout',
        attempt: 'IKE SA',
        foundBy: 'nobody',
        role: 'initiator',
        text: 'nothing',
        records: [],
      },
    },
  },
];

describe.each(
  facts.map(
    (fact) => [JSON.stringify(fact, (_, value) => (typeof value === 'bigint' ? `${value}` : value)), fact] as const,
  ),
)('%s', (_text, fact) => {
  it('is told to those who want lines of its level, and to no others', () => {
    const line = factLine(fact);
    expect(line).toBeDefined();
    for (const wanted of logLevels)
      expect(factLine(fact, wanted)).toEqual(isWanted(line!.level, wanted) ? line : undefined);
  });
});

it('what fails is for the audit, what goes its way is not', () => {
  expect(facts.map((fact) => isAudited(factLine(fact)!))).toEqual([false, true, true, true, false, false, true]);
});

it('a level takes what is graver along', () => {
  expect(logLevels.map((level) => isWanted(level, 'info'))).toEqual([true, true, true, false]);
});
