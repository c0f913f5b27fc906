/** Changes that may mend what keeps a Child SA from coming about, or from being replaced. */
import { mirrorEdit } from '../../../lint/mirror-record.js';
import { appendWord, editOf } from '../../../lint/pair-changes.js';
import { transformWord } from '../../../lint/pair-finding.js';
import type { Origin } from '../../../model/origin.js';
import { groupsOf, proposalsWithGroups, proposalsWithoutGroups } from '../../../model/peer/child-proposals.js';
import { mirrorBox } from '../../../model/peer/mirror.js';
import type { ChildStep, Walk } from '../../../model/peer/steps.js';
import { applyChange, type ProposalChange, smallestChanges } from '../../../model/proposal-changes.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { HostRecord, TunnelRecord } from '../../../model/record/policy.js';
import type { ChildProposal, IkePolicy, SaTemplate, SpdEntry } from '../../../model/system-config.js';
import {
  formatSelector,
  regionSelectors,
  type SelectorLists,
  type TrafficSelector,
} from '../../../model/traffic-selector.js';
import type { KeyExchangeTransform } from '../../../model/transform.js';
import type { Side } from '../plan.js';
import type { NegotiatingSystem } from '../systems.js';
import type { Change } from './change.js';
import { foreignChange } from './foreign.js';
import type { Ends } from './ike-changes.js';
import { addEntry, patchPolicy, patchTemplate } from './patches.js';
import { contextOf, ownerText, setArguments, writtenRecord, writtenValue } from './record-text.js';

const origin: Origin = { kind: 'builtin', what: 'a change that is tried' };

/** Changes for the step that a walk stumbles over. */
export function childChanges(step: ChildStep, walk: Walk, ends: Ends): Change[] {
  const { systems, initiator } = ends;
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const { initiatorTemplate: mine, flow } = walk;
  const theirs = responderTemplateOf(walk);
  switch (step.kind) {
    case 'peer-policy':
    case 'mode':
      return [
        ...modeChanges(walk, ends),
        ...[responder, initiator].flatMap((side) => {
          const other = side === 'a' ? 'b' : 'a';
          return mirrorChange(systems, side, flow[other].entry, flow[side].entry, flow[side].list.kind);
        }),
      ];
    case 'child-proposal': {
      if (!theirs) return [];
      const v1 = walk.ike?.version === 1;
      const changes = smallestChanges(
        v1 ? proposalsWithGroups(mine, walk.ike?.initiatorPolicy) : proposalsWithoutGroups(mine),
        v1 ? proposalsWithGroups(theirs, walk.ike?.responderPolicy) : proposalsWithoutGroups(theirs),
        { acceptAnyGroup: v1 && systems[responder].profile.pfsAcceptsAny.value },
      );
      if (changes.some(({ edits }) => edits.some(({ attribute }) => attribute === 'key-exchange')))
        return pfsChanges(walk, ends);
      return [changes.find(({ side }) => side === 'own'), changes.find(({ side }) => side === 'offered')].flatMap(
        (change) => {
          if (!change) return [];
          const [side, template] = change.side === 'own' ? [responder, theirs] : [initiator, mine];
          return proposalChange(systems[side], side, template, change);
        },
      );
    }
    case 'pfs':
      return pfsChanges(walk, ends);
    case 'selectors':
      return [
        ...selectorChanges(walk, ends),
        ...[responder, initiator].flatMap((side) => {
          const other = side === 'a' ? 'b' : 'a';
          return mirrorChange(systems, side, flow[other].entry, flow[side].entry, flow[side].list.kind);
        }),
      ];
    case 'configuration':
    case 'policy':
    case 'manual-keys':
    case 'lifetime':
      return [];
  }
}

function proposalChange(system: NegotiatingSystem, side: Side, template: SaTemplate, change: ProposalChange): Change {
  const record = writtenRecord(system, template.source);
  const edit = record && editOf(contextOf(system), record, change);
  const owner = ownerText(system, template.source);
  const words = change.edits.filter(({ add }) => add !== 'NONE').map(({ add }) => transformWord(add));
  const near = template.proposals[change.near];
  return {
    side,
    source: template.source,
    title: edit ? `${edit.title} ${owner}` : `let ${owner} take ${words.join(' with ')}`,
    ...(edit ? { edits: [edit.edit] } : {}),
    ...foreignChange(system, { kind: 'child-proposal', template, proposal: change.proposal }),
    patch: patchTemplate(template, ({ proposals }) => ({
      proposals: applyChange(proposals, change).map((proposal) => ({ ...near, ...proposal }) as ChildProposal),
    })),
  };
}

/** The template that the responder decides by; where it found none, the one in the same place. */
function responderTemplateOf({ responderTemplate, flow, initiator, sa }: Walk): SaTemplate | undefined {
  return responderTemplate ?? flow[initiator === 'a' ? 'b' : 'a'].templates[sa];
}

