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
  const simple = (original: SpdEntry): Planned => {
    const { action, source } = original;
    if (action.kind !== 'PROTECT') return { original, entry: original };
    if (action.populateFromPacket) lose(original, 'all its packets share SAs, which are not negotiated for each flow');
    if (!action.fallbackToClear) return { original, entry: original };
    // The kernel takes no optional template with a tunnel for what goes out (validate_tmpl of xfrm_user.c).
    if (action.bundle.some(({ mode }) => mode === 'tunnel'))
      lose(
        original,
        'its packets wait where IKE fails, and do not go in the clear: the kernel has no optional tunnels',
      );
    else optional.add(source.record);
    return { original, entry: { ...original, action: { ...action, fallbackToClear: false } } };
  };
  let spd = config.spd.map(simple);
  let forwardSpd = (config.forwardsBySpd ? [] : config.forwardSpd).map(simple);
  const host = { addresses: config.addresses, forwards: false, defaults: accept };
  // Each round takes at least one entry back, or is the last.
  for (;;) {
    const lists = { spd: spd.map(({ entry }) => entry), forwardSpd: forwardSpd.map(({ entry }) => entry) };
    const { desired, refusals } = compileXfrm({ ...config, ...lists }, host);
    if (refusals.length === 0) return { ...finished(desired, config, optional), losses, explained };
    const messages = new Map(refusals.map(({ source, message }) => [source, message]));
    const refused = [...spd, ...forwardSpd].filter(({ entry }) => reasonOf(entry, messages) !== undefined);
    if (refused.length === 0) {
      losses.push(
        ...refusals.map(({ message }): Loss => ({ effect: 'packets', message: `nothing is written: ${message}` })),
      );
      return { policies: [], sas: [], losses, explained };
    }
    // Entries may share what is refused: while one of them would protect, those that drop are not to blame.
    const protecting = refused.filter(({ entry }) => entry.action.kind === 'PROTECT');
    const taken = new Set(protecting.length > 0 ? protecting : refused);
    const without = (list: readonly Planned[]) =>
      list.flatMap((planned): readonly Planned[] => {
        if (!taken.has(planned)) return [planned];
        const { original, entry } = planned;
        const why = reasonOf(entry, messages)!;
        if (entry.action.kind === 'PROTECT') {
          lose(original, `${why}: its packets are dropped`);
          return [{ original, entry: { ...entry, action: { kind: 'DISCARD' } } }];
        }
        lose(original, `${why}: it is left out`);
        return [];
      });
    spd = without(spd);
    forwardSpd = without(forwardSpd);
  }
}

/** An entry as it is tried, and as it was. */
interface Planned {
  readonly original: SpdEntry;
  readonly entry: SpdEntry;
}

/** Why an entry is refused, for itself or for one of its templates. */
function reasonOf({ source, action }: SpdEntry, messages: ReadonlyMap<EntrySource, string>): string | undefined {
  const templates = action.kind === 'PROTECT' ? action.bundle.map((template) => template.source) : [];
  return [source, ...templates].map((each) => messages.get(each)).find((message) => message !== undefined);
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
