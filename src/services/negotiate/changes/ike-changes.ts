/** Changes that may mend what keeps an IKE SA from coming about. */

import { utf8 } from '../../../engine/wire/codec.js';
import { appendWord, ikeArgument } from '../../../lint/pair-changes.js';
import { transformWord } from '../../../lint/pair-finding.js';
import { type Address, formatAddress } from '../../../model/address.js';
import type { TextEdit } from '../../../model/finding.js';
import type { Origin } from '../../../model/origin.js';
import { addressIdentity, formatIdentity } from '../../../model/peer/identity.js';
import type { IkeStep, Walk } from '../../../model/peer/steps.js';
import { applyChange, type ProposalChange, smallestChanges } from '../../../model/proposal-changes.js';
import type { AuthRecord } from '../../../model/record/auth.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import { allRecords } from '../../../model/resolve.js';
import type { Identity, IdentityPattern, IkePolicy, IkeProposal, PadEntry } from '../../../model/system-config.js';
import type { Side } from '../plan.js';
import type { NegotiatingSystem } from '../systems.js';
import type { Change } from './change.js';
import { foreignChange } from './foreign.js';
import { patchPad, patchPolicy } from './patches.js';
import {
  addStatement,
  argumentsOf,
  freeName,
  ownerText,
  setArguments,
  writtenRecord,
  writtenValue,
} from './record-text.js';

export interface Ends {
  /** By side. */
  readonly systems: Readonly<Record<Side, NegotiatingSystem>>;
  readonly initiator: Side;
}

const origin: Origin = { kind: 'builtin', what: 'a change that is tried' };

/** Changes for the step that a walk stumbles over. */
export function ikeChanges(step: IkeStep, walk: Walk, { systems, initiator }: Ends): Change[] {
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const { ike } = walk;
  const pads = { [initiator]: ike?.initiatorPad, [responder]: ike?.responderPad } as Record<Side, PadEntry | undefined>;
  const each = (make: (side: Side, own: PadEntry, other: PadEntry) => Change | undefined): Change[] =>
    [responder, initiator].flatMap((side) => {
      const [own, other] = [pads[side], pads[side === 'a' ? 'b' : 'a']];
      return own && other ? (make(side, own, other) ?? []) : [];
    });
  switch (step.kind) {
    case 'version':
      return each((side, own, other) =>
        versionChange(systems[side], side, own, other, step.version, side === responder),
      );
    case 'exchange':
      return each((side, own, other) => exchangeChange(systems[side], side, own, other));
    case 'method':
      return each((side, own, other) => methodChange(systems[side], side, own, other));
    case 'identity': {
      const sender = step.sender === 'initiator' ? initiator : responder;
      const addresses = { [initiator]: walk.initiatorAddress, [responder]: walk.responderAddress };
      return identityChanges(systems, sender, pads, step.sent, addresses);
    }
    case 'preshared-key':
      return [
        // Secrets that belong to identities are not found under another one.
        ...(['a', 'b'] as const).flatMap((sender) => {
          const [sent, expected] = [pads[sender]?.localId?.value, pads[sender === 'a' ? 'b' : 'a']?.remoteId?.value];
          const wanted = onlyIdentity(expected);
          const differs = sent && wanted && (sent.type !== wanted.type || sent.value !== wanted.value);
          return differs ? identityChanges(systems, sender, pads, sent) : [];
        }),
        ...each((side, own, other) =>
          presharedKeyChange(systems[side], systems[side === 'a' ? 'b' : 'a'], side, own, other),
        ),
      ];
    case 'ike-proposal': {
      if (!ike?.initiatorPolicy || !ike.responderPolicy) return [];
      const copies = policyCopies(systems, walk, { initiator: ike.initiatorPolicy, responder: ike.responderPolicy });
      return copies.length > 0 ? copies : proposalChanges(systems, initiator, ike.initiatorPolicy, ike.responderPolicy);
    }
    case 'pad':
    case 'peer-pad':
      return padChanges(systems, walk, step.kind === 'pad' ? initiator : responder, pads);
    case 'initiate':
    case 'ike-policy':
      return [];
  }
}

