/** Whether this kernel has the algorithms that a policy negotiates: those of SAs that are not there yet, and would fail only then. */
import type { Backend, KnownAlgorithms, WantedAlgorithms } from '../backends/backend.js';
import { sourceName } from '../backends/xfrm/refusal.js';
import type { ChildProposal, EntrySource, SaTemplate, SystemConfig } from '../model/system-config.js';
import { EnvironmentError } from '../model/tool-error.js';
import { authenticationTransforms, encryptionTransforms } from '../model/transform.js';

/** An entry some of whose proposals this kernel cannot have. */
export interface Lack {
  readonly source: EntrySource;
  /** The proposals, as they are written. */
  readonly names: readonly string[];
  /** None is left. */
  readonly isAll: boolean;
}

/** Everything that Linux has a name for. */
export const allAlgorithms: WantedAlgorithms = {
  encryption: encryptionTransforms.flatMap(({ name, xfrm }) => (xfrm === undefined ? [] : [name])),
  authentication: authenticationTransforms.flatMap(({ name, xfrm }) => (xfrm === undefined ? [] : [name])),
};

/** What this kernel lacks of what a policy names. Empty where it cannot be found out. */
export async function findLacks(backend: Backend, config: SystemConfig): Promise<readonly Lack[]> {
  const proposals = templatesOf(config).flatMap((template) => template.proposals);
  if (proposals.length === 0) return [];
  const names = (list: readonly { readonly name: string }[]) => [...new Set(list.map(({ name }) => name))];
  const known = await backend.algorithms({
    encryption: names(proposals.flatMap(({ encryption }) => encryption)),
    authentication: names(proposals.flatMap(({ authentication }) => authentication)),
  });
  return known ? lackingTransforms(config, known) : [];
}

function templatesOf({ spd, forwardSpd }: SystemConfig): readonly SaTemplate[] {
  const all = [...spd, ...forwardSpd].flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []));
  return [...new Set(all)];
}

/** Each entry once. */
export function lackingTransforms(config: SystemConfig, known: KnownAlgorithms): readonly Lack[] {
  const lacks = new Map<string, Lack>();
  const hasProtocol = (protocol: 'ESP' | 'AH') => known.protocols.get(`${protocol}, IPv4`) !== false;
  const isAny = (list: readonly { readonly name: string }[], table: ReadonlyMap<string, boolean>) =>
    list.length === 0 || list.some(({ name }) => table.get(name) !== false);
  const isThere = ({ protocol, encryption, authentication }: ChildProposal) =>
    hasProtocol(protocol) && isAny(encryption, known.encryption) && isAny(authentication, known.authentication);
  for (const { source, proposals } of templatesOf(config)) {
    const names = proposals.filter((proposal) => !isThere(proposal)).map(({ name }) => name);
    const owner = sourceName(source);
    if (names.length > 0 && !lacks.has(owner))
      lacks.set(owner, { source, names, isAll: names.length === proposals.length });
  }
  return [...lacks.values()];
}

export function lackText({ source, names, isAll }: Lack): string {
  return `${sourceName(source)} names what this kernel has not: ${names.join(', ')}${isAll ? '' : '; the others will do'}`;
}

/** Throws when an entry is left without any proposal. */
export function refuseLacks(lacks: readonly Lack[]): void {
  const fatal = lacks.filter(({ isAll }) => isAll);
  if (fatal.length === 0) return;
  throw new EnvironmentError(
    fatal.length === 1 ? lackText(fatal[0]!) : `this kernel lacks what ${fatal.length} records ask for`,
    {
      code: 'UNSUPPORTED',
      hints: [
        ...(fatal.length === 1 ? [] : fatal.slice(0, 20).map(lackText)),
        'Load the modules, or name other transforms; "ipsec doctor" lists what is there.',
      ],
    },
  );
}
