/**
 * What a kernel must hold for a configuration, for writers of its policies as text. The same code puts policies into the
 * kernel, so that the order is worked out once; what a kernel cannot do becomes a loss here, and its packets are dropped.
 */
import { compileXfrm } from '../../backends/xfrm/compile.js';
import type { RecordRef } from '../../model/finding.js';
import { type HostPolicy, type HostSa, type HostState, policyKey } from '../../model/host-state.js';
import type { EntrySource, SpdEntry, SystemConfig } from '../../model/system-config.js';
import type { Loss } from '../dialect.js';

export interface KernelPlan {
  /** In the order in which they are looked at. */
  readonly policies: readonly HostPolicy[];
  readonly sas: readonly HostSa[];
  readonly losses: readonly Loss[];
  /** Entries of the original that a loss is about already. */
  readonly explained: ReadonlySet<SpdEntry>;
}

/** Policies that one port range is written out into. */
export const expandedPortsMax = 64;

const accept = { in: 'accept', out: 'accept', fwd: 'accept' } as const;

/** Plans. Entries that a kernel refuses are dropped packets; those that cannot even be that are left out. */
export function planKernel(config: SystemConfig): KernelPlan {
  const losses: Loss[] = [];
  const explained = new Set<SpdEntry>();
  const lose = (entry: SpdEntry, message: string) => {
    losses.push({ effect: 'packets', message: `${entry.source.record.name}: ${message}`, source: entry.source });
    explained.add(entry);
  };
  const optional = new Set<RecordRef>();
  const lists = { spd: config.spd, forwardSpd: config.forwardsBySpd ? [] : config.forwardSpd };
  const origins = new Map<EntrySource, SpdEntry>();
  const simple = (list: readonly SpdEntry[]) =>
    list.map((entry) => {
      origins.set(entry.source, entry);
      if (entry.action.kind !== 'PROTECT') return entry;
      for (const template of entry.action.bundle)
        if (!origins.has(template.source)) origins.set(template.source, entry);
      if (entry.action.populateFromPacket)
        lose(entry, 'all its packets share SAs, which are not negotiated for each flow');
      if (!entry.action.fallbackToClear) return entry;
      optional.add(entry.source.record);
      return { ...entry, action: { ...entry.action, fallbackToClear: false } };
    });
  let spd = simple(lists.spd);
  let forwardSpd = simple(lists.forwardSpd);
  const host = { addresses: config.addresses, forwards: false, defaults: accept };
  // Each round takes at least one entry back, or is the last.
  for (;;) {
    const { desired, refusals } = compileXfrm({ ...config, spd, forwardSpd }, host);
    if (refusals.length === 0) return { ...finished(desired, config, optional), losses, explained };
    const refused = new Map(
      refusals.flatMap(({ source, message }) => {
        const entry = origins.get(source);
        return entry ? [[entry.source, message] as const] : [];
      }),
    );
    if (refused.size === 0) {
      losses.push(
        ...refusals.map(({ message }): Loss => ({ effect: 'packets', message: `nothing is written: ${message}` })),
      );
      return { policies: [], sas: [], losses, explained };
    }
    const without = (list: readonly SpdEntry[]) =>
      list.flatMap((entry): readonly SpdEntry[] => {
        const why = refused.get(entry.source);
        if (why === undefined) return [entry];
        const original = origins.get(entry.source)!;
        if (entry.action.kind === 'PROTECT') {
          lose(original, `${why}: its packets are dropped`);
          return [{ ...entry, action: { kind: 'DISCARD' } }];
        }
        lose(original, `${why}: it is left out`);
        return [];
      });
    spd = without(spd);
    forwardSpd = without(forwardSpd);
  }
}

/** By priority, with policies for what is forwarded where one list is for that too, and with optional SAs marked. */
function finished(
  { policies, sas }: HostState,
  { forwardsBySpd }: SystemConfig,
  optional: ReadonlySet<RecordRef>,
): Pick<KernelPlan, 'policies' | 'sas'> {
  // What comes out of an SA to be forwarded must meet a policy for it (net/xfrm/xfrm_policy.c).
  const forwarded = forwardsBySpd
    ? policies.flatMap((policy): readonly HostPolicy[] =>
        policy.direction === 'in' && policy.record?.name !== 'ike' ? [{ ...policy, direction: 'fwd' }] : [],
      )
    : [];
  const known = new Set<string>();
  const reqids = new Map<number, number>();
  const numbered = (reqid: number) => {
    const number = reqids.get(reqid) ?? reqids.size + 1;
    reqids.set(reqid, number);
    return number;
  };
  const order = { out: 0, in: 1, fwd: 2 } as const;
  const all = [...policies, ...forwarded]
    .filter((policy) => {
      const key = policyKey(policy);
      return !known.has(key) && known.add(key);
    })
    .map((policy) => ({
      ...policy,
      templates: policy.templates.map((template) => ({
        ...template,
        reqid: template.reqid === 0 ? 0 : numbered(template.reqid),
        optional: policy.record !== undefined && optional.has(policy.record),
      })),
    }))
    .sort((a, b) => a.priority - b.priority || order[a.direction] - order[b.direction]);
  return { policies: all, sas: sas.map((sa) => ({ ...sa, reqid: numbered(sa.reqid) })) };
}

/** Values of a port that agree with it in the bits of a mask; undefined where there are more than `most`. */
export function portsOfMask(
  value: number,
  mask: number,
  most = expandedPortsMax,
): readonly number[] | 'any' | undefined {
  if (mask === 0) return 'any';
  const count = (~mask & 0xffff) + 1;
  if (count > most) return undefined;
  return Array.from({ length: count }, (_, index) => value + index);
}
