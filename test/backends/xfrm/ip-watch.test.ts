/** Telling others' policies from ours by what `ip xfrm monitor` prints. */
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/backends/backend.js';
import { eventsIn, type PolicyEvent } from '../../../src/backends/xfrm/ip-monitor.js';
import { watchByIp } from '../../../src/backends/xfrm/ip-watch.js';
import type { HostPolicy } from '../../../src/model/host-state.js';

const entry = (head: string, action: string, priority: number) => `${head}src 10.0.0.1/32 dst 10.0.0.2/32 uid 0
	dir out action ${action} index 4001 priority ${priority} ptype main share any flag  (0x00000000)
	lifetime config:
	  limit: soft (INF)(bytes), hard (INF)(bytes)
	  limit: soft (INF)(packets), hard (INF)(packets)
	  expire add: soft 0(sec), hard 0(sec)
	  expire use: soft 0(sec), hard 0(sec)
	lifetime current:
	  0(bytes), 0(packets)
	  add 2026-12-01 00:09:29 use -
	tmpl src 192.0.2.1 dst 192.0.2.2
		proto esp spi 0x00000000(0) reqid 7(0x00000007) mode tunnel
		level required share any
		enc-mask ffffffff auth-mask ffffffff comp-mask ffffffff
`;

const [first] = eventsIn(entry('', 'allow', 7));
const ours: HostPolicy = first!.policy;
const other = (parts: Partial<HostPolicy>): HostPolicy => ({ ...ours, ...parts });
const put = (policy: HostPolicy): PolicyEvent => ({ kind: 'put', policy });
const gone = (policy: HostPolicy): PolicyEvent => ({ kind: 'gone', policy });

/** A watch that hears what the test says. */
function watching() {
  let said: PolicyEvent[] = [];
  const watch = watchByIp({
    take: () => said.splice(0),
    close() {
      said = [];
    },
  });
  return { watch, say: (...events: PolicyEvent[]) => void said.push(...events) };
}

const replaced: Change = { object: 'policy', kind: 'replace', before: ours, after: other({ priority: 9 }) };

it('reads what the program prints', () => {
  const events = eventsIn(
    `${entry('', 'allow', 7)}${entry('Updated ', 'block', 9)}${entry('Deleted ', 'block', 9)}${entry('', 'allow', 8)}`,
  );
  expect(events.map(({ kind, policy }) => `${kind} ${policy.action} ${policy.priority} ${policy.index}`)).toEqual([
    'put allow 7 4001',
    'put block 9 4001',
    'gone block 9 4001',
    'put allow 8 4001',
  ]);
  expect(ours.templates).toHaveLength(1);
  expect(eventsIn('')).toEqual([]);
});

describe('a policy that is to be replaced', () => {
  it('is as it was looked at', () => {
    const { watch } = watching();
    expect(watch.overtaken([replaced], [ours])).toBe(-1);
    expect(watch.foreign()).toEqual([]);
  });

  it.each([
    ['changed', other({ action: 'block' })],
    ['another one', other({ index: 9 })],
  ])('is not overwritten where it is %s', (_what, theirs) => {
    const { watch } = watching();
    expect(watch.overtaken([replaced], [theirs])).toBe(0);
    expect(watch.foreign()).toEqual([theirs]);
    expect(watch.foreign()).toEqual([]);
  });

  it('is not made anew where it is gone', () => {
    const { watch } = watching();
    expect(watch.overtaken([replaced], [])).toBe(0);
    expect(watch.foreign()).toEqual([]);
  });

  it('may be one that the same list has touched before', () => {
    const { watch } = watching();
    const again: Change = { object: 'policy', kind: 'replace', before: other({ priority: 9 }), after: ours };
    expect(watch.overtaken([replaced, again], [ours])).toBe(-1);
  });
});

it('what others did between our steps, also to the very policy, is told from ours', async () => {
  const { watch, say } = watching();
  const made = other({ selector: { ...ours.selector, destination: 1 } });
  const theirs = other({ action: 'block', priority: 3 });
  say(put(theirs), put(other({ priority: 9 })), put(made), gone(made));
  const own: readonly Change[] = [
    replaced,
    { object: 'policy', kind: 'create', after: made },
    { object: 'policy', kind: 'delete', before: made },
  ];
  expect(await watch.done(own)).toBe(true);
  expect(watch.foreign()).toEqual([theirs]);
});
