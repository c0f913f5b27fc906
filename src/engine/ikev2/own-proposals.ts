/**
 * Our own proposals with what the provider lacks made unusable, worked out once for each record: records do not change, and
 * every negotiation asks for them.
 */
import { type GroupedProposal, proposalsWithGroups, proposalsWithoutGroups } from '../../model/peer/child-proposals.js';
import type { IkePolicy, IkeProposal, SaTemplate } from '../../model/system-config.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { usableProposals } from './offers.js';

export interface OwnProposals {
  ofPolicy(policy: IkePolicy): readonly IkeProposal[];
  /** For a Child SA that IKE_AUTH makes, which has no key exchange of its own (RFC 7296 §1.2). */
  ofFirst(template: SaTemplate): readonly GroupedProposal[];
  /** For one that CREATE_CHILD_SA makes; the policy of the IKE SA may add groups. */
  ofTemplate(template: SaTemplate, policy: IkePolicy | undefined): readonly GroupedProposal[];
}

interface Known {
  readonly provider: CryptoProvider;
  readonly own: OwnProposals;
}

const knownBefore = new WeakMap<object, Known>();

/** The same for all engines whose providers have the same algorithms: a dry run makes many. */
export function ownProposalsOf(provider: CryptoProvider): OwnProposals {
  const known = knownBefore.get(provider.keyExchanges);
  if (known && hasSameAlgorithms(known.provider, provider)) return known.own;
  const own = createOwnProposals(provider);
  knownBefore.set(provider.keyExchanges, { provider, own });
  return own;
}

function hasSameAlgorithms(a: CryptoProvider, b: CryptoProvider): boolean {
  return a.aeads === b.aeads && a.ciphers === b.ciphers && a.integrities === b.integrities && a.prfs === b.prfs;
}

function createOwnProposals(provider: CryptoProvider): OwnProposals {
  const ike = new WeakMap<IkePolicy, readonly IkeProposal[]>();
  const first = new WeakMap<SaTemplate, readonly GroupedProposal[]>();
  const later = new WeakMap<SaTemplate, Map<IkePolicy | undefined, readonly GroupedProposal[]>>();
  return {
    ofPolicy(policy) {
      let found = ike.get(policy);
      if (!found) {
        found = usableProposals(policy.proposals, 'IKE', provider);
        ike.set(policy, found);
      }
      return found;
    },
    ofFirst(template) {
      let found = first.get(template);
      if (!found) {
        found = usableProposals(proposalsWithoutGroups(template), 'CHILD', provider);
        first.set(template, found);
      }
      return found;
    },
    ofTemplate(template, policy) {
      const known = later.get(template) ?? new Map<IkePolicy | undefined, readonly GroupedProposal[]>();
      let found = known.get(policy);
      if (!found) {
        found = usableProposals(proposalsWithGroups(template, policy), 'CHILD', provider);
        known.set(policy, found);
        later.set(template, known);
      }
      return found;
    },
  };
}