/** The mode of the other side, where a word of the configuration says it. */
function modeChanges(walk: Walk, { systems, initiator }: Ends): Change[] {
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const { initiatorTemplate: mine } = walk;
  const theirs = responderTemplateOf(walk);
  if (!theirs || mine.mode === theirs.mode) return [];
  const templates = { [initiator]: mine, [responder]: theirs } as Record<Side, SaTemplate>;
  return [responder, initiator].flatMap((side): Change[] => {
    const [template, model] = [templates[side], templates[side === 'a' ? 'b' : 'a']];
    const change = foreignChange(systems[side], { kind: 'mode', template, mode: model.mode });
    return change ? [{ side, source: template.source, ...change, patch: (config) => config }] : [];
  });
}

/** The same groups for rekeys on both sides: PFS on where it is off, or off where it is on, or one group more. */
function pfsChanges(walk: Walk, { systems, initiator }: Ends): Change[] {
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const { initiatorTemplate: mine, ike } = walk;
  const theirs = responderTemplateOf(walk);
  if (!theirs) return [];
  const sides = {
    [initiator]: { template: mine, policy: ike?.initiatorPolicy },
    [responder]: { template: theirs, policy: ike?.responderPolicy },
  } as Record<Side, { readonly template: SaTemplate; readonly policy: IkePolicy | undefined }>;
  return [responder, initiator].flatMap((side) => {
    const other = side === 'a' ? 'b' : 'a';
    const wanted = groupsOf(proposalsWithGroups(sides[other].template, sides[other].policy));
    return groupChange(systems[side], side, sides[side], wanted);
  });
}

function groupChange(
  system: NegotiatingSystem,
  side: Side,
  { template, policy }: { readonly template: SaTemplate; readonly policy: IkePolicy | undefined },
  wanted: readonly KeyExchangeTransform[],
): Change[] {
  const [group] = wanted;
  const own = groupsOf(proposalsWithGroups(template, policy));
  const foreign = foreignChange(system, { kind: 'pfs', template, ...(policy ? { policy } : {}), group });
  if (foreign) return [{ side, source: template.source, ...foreign, patch: (config) => config }];
  const patch = patchTemplate(template, () => ({ pfsGroups: { value: group ? [...own, group] : [], origin } }));
  const changes: Change[] = [];
  // Groups of their own, or those of the IKE policy and a switch.
  if (policy && !template.pfsGroups) {
    const record = writtenRecord(system, policy.source) as IkeRecord | undefined;
    const isOn = policy.pfs.value;
    const has =
      group && policy.proposals.some(({ keyExchange }) => keyExchange.some(({ name }) => name === group.name));
    if (!group || (!isOn && has)) {
      const word = group ? 'ON' : 'OFF';
      changes.push({
        side,
        source: policy.source,
        title: `turn PFS ${word.toLowerCase()} in ${ownerText(system, policy.source)}`,
        ...(record && 'pfs' in record
          ? { edits: setArguments(record, [{ name: 'pfs', origin: record.pfs.origin, value: word }]) }
          : {}),
        patch: patchPolicy(policy, () => ({ pfs: { value: group !== undefined, origin } })),
      });
    }
  }
  if (!group) {
    if (template.pfsGroups)
      changes.push({
        side,
        source: template.source,
        title: `ask for no group of its own in ${ownerText(system, template.source)}`,
        patch,
      });
    return changes;
  }
  const record = writtenRecord(system, template.source) as HostRecord | TunnelRecord | undefined;
  const list = record && 'pfsGroups' in record ? record.pfsGroups : undefined;
  const canSay = record && system.loaded.dialect === 'extended';
  const title = `take group ${group.id} for rekeys in ${ownerText(system, template.source)}`;
  if (canSay || !record)
    changes.push({
      side,
      source: template.source,
      title,
      ...(canSay
        ? {
            edits: list
              ? [
                  appendWord(
                    record,
                    { name: 'pfs_group', origin: list.origin, words: list.value.map(String), wordOf: () => undefined },
                    String(group.id),
                  ),
                ]
              : setArguments(record, [{ name: 'pfs_group', origin: undefined, value: String(group.id) }]),
          }
        : {}),
      patch,
    });
  return changes;
}

