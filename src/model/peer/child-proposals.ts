/**
 * The proposals that a Child SA is negotiated with. Their key exchange groups depend on when: IKE_AUTH takes its keys from the IKE
 * SA and names none (RFC 7296 §1.2); CREATE_CHILD_SA and Quick Mode name those of PFS.
 */
import type { ChildProposal, IkePolicy, SaTemplate } from '../system-config.js';
import type { KeyExchangeTransform } from '../transform.js';

export type GroupedProposal = ChildProposal & { readonly keyExchange: readonly KeyExchangeTransform[] };

/** The groups of a key exchange of their own that the SAs of a template are negotiated with; none: no PFS. */
export function pfsGroups(template: SaTemplate, policy: IkePolicy | undefined): readonly KeyExchangeTransform[] {
  if (template.pfsGroups) return template.pfsGroups.value;
  if (!policy?.pfs.value) return [];
  const byName = new Map<string, KeyExchangeTransform>();
  for (const { keyExchange } of policy.proposals) for (const group of keyExchange) byName.set(group.name, group);
  return [...byName.values()];
}

/** Those of IKE_AUTH. */
export function proposalsWithoutGroups({ proposals }: Pick<SaTemplate, 'proposals'>): readonly GroupedProposal[] {
  return proposals.map((proposal) => ({ ...proposal, keyExchange: [] }));
}

/** Those of CREATE_CHILD_SA and Quick Mode: each with its own groups, or with those of the template or policy. */
export function proposalsWithGroups(template: SaTemplate, policy: IkePolicy | undefined): readonly GroupedProposal[] {
  const groups = pfsGroups(template, policy);
  return template.proposals.map((proposal) => ({ ...proposal, keyExchange: proposal.keyExchange ?? groups }));
}

/** Every group of a list of proposals, each once; NONE is left out. */
export function groupsOf(proposals: readonly GroupedProposal[]): readonly KeyExchangeTransform[] {
  const byName = new Map<string, KeyExchangeTransform>();
  for (const { keyExchange } of proposals)
    for (const group of keyExchange) if (group.id !== 0) byName.set(group.name, group);
  return [...byName.values()];
}
