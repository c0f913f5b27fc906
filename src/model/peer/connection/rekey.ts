/** The first rekeying of a Child SA: the exchange that brings a group of its own, and often the first surprise. */
import { type ChosenTransforms, type ProposalLike, type SelectedProposal, selectProposal } from '../../proposal.js';
import type { SaTemplate } from '../../system-config.js';
import type { KeyExchangeTransform } from '../../transform.js';
import { proposalsWithGroups } from '../child-proposals.js';
import { type ChildStep, type IkeOutcome, nameRecord } from '../steps.js';
import { type AgreedChild, type ChildSide, walkConnectionChild } from './child.js';
import { preferenceOf, usable } from './ike.js';
import { installation } from './installation.js';
import { createChildOffer, type GroupedOffer } from './offers.js';
import type { RefusalNotify } from './refusal.js';

export interface RekeyOutcome {
  readonly works: boolean;
  readonly step: ChildStep;
  readonly transforms?: ChosenTransforms;
  /** The responder asked for this group first (INVALID_KE_PAYLOAD). */
  readonly retriedWith?: KeyExchangeTransform;
  /** How the responder refuses. */
  readonly notify?: RefusalNotify;
}

/** Walks the rekeying of an agreed Child SA by its initiator. */
export function walkRekey(
  x: ChildSide,
  y: ChildSide,
  template: SaTemplate,
  ike: IkeOutcome,
  child: AgreedChild,
): RekeyOutcome {
  const responder = child.responderTemplate;
  const mine = proposalsWithGroups(template, ike.initiatorPolicy);
  const theirs = proposalsWithGroups(responder, ike.responderPolicy);
  const sources = { initiator: template.source, responder: responder.source };
  const between = `${nameRecord(x.view, template.source)} and ${nameRecord(y.view, responder.source)}`;
  if (ike.version === 1) {
    // Quick Mode once more, with the same offer, for what was agreed on.
    const again = walkConnectionChild(x, y, template, ike, child.selectors);
    const works = again.child !== undefined;
    const selection = selectProposal(mine, theirs);
    const step: ChildStep = {
      kind: 'pfs',
      verdict: works ? 'pass' : 'fail',
      text: works ? `${between} agree again when the SA is rekeyed` : `the first rekey of ${between} fails`,
      ...sources,
      selection,
    };
    const answer = again.refusal?.kind === 'answered' ? { notify: again.refusal.notify } : {};
    return { works, step, ...(again.child ? { transforms: again.child.transforms } : answer) };
  }
  // The group of the SA before is taken again where it had one (charon.prefer_previous_dh_group).
  let offer = createChildOffer(mine, child.transforms.keyExchange);
  let retriedWith: KeyExchangeTransform | undefined;
  for (let tries = 0; tries < 2 && offer; tries += 1) {
    const selection = selectProposal(usable(offer.proposals, x, y), theirs, { preference: preferenceOf(y) });
    if (selection.kind === 'mismatch') {
      const text = `the first rekey fails: ${between} have no proposal in common once ${groupWords(offer)} is part of it`;
      return {
        works: false,
        step: { kind: 'pfs', verdict: 'fail', text, ...sources, selection },
        notify: 'NO_PROPOSAL_CHOSEN',
      };
    }
    const wanted = selection.transforms.keyExchange;
    if (wanted && wanted.name !== offer.group?.name) {
      retriedWith = wanted;
      offer = createChildOffer(mine, wanted);
      continue;
    }
    // The initiator compares the answer with what it has configured, not with what it offered (child_create.c).
    if (!wanted && selectProposal([answerOf(selection, offer)], mine).kind === 'mismatch') {
      const text = `the first rekey fails: ${nameRecord(y.view, responder.source)} takes a proposal without a group, and ${nameRecord(x.view, template.source)} has it with one`;
      return { works: false, step: { kind: 'pfs', verdict: 'fail', text, ...sources, selection } };
    }
    // What is agreed on anew may be another protocol than before.
    const refused = installation(x, y, 2, template, { ...child, transforms: selection.transforms });
    if (refused) {
      const { refusal } = refused;
      const text = `the first rekey fails: ${refused.text}`;
      return {
        works: false,
        step: { kind: 'pfs', verdict: 'fail', text, ...sources, selection },
        ...(refusal.kind === 'answered' ? { notify: refusal.notify } : {}),
      };
    }
    const text = retriedWith
      ? `rekeying takes a second try: the responder asks for ${retriedWith.name}`
      : `${between} agree on ${wanted ? wanted.name : 'no key exchange'} for rekeys`;
    return {
      works: true,
      step: { kind: 'pfs', verdict: retriedWith ? 'warn' : 'pass', text, ...sources, selection },
      transforms: selection.transforms,
      ...(retriedWith ? { retriedWith } : {}),
    };
  }
  const selection = selectProposal(mine, theirs);
  const text = `the first rekey fails: ${between} cannot settle on a group`;
  return {
    works: false,
    step: { kind: 'pfs', verdict: 'fail', text, ...sources, selection },
    notify: 'INVALID_KE_PAYLOAD',
  };
}

function groupWords({ group }: GroupedOffer): string {
  return group ? group.name : 'no group';
}

/** The proposal that a responder answers with. */
function answerOf({ transforms, offered }: SelectedProposal, { proposals }: GroupedOffer): ProposalLike {
  const { encryption, integrity, keyExchange, esn } = transforms;
  return {
    ...proposals[offered]!,
    encryption: encryption ? [encryption] : [],
    authentication: integrity ? [integrity] : [],
    keyExchange: keyExchange ? [keyExchange] : [],
    ...(esn ? { esn: [esn] } : {}),
  };
}