function versionChange(
  system: NegotiatingSystem,
  side: Side,
  own: PadEntry,
  other: PadEntry,
  version: 1 | 2,
  isResponder: boolean,
): Change | undefined {
  // The responder takes the initiator's version too; the initiator starts with one that the responder takes.
  const wanted = isResponder ? version : other.ikeVersions.value[0];
  if (!wanted) return undefined;
  const rest = own.ikeVersions.value.filter((each) => each !== wanted);
  const versions = isResponder ? [...rest, wanted] : [wanted, ...rest];
  const record = writtenRecord(system, own.source) as AuthRecord | undefined;
  const words = versions.map((each) => `IKEV${each}`).join(',');
  return {
    side,
    source: own.source,
    title: isResponder
      ? `let ${ownerText(system, own.source)} answer IKEv${wanted} too`
      : `start with IKEv${wanted} in ${ownerText(system, own.source)}`,
    ...(record?.kind === 'auth'
      ? { edits: setArguments(record, [{ name: 'kmp', origin: record.kmp.origin, value: words }]) }
      : foreignChange(system, { kind: 'ike-versions', pad: own, versions })),
    patch: patchPad(own, { ikeVersions: { value: versions, origin } }),
  };
}

function exchangeChange(system: NegotiatingSystem, side: Side, own: PadEntry, other: PadEntry): Change {
  const { value } = other.exchange;
  const record = writtenRecord(system, own.source) as AuthRecord | undefined;
  const word = value === 'main' ? 'MM' : 'AM';
  return {
    side,
    source: own.source,
    title: `use ${value === 'main' ? 'Main' : 'Aggressive'} Mode in ${ownerText(system, own.source)}`,
    ...(record?.kind === 'auth'
      ? { edits: setArguments(record, [{ name: 'exchange', origin: record.exchange.origin, value: word }]) }
      : foreignChange(system, { kind: 'exchange', pad: own, exchange: value })),
    patch: patchPad(own, { exchange: { value, origin } }),
  };
}

function methodChange(system: NegotiatingSystem, side: Side, own: PadEntry, other: PadEntry): Change | undefined {
  const [local, remote] = [other.remoteMethod.value, other.localMethod.value];
  const record = writtenRecord(system, own.source) as AuthRecord | undefined;
  const needsKey = (local === 'PSK' || remote === 'PSK') && !own.presharedKey;
  const key = needsKey ? other.presharedKey : undefined;
  if (needsKey && !key) return undefined;
  const keyText = needsKey ? writtenValue(key?.origin) : undefined;
  return {
    side,
    source: own.source,
    title: `authenticate by ${local === remote ? local : `${local} and ${remote}`} in ${ownerText(system, own.source)}${needsKey ? ', with the other side’s key' : ''}`,
    ...(record?.kind === 'auth' && (!needsKey || keyText !== undefined)
      ? {
          edits: setArguments(record, [
            { name: 'local_method', origin: explicit(record.localMethod.origin), value: local },
            { name: 'remote_method', origin: explicit(record.remoteMethod.origin), value: remote },
            ...(keyText === undefined ? [] : [{ name: 'preshared', origin: undefined, value: keyText }]),
          ]),
        }
      : needsKey
        ? {}
        : foreignChange(system, { kind: 'methods', pad: own, local, remote })),
    patch: patchPad(own, {
      localMethod: { value: local, origin },
      remoteMethod: { value: remote, origin },
      ...(key ? { presharedKey: key } : {}),
    }),
  };
}

/** Methods that follow from the key are written where the record is, not where the key is. */
function explicit(from: Origin): Origin | undefined {
  return from.kind === 'explicit' && from.argumentStart !== undefined ? from : undefined;
}

function identityChanges(
  systems: Readonly<Record<Side, NegotiatingSystem>>,
  sender: Side,
  pads: Readonly<Record<Side, PadEntry | undefined>>,
  sent: Identity,
  addresses: Partial<Readonly<Record<Side, Address>>> = {},
): Change[] {
  const receiver: Side = sender === 'a' ? 'b' : 'a';
  const changes: Change[] = [];
  const [expecting, sending] = [pads[receiver], pads[sender]];
  if (expecting && sent.value !== undefined) {
    const system = systems[receiver];
    const record = writtenRecord(system, expecting.source) as AuthRecord | undefined;
    changes.push({
      side: receiver,
      source: expecting.source,
      title: `expect ${formatIdentity(sent)} in ${ownerText(system, expecting.source)}`,
      ...(record?.kind === 'auth'
        ? {
            edits: setArguments(record, [
              { name: 'rtype', origin: explicit(record.remoteIdType?.origin ?? origin), value: sent.type },
              { name: 'rid', origin: record.remoteId?.origin, value: quotedName(sent) },
            ]),
          }
        : foreignChange(system, { kind: 'remote-id', pad: expecting, identity: sent })),
      patch: patchPad(expecting, {
        remoteId: { value: { kind: 'exact', type: sent.type, value: sent.value }, origin },
      }),
    });
  }
  const { seenAs } = systems[sender];
  const expected = expecting?.remoteId?.value;
  // Where nothing is said, the address that its packets come from is expected.
  const address = seenAs ?? addresses[sender];
  const wanted = expecting && !expected && address ? addressIdentity(address) : onlyIdentity(expected);
  if (sending && wanted) {
    const system = systems[sender];
    const record = writtenRecord(system, sending.source) as AuthRecord | undefined;
    changes.push({
      side: sender,
      source: sending.source,
      title: `send ${formatIdentity(wanted)} in ${ownerText(system, sending.source)}`,
      ...(record?.kind === 'auth'
        ? {
            edits: setArguments(record, [
              { name: 'ltype', origin: explicit(record.localIdType?.origin ?? origin), value: wanted.type },
              { name: 'lid', origin: record.localId?.origin, value: quotedName(wanted) },
            ]),
          }
        : foreignChange(system, { kind: 'local-id', pad: sending, identity: wanted })),
      patch: patchPad(sending, { localId: { value: wanted, origin } }),
    });
  }
  return changes;
}

