/** What a plan touches, and what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { indexFirst, makePlan, nothingOwned, type Ownership, part } from '../../src/backends/plan.js';
import { reqidFirst } from '../../src/backends/xfrm/templates.js';
import { emptyHostState, type HostPolicy, type HostSa, type HostState, noMark } from '../../src/model/host-state.js';
import { smallPolicy, smallTemplate } from './support/small-states.js';

const { selector } = smallPolicy({ priority: 1 });
const tcp = (priority: number, index = 0) => smallPolicy({ priority, index, selector: { ...selector, protocol: 6 } });
const udp = (priority: number, index = 0) => smallPolicy({ priority, index, selector: { ...selector, protocol: 17 } });
const state = (policies: readonly HostPolicy[], sas: readonly HostSa[] = []): HostState => ({
  ...emptyHostState,
  policies,
  sas,
});

const sa = (spi: number, reqid: number): HostSa => ({
  destination: { family: 4, value: 1 },
  source: { family: 4, value: 2 },
  spi,
  protocol: 50,
  reqid,
  mode: 'transport',
  mark: noMark,
  ifId: 0,
  replayWindow: 0,
  esn: false,
  flags: 0,
  extraFlags: 0,
  limits: {},
});

const owning = (...policies: readonly HostPolicy[]): Ownership => ({
  ...nothingOwned,
  policies: new Map(policies.map((policy) => [policy.index, policy])),
  reqids: new Set([reqidFirst]),
});

describe('what belongs to others', () => {
  it('is never changed, and told', () => {
    const plan = makePlan(state([tcp(5, 8), udp(6, 16)]), state([]), owning(tcp(5, 8)));
    expect(plan.changes).toEqual([{ object: 'policy', kind: 'delete', before: tcp(5, 8) }]);
    expect(plan.foreign.policies).toEqual([udp(6, 16)]);
  });

  it('is what somebody put in the place of ours', () => {
    const { ours, foreign } = part(state([tcp(5, 24)]), owning(tcp(5, 8)));
    expect(ours.policies).toEqual([]);
    expect(foreign.policies).toEqual([tcp(5, 24)]);
  });

  it('is in the way where ours should be', () => {
    const plan = makePlan(state([tcp(5, 8)]), state([tcp(9)]), nothingOwned);
    expect(plan.conflicts).toEqual([
      { object: 'policy', wanted: expect.objectContaining({ priority: 9 }), found: tcp(5, 8) },
    ]);
  });

  it('is in the way with an SPI of ours', () => {
    const plan = makePlan(state([], [sa(7, 1)]), state([], [sa(7, reqidFirst)]), nothingOwned);
    expect(plan.conflicts.map(({ object }) => object)).toEqual(['sa']);
  });

  it('is told where it comes before ours', () => {
    const ours = smallPolicy({ priority: 50, action: 'block' });
    const early = makePlan(state([tcp(5, 8)]), state([ours]), nothingOwned);
    expect(early.precedence).toEqual([{ foreign: tcp(5, 8), ours: expect.objectContaining({ priority: 50 }) }]);
    expect(makePlan(state([tcp(500, 8)]), state([ours]), nothingOwned).precedence).toEqual([]);
    const elsewhere = { ...tcp(5, 8), direction: 'in' as const };
    expect(makePlan(state([elsewhere]), state([ours]), nothingOwned).precedence).toEqual([]);
  });
});

describe('indexes', () => {
  it('are ours for what is new, and free', () => {
    const { after } = makePlan(
      state([tcp(5, indexFirst + 1)]),
      state([udp(6), smallPolicy({ priority: 7, direction: 'in' })]),
      nothingOwned,
    );
    expect(after.policies.map(({ index }) => index)).toEqual([indexFirst + 9, indexFirst + 16]);
  });

  it('stay for what is there', () => {
    const { changes } = makePlan(state([tcp(5, 808)]), state([tcp(6)]), owning(tcp(5, 808)));
    expect(changes).toEqual([{ object: 'policy', kind: 'replace', before: tcp(5, 808), after: tcp(6, 808) }]);
  });
});

describe('SAs that were negotiated', () => {
  const wanting = smallPolicy({ priority: 5, templates: [smallTemplate] });

  it('stay while a policy asks for them', () => {
    expect(
      makePlan(state([], [sa(7, reqidFirst)]), state([wanting]), owning()).changes.map(({ kind }) => kind),
    ).toEqual(['create']);
  });

  it('go with the last policy that asks for them', () => {
    const before = { ...wanting, index: 8 };
    const { changes } = makePlan(state([before], [sa(7, reqidFirst), sa(8, 1)]), state([]), owning(before));
    expect(changes).toEqual([
      { object: 'policy', kind: 'delete', before },
      { object: 'sa', kind: 'delete', before: sa(7, reqidFirst) },
    ]);
  });
});

describe('a host where nothing is protected or blocked', () => {
  it.each([
    ['with nothing at all', state([]), true],
    ['with a policy of others that lets pass', state([tcp(5, 8)]), true],
    ['with a policy of others that blocks', state([{ ...tcp(5, 8), action: 'block' }]), false],
    ['with a policy of others that protects', state([{ ...tcp(5, 8), templates: [smallTemplate] }]), false],
    [
      'that blocks what no policy takes',
      { ...state([]), defaults: { in: 'block', out: 'accept', fwd: 'accept' } },
      false,
    ],
  ] as const)('%s', (_name, current, isSo) => {
    expect(makePlan(current, state([udp(6)]), nothingOwned).startsOpen).toBe(isSo);
  });
});