/** The selectors of one side as the mirror image of the other's. */
function selectorChanges(walk: Walk, { systems, initiator }: Ends): Change[] {
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const { initiatorTemplate: mine } = walk;
  const theirs = responderTemplateOf(walk);
  if (!theirs) return [];
  const templates = { [initiator]: mine, [responder]: theirs } as Record<Side, SaTemplate>;
  return [responder, initiator].flatMap((side): Change[] => {
    const other = side === 'a' ? 'b' : 'a';
    const [own, model] = [templates[side], templates[other]];
    const [ours, peers] = [writtenRecord(systems[side], own.source), writtenRecord(systems[other], model.source)];
    const edits = ours && peers ? selectorEdits(ours as HostRecord, peers as HostRecord) : undefined;
    if (ours && !edits) return [];
    return [
      {
        side,
        source: own.source,
        title: `select in ${ownerText(systems[side], own.source)} what ${ownerText(systems[other], model.source)} of ${systems[other].name} selects`,
        ...(edits
          ? { edits }
          : foreignChange(systems[side], { kind: 'selectors', template: own, ...wantedSelectors(model) })),
        patch: patchTemplate(own, () => ({ selectors: model.selectors.map(mirrorBox) })),
      },
    ];
  });
}

/** What the mirror image of a template selects, as lists for both ends. */
function wantedSelectors({ selectors }: SaTemplate): SelectorLists {
  const pairs = regionSelectors(selectors.map(mirrorBox));
  const list = (end: 'local' | 'remote'): TrafficSelector[] => {
    const texts = new Set<string>();
    return pairs
      .map((pair) => pair[end])
      .filter((each) => {
        const isNew = !texts.has(formatSelector(each));
        texts.add(formatSelector(each));
        return isNew;
      });
  };
  return { local: list('local'), remote: list('remote') };
}

/** One source, one destination and the protocol as the other side writes them; other forms are left to a reader. */
function selectorEdits(own: HostRecord | TunnelRecord, model: HostRecord | TunnelRecord) {
  const [source, destination] = [own.sources[0], own.destinations[0]];
  const isPlain = [own.sources, own.destinations, model.sources, model.destinations].every((list) => list.length === 1);
  const [wantedSource, wantedDestination] = [
    writtenValue(model.destinations[0]?.origin),
    writtenValue(model.sources[0]?.origin),
  ];
  if (!isPlain || !source || !destination || wantedSource === undefined || wantedDestination === undefined)
    return undefined;
  if (own.messageTypes.length > 0 || model.messageTypes.length > 0) return undefined;
  const protocol = writtenValue(model.protocol.origin);
  const hasProtocol = own.protocol.origin.kind === 'explicit';
  return setArguments(own, [
    { name: 'source', origin: source.origin, value: wantedSource },
    { name: 'destination', origin: destination.origin, value: wantedDestination },
    ...(protocol !== undefined || hasProtocol
      ? [{ name: 'protocol', origin: hasProtocol ? own.protocol.origin : undefined, value: protocol ?? 'ALL' }]
      : []),
  ]);
}

/** A policy that is the mirror image of the other side's, before the one that the packet meets now. */
function mirrorChange(
  systems: Readonly<Record<Side, NegotiatingSystem>>,
  side: Side,
  model: SpdEntry,
  meets: SpdEntry,
  list: 'host' | 'forward',
): Change[] {
  if (model.action.kind !== 'PROTECT') return [];
  const other = side === 'a' ? 'b' : 'a';
  const [system, peer] = [systems[side], systems[other]];
  const record = writtenRecord(peer, model.source);
  const priority = freePriority(system, meets);
  const edit =
    record?.kind === 'host' ? mirrorEdit(peer.loaded, record as HostRecord, system.loaded, priority) : undefined;
  const isRecords = system.loaded.files.length > 0 && record !== undefined;
  if (isRecords && !edit) return [];
  return [
    {
      side,
      title: `add the mirror image of ${ownerText(peer, model.source)} of ${peer.name}`,
      ...(edit ? { edits: [edit] } : {}),
      patch: addEntry(mirrorEntry(model, peer), list === 'forward' ? 'forwardSpd' : 'spd'),
    },
  ];
}

/** A number before an entry's, where there is one left; else what comes last is good enough. */
function freePriority({ loaded }: NegotiatingSystem, { priority }: SpdEntry): number | undefined {
  if (!priority) return undefined;
  const taken = new Set(loaded.policies.hosts.map((record) => record.priority.value));
  for (let number = priority.value - 1; number > 0 && number > priority.value - 1000; number -= 1)
    if (!taken.has(number)) return number;
  return undefined;
}

function mirrorEntry(model: SpdEntry, { name }: NegotiatingSystem): SpdEntry {
  const source = { record: { kind: model.source.record.kind, name: `${model.source.record.name} of ${name}` } };
  const { action } = model;
  if (action.kind !== 'PROTECT') return model;
  return {
    source,
    selectors: model.selectors.map(mirrorBox),
    action: {
      ...action,
      bundle: action.bundle.map(({ localEndpoint, remoteEndpoint, lists: _, ...template }) => ({
        ...template,
        source,
        selectors: template.selectors.map(mirrorBox),
        ...(remoteEndpoint ? { localEndpoint: remoteEndpoint } : {}),
        ...(localEndpoint ? { remoteEndpoint: localEndpoint } : {}),
      })),
    },
  };
}