/** The identity that a pattern stands for, where it is one alone. */
function onlyIdentity(pattern: IdentityPattern | undefined): Identity | undefined {
  if (pattern?.kind === 'exact') return { type: pattern.type, value: pattern.value };
  if (pattern?.kind !== 'addresses' || pattern.range.first !== pattern.range.last) return undefined;
  return { type: pattern.type, value: formatAddress(pattern.range.family, pattern.range.first) };
}

function quotedName({ value = '' }: Identity): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

function presharedKeyChange(
  system: NegotiatingSystem,
  peer: NegotiatingSystem,
  side: Side,
  own: PadEntry,
  other: PadEntry,
): Change | undefined {
  const key = other.presharedKey;
  if (!key) return undefined;
  const record = writtenRecord(system, own.source) as AuthRecord | undefined;
  const text = writtenValue(key.origin);
  return {
    side,
    source: own.source,
    title: `give ${ownerText(system, own.source)} the key of ${ownerText(peer, other.source)} of ${peer.name}`,
    ...(record?.kind === 'auth' && text !== undefined
      ? { edits: setArguments(record, [{ name: 'preshared', origin: record.preshared?.origin, value: text }]) }
      : foreignKey(system, own, key)),
    patch: patchPad(own, { presharedKey: key }),
  };
}

/** A literal key in another language. The title of the general change says whose key it is, and is kept. */
function foreignKey(system: NegotiatingSystem, pad: PadEntry, { value }: NonNullable<PadEntry['presharedKey']>) {
  if (value.kind !== 'literal') return {};
  const key = utf8(value.secret.reveal());
  const change = key === undefined ? undefined : foreignChange(system, { kind: 'preshared-key', pad, key });
  return change ? { edits: change.edits } : {};
}

function proposalChanges(
  systems: Readonly<Record<Side, NegotiatingSystem>>,
  initiator: Side,
  offered: IkePolicy,
  own: IkePolicy,
): Change[] {
  const responder: Side = initiator === 'a' ? 'b' : 'a';
  const found = smallestChanges(offered.proposals, own.proposals);
  return [found.find(({ side }) => side === 'own'), found.find(({ side }) => side === 'offered')].flatMap((change) => {
    if (!change) return [];
    const [side, policy] = change.side === 'own' ? [responder, own] : [initiator, offered];
    // Nobody wrote it: what lacks is a record.
    if (isBuiltin(systems[side], policy)) return [];
    return policyChange(systems[side], side, policy, change);
  });
}

/** What counts for every peer that has no record of its own. */
function isBuiltin(system: NegotiatingSystem, { source }: IkePolicy): boolean {
  return system.loaded.imported === undefined && writtenRecord(system, source) === undefined;
}

/** A side without an IKE record for the peer gets one with the other side's values. */
function policyCopies(
  systems: Readonly<Record<Side, NegotiatingSystem>>,
  { initiator, initiatorAddress, responderAddress }: Walk,
  policies: { readonly initiator: IkePolicy; readonly responder: IkePolicy },
): Change[] {
  return (['a', 'b'] as const).flatMap((side): Change[] => {
    const isInitiator = side === initiator;
    const [own, model] = isInitiator
      ? [policies.initiator, policies.responder]
      : [policies.responder, policies.initiator];
    const [system, other] = [systems[side], systems[side === 'a' ? 'b' : 'a']];
    const record = writtenRecord(other, model.source) as IkeRecord | undefined;
    // A live peer whose records are not at hand has no text that could be changed.
    if (system.loaded.sources.length === 0) return [];
    if (!isBuiltin(system, own) || !record || !isIke(record)) return [];
    const peer = isInitiator ? responderAddress : initiatorAddress;
    const address = formatAddress(peer.family, peer.value);
    const priorities = allRecords(system.loaded.policies).flatMap((each) =>
      isIke(each) ? ((each as IkeRecord).priority?.value ?? []) : [],
    );
    const values = [
      { origin: record.remote.origin, value: address },
      { origin: record.priority?.origin, value: String(10 + Math.max(0, ...priorities)) },
    ];
    const name = freeName(system, `${other.name.replace(/[^A-Za-z0-9_-]/g, '_')}_ike`);
    const statement = `add ${record.kind} ${name}${argumentsOf(record, values)}`;
    const edit = addStatement(system, statement);
    return edit
      ? [
          {
            side,
            title: `add an ${record.kind} record for ${address} with the values of ${ownerText(other, model.source)} of ${other.name}`,
            edits: [edit],
            patch: (config) => config,
          },
        ]
      : [];
  });
}

