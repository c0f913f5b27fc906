/**
 * Child SAs of connections — RFC 7296 §2.9 as strongSwan has it (child_cfg.c, child_create.c): each end lists its selectors
 * for itself, a responder takes the child that fits best, and each list is narrowed without regard to the other.
 */
import { childrenOf } from '../../model/peer/connection/children.js';
import {
  areHost,
  chooseChild,
  type Ends,
  narrowedLists,
  proposedLists,
} from '../../model/peer/connection/selectors.js';
import { type ResolvedFor, withVirtualHosts } from '../../model/peer/connection/virtual-hosts.js';
import {
  chooseWhole,
  fitOfInitiator,
  fittingLists,
  templatesBetween,
} from '../../model/peer/connection/whole-selectors.js';
import type { PadEntry, SaTemplate, SpdEntry } from '../../model/system-config.js';
import { packetSelectors, type SelectorLists } from '../../model/traffic-selector.js';
import type { Environment } from '../environment.js';
import type { ChildPurpose } from './child-sa.js';
import type { IkeSa } from './ike-sa.js';
import { passedOverMax } from './limits.js';
import { listsText } from './selectors.js';
import type { Fitting, SpdSearch } from './spd-search.js';
import { emit, recordText, type Turn } from './turn.js';

function endsOf({ local, remote, pad, virtual }: IkeSa, resolvedFor: ResolvedFor = 'comparison'): Ends {
  return withVirtualHosts({ local: local.address, remote: remote.address }, pad, virtual, resolvedFor);
}

/**
 * What an initiator proposes for a template that has lists; the selectors of the packet that started it come first. `isNew`: it is
 * no successor of a Child SA that there is.
 */
export function proposedOfLists(
  turn: Turn,
  sa: IkeSa,
  { template, packet }: ChildPurpose,
  isNew: boolean,
): SelectorLists {
  const lists = proposedLists(template, endsOf(sa, isNew ? 'new' : 'successor'));
  if (!packet || !turn.env.profile.packetSelectorsFirst.value) return lists;
  const own = packetSelectors(packet);
  return { local: [own.local, ...lists.local], remote: [own.remote, ...lists.remote] };
}

/** What an initiator makes of the responder's selectors: what its own lists leave of them. */
export function acceptedOfLists(
  { env }: Turn,
  sa: IkeSa,
  template: SaTemplate,
  received: SelectorLists,
): SelectorLists | undefined {
  if (takesWhole(env)) return fittingLists(template, received, endsOf(sa), fitOfInitiator(template));
  const lists = narrowedLists(template, received, endsOf(sa));
  return lists.local.length > 0 && lists.remote.length > 0 ? lists : undefined;
}

/** Transport mode needs selectors that are the two hosts and nothing else. */
export function areHosts(sa: IkeSa, { local, remote }: SelectorLists): boolean {
  return areHost(local, sa.local.address) && areHost(remote, sa.remote.address);
}

/** Does the product take selectors as a whole or not at all, and those of any connection between the hosts? */
function takesWhole({ profile }: Environment): boolean {
  return profile.narrowing.value === 'exact';
}

/** The template that proposed selectors are for, and what is left of them, which may be nothing. */
export function childMeant(
  turn: Turn,
  sa: IkeSa,
  pad: PadEntry,
  proposed: SelectorLists,
): { readonly template: SaTemplate; readonly lists: SelectorLists } | undefined {
  const ends = endsOf(sa);
  const templates = templatesFor(turn, sa, pad);
  if (takesWhole(turn.env)) return chooseWhole(templates, proposed, ends);
  const template = chooseChild(templates, proposed, ends);
  return template && { template, lists: narrowedLists(template, proposed, ends) };
}

function templatesFor({ env }: Turn, sa: IkeSa, pad: PadEntry): readonly SaTemplate[] {
  const { config } = env.view;
  return takesWhole(env) ? templatesBetween(config, pad, endsOf(sa), 2) : childrenOf(config, pad.connection);
}

/** The child that proposed selectors are for: of the IKE SA's connection, or of any that is alike. */
export function searchChildren(turn: Turn, sa: IkeSa, pad: PadEntry, proposed: SelectorLists): SpdSearch {
  const isWhole = takesWhole(turn.env);
  const templates = templatesFor(turn, sa, pad);
  const meant = childMeant(turn, sa, pad, proposed);
  const template = meant?.template;
  const fitting = meant && fittingOf(turn, meant.template, meant.lists);
  emit(turn, {
    kind: 'search',
    list: 'SPD',
    key: listsText(proposed),
    passedOver: templates
      .filter((other) => other !== template)
      .slice(0, passedOverMax)
      .map(({ source }) => ({
        source,
        why: template ? 'another child fits better' : notFitting(isWhole),
      })),
    ...(fitting ? { found: fitting.candidate.entry.source } : {}),
  });
  if (fitting) return { kind: 'found', fitting: [fitting] };
  const name = recordText(pad.source);
  return {
    kind: 'refused',
    code: 'selectors-unacceptable',
    notify: 'TS_UNACCEPTABLE',
    text: `no child of ${name} is for ${listsText(proposed)}`,
    rfc: 'RFC 7296 §2.9',
    records: templates.slice(0, 1).map(({ source }) => source),
  };
}

function notFitting(isWhole: boolean): string {
  return isWhole
    ? 'its selectors are not those proposed, and it does not narrow'
    : 'its selectors have nothing in common with those proposed';
}

function fittingOf({ env }: Turn, template: SaTemplate, lists: SelectorLists): Fitting | undefined {
  if (lists.local.length === 0 || lists.remote.length === 0) return undefined;
  const { host, forward } = env.view;
  for (const list of [host, forward]) {
    const entry = list.entries.find((each) => holds(each, template));
    if (entry?.action.kind !== 'PROTECT') continue;
    return {
      candidate: { list, entry, template, sa: entry.action.bundle.indexOf(template) },
      narrowing: {
        kind: 'narrowed',
        whole: false,
        lists,
        keepsFirst: true,
        additionalPossible: false,
        loss: { proposed: undefined, allowed: undefined },
      },
    };
  }
  return undefined;
}

function holds({ action }: SpdEntry, template: SaTemplate): boolean {
  return action.kind === 'PROTECT' && action.bundle.includes(template);
}
