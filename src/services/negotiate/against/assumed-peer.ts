/**
 * What a live peer would take instead, and the peer that this makes of it. Its records are not to be had, but it answers questions: when it
 * refuses what our records offer, it is offered everything that we can do, and what it chooses of that is what it takes. A
 * system of ours the other way round, with that in place of what was refused, stands for the peer in comparisons and
 * when changes are looked for.
 */
import type { FailureCode } from '../../../engine/failure.js';
import type { ChildRequest } from '../../../engine/input.js';
import { entriesOf, type TraceEntry } from '../../../engine/sim/trace.js';
import { type Address, singleAddress } from '../../../model/address.js';
import { mirrorBox } from '../../../model/peer/mirror.js';
import { peerProfile } from '../../../model/peer-profile/catalogue.js';
import type { ChosenTransforms } from '../../../model/proposal.js';
import { fullBox, type Region } from '../../../model/selector/box.js';
import type {
  ChildProposal,
  EntrySource,
  IdentityPattern,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SaTemplate,
  SpdEntry,
  SystemConfig,
} from '../../../model/system-config.js';
import { listsRegion } from '../../../model/traffic-selector.js';
import {
  authenticationTransforms,
  encryptionTransforms,
  keyExchangeTransforms,
  prfTransforms,
} from '../../../model/transform.js';
import type { NegotiatingSystem } from '../systems.js';

/** What is asked: a system and a request that differ from ours in one thing. */
export interface Question {
  readonly config: SystemConfig;
  readonly request: ChildRequest;
}

/** What the peer was seen to take. */
export type Learned =
  | { readonly of: 'IKE' | 'CHILD'; readonly transforms: ChosenTransforms }
  /** In our local/remote terms. */
  | { readonly of: 'selectors'; readonly region: Region };

/** The question that finds out more about a refusal; undefined where none does. */
export function questionFor(code: FailureCode, { config, request }: Question): Question | undefined {
  switch (code) {
    case 'no-ike-proposal':
    case 'invalid-ke': {
      const ikePolicies = config.ikePolicies.map((policy) => (policy.version === 2 ? widePolicy(policy) : policy));
      return { config: { ...config, ikePolicies }, request };
    }
    case 'no-child-proposal':
      return asked(config, request, { proposals: wideProposals(request.template) });
    case 'selectors-unacceptable': {
      const selectors = [fullBox(request.ends.local.family)];
      // Without the packet nothing but these selectors is asked for.
      const { packet: _, ...rest } = request;
      return asked(
        config,
        { ...rest, populateFromPacket: false, entry: { ...request.entry, selectors } },
        { selectors },
      );
    }
    default:
      return undefined;
  }
}

/** What the account of the question's answer tells. */
export function learnedFrom(code: FailureCode, entries: readonly TraceEntry[]): Learned | undefined {
  for (const { event } of entriesOf(entries, 'event')) {
    if (event.kind === 'proposals' && event.role === 'initiator' && event.selection.kind === 'selected') {
      const isIke = code === 'no-ike-proposal' || code === 'invalid-ke';
      if (event.of === (isIke ? 'IKE' : 'CHILD') && code !== 'selectors-unacceptable')
        return { of: event.of, transforms: event.selection.transforms };
    }
    if (code === 'selectors-unacceptable' && event.kind === 'selectors' && event.result)
      return { of: 'selectors', region: listsRegion(event.result) };
  }
  return undefined;
}

/** The system that stands for the peer. */
export function assumedPeer(
  system: NegotiatingSystem,
  request: ChildRequest,
  peer: { readonly name: string; readonly address: Address },
  learned: Learned,
): NegotiatingSystem {
  const source: EntrySource = { record: { kind: 'answer', name: peer.name } };
  const { config } = system;
  const { local } = request.ends;
  const pad = config.pad
    .filter(({ remote }) => covers(remote, peer.address))
    .map((entry) => mirrorPad(entry, source, local));
  const ikePolicies = config.ikePolicies
    .filter(({ remote }) => covers(remote, peer.address))
    .map((policy): IkePolicy => {
      const taken = learned.of === 'IKE' && policy.version === 2 ? [ikeProposal(learned.transforms)] : policy.proposals;
      return { ...policy, source, remote: singleAddress(local), proposals: taken };
    });
  const entry = mirrorEntry(request.entry, source, learned);
  const last: SpdEntry = { source, selectors: [fullBox(4), fullBox(6)], action: { kind: 'BYPASS' } };
  return {
    name: peer.name,
    loaded: { ...system.loaded, name: peer.name, sources: [], files: [], problems: [] },
    profile: peerProfile('strict-rfc'),
    files: system.files,
    config: {
      name: peer.name,
      addresses: [peer.address],
      spd: [entry, last],
      forwardSpd: config.forwardSpd.length > 0 ? [entry, last] : [],
      pad,
      ikePolicies,
      padSearch: 'first-match',
    },
  };
}