function policyChange(system: NegotiatingSystem, side: Side, policy: IkePolicy, change: ProposalChange): Change {
  const record = writtenRecord(system, policy.source) as IkeRecord | undefined;
  const lists = record && isIke(record) ? listEdits(system, record, change) : undefined;
  const owner = ownerText(system, policy.source);
  const words = change.edits.filter(({ add }) => add !== 'NONE').map(({ add }) => transformWord(add));
  return {
    side,
    source: policy.source,
    title: lists ? `${lists.title} of ${owner}` : `let ${owner} take ${words.join(' with ')}`,
    ...(lists ? { edits: lists.edits } : {}),
    ...foreignChange(system, { kind: 'ike-proposal', policy, proposal: change.proposal }),
    patch: patchPolicy(policy, ({ proposals }) => ({
      proposals: applyChange(proposals, change).map(
        (proposal) =>
          ({ ...proposal, prf: proposal.prf ?? [], keyExchange: proposal.keyExchange ?? [] }) as IkeProposal,
      ),
    })),
  };
}

function isIke({ kind }: { readonly kind: string }): boolean {
  return kind === 'ike' || kind === 'ikev1' || kind === 'ikev2';
}

/** A word more in each list that lacks one. */
function listEdits(
  { loaded }: NegotiatingSystem,
  record: IkeRecord,
  change: ProposalChange,
): { readonly title: string; readonly edits: readonly TextEdit[] } | undefined {
  const edits: TextEdit[] = [];
  const words: string[] = [];
  for (const { attribute, add } of change.edits) {
    // A combined-mode cipher needs no integrity of its own: NONE is not written.
    if (add === 'NONE') continue;
    const argument = ikeArgument(record, attribute, loaded.dialect);
    const word = argument?.wordOf(add);
    if (!argument || !word) return undefined;
    // It is there, and was of no use with the other words.
    if (argument.words.includes(word)) continue;
    edits.push(appendWord(record, argument, word));
    words.push(`${word} to -${argument.name}`);
  }
  return edits.length > 0 ? { title: `add ${words.join(' and ')}`, edits } : undefined;
}

/** An auth record more, made from the other side's. */
function padChanges(
  systems: Readonly<Record<Side, NegotiatingSystem>>,
  walk: Walk,
  side: Side,
  pads: Readonly<Record<Side, PadEntry | undefined>>,
): Change[] {
  const other: Side = side === 'a' ? 'b' : 'a';
  const system = systems[side];
  const model = pads[other] ?? systems[other].config.pad.find(({ presharedKey }) => presharedKey);
  const peer = walk.initiator === side ? walk.responderAddress : walk.initiatorAddress;
  const key = writtenValue(model?.presharedKey?.origin);
  if (!model?.presharedKey || key === undefined) return [];
  const address = formatAddress(peer.family, peer.value);
  const name = freeName(system, `${systems[other].name.replace(/[^A-Za-z0-9_-]/g, '_')}_auth`);
  const statement = [
    `add auth ${name} -remote ${address} -priority ${1 + Math.max(0, ...system.config.pad.map(({ priority }) => priority?.value ?? 0))}`,
    `-kmp ${model.ikeVersions.value.map((version) => `IKEV${version}`).join(',')}`,
    ...(model.ikeVersions.value.includes(1) ? [`-exchange ${model.exchange.value === 'main' ? 'MM' : 'AM'}`] : []),
    `-preshared ${key}`,
  ].join(' ');
  const edit = addStatement(system, statement);
  if (!edit) return [];
  return [
    {
      side,
      title: `add an auth record for ${address} with the key of ${ownerText(systems[other], model.source)} of ${systems[other].name}`,
      edits: [edit],
      patch: (config) => config,
    },
  ];
}
