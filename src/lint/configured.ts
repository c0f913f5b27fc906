/**
 * What the rules about strength read of another product's configuration: its proposals as they are written, each once, with
 * the place of each. Records have lists with a word for each algorithm (algorithm-lists.ts); here a proposal is one word
 * that stands for a choice of several.
 */
import type { RecordRef } from '../model/finding.js';
import type { Origin, Sourced } from '../model/origin.js';
import type { Span } from '../model/span.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  IkeProposal,
  SaTemplate,
  SecretReference,
  SharedSecret,
  SpdEntry,
  SystemConfig,
} from '../model/system-config.js';
import type { KeyExchangeTransform } from '../model/transform.js';
import type { AlgorithmUse } from './algorithm-lists.js';
import type { SystemContext } from './context.js';

interface ProposalBase {
  readonly owner: RecordRef;
  /** As written, or as the product names its own. */
  readonly name: string;
  /** From 0, among `count`. */
  readonly index: number;
  readonly count: number;
  readonly uses: readonly AlgorithmUse[];
  /** False: nobody wrote it, the product brings it along. */
  readonly isWritten: boolean;
  readonly at: Span;
}

export type ConfiguredProposal = ProposalBase &
  (
    | { readonly of: 'ike'; readonly policy: IkePolicy; readonly proposal: IkeProposal }
    | { readonly of: 'child'; readonly template: SaTemplate; readonly proposal: ChildProposal }
  );

const known = new WeakMap<SystemConfig, readonly ConfiguredProposal[]>();

/** Every proposal of a configuration for IKE and for packets, once for each connection or child that has it. */
export function configuredProposals(context: SystemContext): readonly ConfiguredProposal[] {
  const { config } = context;
  let found = known.get(config);
  if (!found) {
    const fallback = fallbackPlace(context);
    found = fallback ? [...ikeProposals(config, fallback), ...childProposals(config, fallback)] : [];
    known.set(config, found);
  }
  return found;
}

/** The policies' templates, each once: several entries of the SPD share one. */
export function configuredTemplates({ spd, forwardSpd }: SystemConfig): readonly SaTemplate[] {
  const templates = new Set<SaTemplate>();
  const seen = new Set<string>();
  for (const entry of [...spd, ...forwardSpd] as readonly SpdEntry[]) {
    if (entry.action.kind !== 'PROTECT') continue;
    for (const template of entry.action.bundle) {
      const key = keyOf(template.source);
      if (seen.has(key) && template.manual === undefined) continue;
      seen.add(key);
      templates.add(template);
    }
  }
  return [...templates];
}

/** The groups of a proposal's first key exchange; that of a child may stand beside its proposals. */
export function groupsOf(proposal: ConfiguredProposal): readonly KeyExchangeTransform[] {
  if (proposal.of === 'ike') return proposal.proposal.keyExchange;
  return proposal.proposal.keyExchange ?? proposal.template.pfsGroups?.value ?? [];
}

/** Where a finding about an entry points: where the value is written, else the entry, else the beginning of the file. */
export function entryPlace(context: SystemContext, source: EntrySource, origin?: Origin): Span | undefined {
  if (origin?.kind === 'explicit') return origin.at;
  return source.at ?? fallbackPlace(context);
}

/** `child 'net'`. */
export function entryText({ kind, name }: RecordRef): string {
  return name === '' ? kind : `${kind} '${name}'`;
}

/** Words for a proposal behind its owner: `offers des-md5, the second of 3`. */
export function proposalText({ name, index, count, isWritten, of }: ConfiguredProposal): string {
  const what = `${isWritten ? name : `the product’s own proposals`} for ${of === 'ike' ? 'IKE' : 'packets'}`;
  return count === 1 || !isWritten ? what : `${what}, number ${index + 1} of ${count}`;
}

/** Secrets that are written down: of peers, and those that are found by identities. Each place once. */
export function* literalSecrets({ pad, sharedSecrets = [] }: SystemConfig): Iterable<{
  readonly source: EntrySource;
  readonly secret: Sourced<SecretReference>;
  readonly use: SharedSecret['use'];
}> {
  const told = new Set<string>();
  const entries = [
    ...pad.flatMap(({ source, presharedKey }) =>
      presharedKey ? [{ source, secret: presharedKey, use: 'IKE' as const }] : [],
    ),
    ...sharedSecrets,
  ];
  for (const { source, secret, use } of entries) {
    const { origin } = secret;
    const key = origin.kind === 'explicit' ? `${origin.at.source.path} ${origin.at.start}` : keyOf(source);
    if (secret.value.kind !== 'literal' || told.has(key)) continue;
    told.add(key);
    yield { source, secret, use };
  }
}

function fallbackPlace({ firstFile }: SystemContext): Span | undefined {
  return firstFile ? { source: firstFile, start: 0, end: 0 } : undefined;
}

function keyOf({ record, at }: EntrySource): string {
  return `${record.kind} ${record.name} ${at?.start ?? ''}`;
}

function* ikeProposals(config: SystemConfig, fallback: Span): Iterable<ConfiguredProposal> {
  const seen = new Set<string>();
  for (const policy of config.ikePolicies) {
    const { source, proposals, version } = policy;
    for (const [index, proposal] of proposals.entries()) {
      const key = `${keyOf(source)} ${version} ${index} ${proposal.name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const isWritten = proposal.at !== undefined;
      yield {
        of: 'ike',
        policy,
        proposal,
        owner: source.record,
        name: proposal.name,
        index,
        count: proposals.length,
        uses: [
          ...uses('ike-encryption', proposal.encryption),
          ...uses('ike-integrity', proposal.authentication),
          ...uses('ike-prf', proposal.prf),
          ...uses('key-exchange', proposal.keyExchange),
          ...(proposal.additionalKeyExchanges ?? []).flatMap((groups) => uses('key-exchange', groups)),
        ],
        isWritten,
        at: proposal.at ? wordWithin(proposal.at, proposal.name) : (source.at ?? fallback),
      };
    }
  }
}

function* childProposals(config: SystemConfig, fallback: Span): Iterable<ConfiguredProposal> {
  for (const template of configuredTemplates(config)) {
    const { proposals, pfsGroups } = template;
    for (const [index, proposal] of proposals.entries()) {
      const isWritten = proposal.at !== undefined;
      const groups = proposal.keyExchange ?? pfsGroups?.value ?? [];
      yield {
        of: 'child',
        template,
        proposal,
        owner: template.source.record,
        name: proposal.name,
        index,
        count: proposals.length,
        uses: [
          ...uses('child-encryption', proposal.encryption),
          ...uses('child-integrity', proposal.authentication),
          ...uses(
            'key-exchange',
            groups.filter(({ id }) => id !== 0),
          ),
        ],
        isWritten,
        at: proposal.at ? wordWithin(proposal.at, proposal.name) : (template.source.at ?? fallback),
      };
    }
  }
}

function uses(slot: AlgorithmUse['slot'], transforms: readonly { readonly name: string }[]): AlgorithmUse[] {
  return transforms.map(({ name }) => ({ slot, name }));
}

/** The characters of a word within a list, or the list where it is spelled otherwise. */
function wordWithin(at: Span, word: string): Span {
  const text = at.source.text.slice(at.start, at.end);
  for (let found = text.indexOf(word); found !== -1; found = text.indexOf(word, found + 1)) {
    const isWhole = !/[\w-]/.test(text[found - 1] ?? '') && !/[\w-]/.test(text[found + word.length] ?? '');
    if (isWhole) return { source: at.source, start: at.start + found, end: at.start + found + word.length };
  }
  return at;
}