function asked(config: SystemConfig, request: ChildRequest, change: Partial<SaTemplate>): Question {
  const { lists: _, ...rest } = request.template;
  const template: SaTemplate = { ...rest, ...change };
  const { action } = request.entry;
  if (action.kind !== 'PROTECT') return { config, request };
  const bundle = action.bundle.map((each) => (each === request.template ? template : each));
  return { config, request: { ...request, template, entry: { ...request.entry, action: { ...action, bundle } } } };
}

/** As strong as anybody still uses; weaker ones nobody should be led to. */
const strengthMin = 80;

function strong<T extends { readonly strengthBits: number }>(list: readonly T[]): T[] {
  return list.filter(({ strengthBits }) => strengthBits >= strengthMin);
}

function widePolicy(policy: IkePolicy): IkePolicy {
  const ciphers = strong(encryptionTransforms);
  const common = {
    prf: strong(prfTransforms),
    keyExchange: groupsFirst(policy, strong(keyExchangeTransforms)),
  };
  const proposals: IkeProposal[] = [
    { name: 'everything', encryption: ciphers.filter(({ icvOctets }) => icvOctets), authentication: [], ...common },
    {
      name: 'everything',
      encryption: ciphers.filter(({ icvOctets }) => !icvOctets),
      authentication: strong(authenticationTransforms),
      ...common,
    },
  ];
  return { ...policy, proposals };
}

/** The public value that goes with the question is of a group that is cheap for both sides. */
function groupsFirst<T extends { readonly id: number }>({ proposals }: IkePolicy, all: readonly T[]): T[] {
  const own = new Set(proposals.flatMap(({ keyExchange }) => keyExchange.map(({ id }) => id)));
  return [...all.filter(({ id }) => own.has(id)), ...all.filter(({ id }) => !own.has(id))];
}

function wideProposals({ proposals }: SaTemplate): ChildProposal[] {
  const [first] = proposals;
  if (!first) return [];
  const integrity = strong(authenticationTransforms);
  if (first.protocol === 'AH') return [{ ...first, name: 'everything', authentication: integrity }];
  const ciphers = strong(encryptionTransforms);
  return [
    { ...first, name: 'everything', encryption: ciphers.filter(({ icvOctets }) => icvOctets), authentication: [] },
    {
      ...first,
      name: 'everything',
      encryption: ciphers.filter(({ icvOctets }) => !icvOctets),
      authentication: integrity,
    },
  ];
}

function covers({ family, first, last }: PadEntry['remote'], address: Address): boolean {
  return family === address.family && first <= address.value && address.value <= last;
}

function mirrorPad(entry: PadEntry, source: EntrySource, own: Address): PadEntry {
  const { localId, remoteId, local: _, ...rest } = entry;
  const expected: IdentityPattern | undefined =
    localId?.value.value === undefined
      ? { kind: 'anything' }
      : { kind: 'exact', type: localId.value.type, value: localId.value.value };
  return {
    ...rest,
    source,
    remote: singleAddress(own),
    localMethod: entry.remoteMethod,
    remoteMethod: entry.localMethod,
    respondOnly: false,
    remoteId: { value: expected, origin: { kind: 'builtin', what: 'a live peer' } },
    ...identityOf(remoteId),
  };
}

/** The identity that our records expect, where it is a single one. */
function identityOf(remoteId: PadEntry['remoteId']): Pick<PadEntry, 'localId'> {
  if (remoteId?.value.kind !== 'exact') return {};
  const { type, value } = remoteId.value;
  return { localId: { value: { type, value }, origin: remoteId.origin } };
}

function ikeProposal({ encryption, integrity, prf, keyExchange }: ChosenTransforms): IkeProposal {
  return {
    name: 'taken',
    encryption: encryption ? [encryption] : [],
    authentication: integrity ? [integrity] : [],
    prf: prf ? [prf] : [],
    keyExchange: keyExchange ? [keyExchange] : [],
  };
}

function mirrorEntry(entry: SpdEntry, source: EntrySource, learned: Learned): SpdEntry {
  const { action } = entry;
  const taken = learned.of === 'selectors' ? learned.region.map(mirrorBox) : undefined;
  const selectors = taken ?? entry.selectors.map(mirrorBox);
  if (action.kind !== 'PROTECT') return entry;
  const bundle = action.bundle.map((template): SaTemplate => {
    const { localEndpoint, remoteEndpoint, lists: _, manual: __, ...rest } = template;
    return {
      ...rest,
      source,
      ...(remoteEndpoint ? { localEndpoint: remoteEndpoint } : {}),
      ...(localEndpoint ? { remoteEndpoint: localEndpoint } : {}),
      selectors: taken ?? template.selectors.map(mirrorBox),
      proposals:
        learned.of === 'CHILD'
          ? template.proposals.slice(0, 1).map((proposal) => taking(proposal, learned.transforms))
          : template.proposals,
    };
  });
  return { ...entry, source, selectors, action: { ...action, bundle } };
}

function taking(proposal: ChildProposal, { encryption, integrity, esn }: ChosenTransforms): ChildProposal {
  return {
    ...proposal,
    name: 'taken',
    encryption: encryption ? [encryption] : [],
    authentication: integrity ? [integrity] : [],
    ...(esn ? { esn: [esn] } : {}),
  };
}
