/**
 * What a lint rule is. One file per rule in rules/, named by its slug; code, slug, texts and examples feed `policy rules`,
 * the manual page and the tests, which run every example.
 */
import type { Fix, RecordRef, Related, Severity } from '../model/finding.js';
import type { PeerProfileName } from '../model/peer-profile/peer-profile.js';
import type { Span } from '../model/span.js';
import type { HostFacts, PairContext, RepositoryContext, SystemContext } from './context.js';

/** What a rule yields; the runner adds code, slug, system and suppression. */
export interface RuleFinding {
  /** One sentence without a full stop, naming records and values; never a secret. */
  readonly message: string;
  readonly at: Span;
  readonly related?: readonly Related[];
  readonly notes?: readonly string[];
  readonly help?: string;
  readonly fixes?: readonly Fix[];
  readonly record?: RecordRef;
  /** Where it differs from the rule's own. */
  readonly severity?: Severity;
}

/** A certificate of an example, described: the test makes it. Dates are YYYY-MM-DD and include that day. */
export interface ExampleCertificate {
  /** `CN=a,O=Example`; empty for none. */
  readonly subject: string;
  /** The file whose first certificate issues this one; absent: it is its own issuer. */
  readonly issuer?: string;
  readonly key?: 'RSA 1024' | 'RSA 2048' | 'ECP-256' | 'ECP-384' | 'Ed25519';
  /** The file with whose first certificate it shares the key. */
  readonly keyOf?: string;
  readonly hash?: 'SHA1' | 'SHA2-256';
  /** `FQDN a.example.com`, `IPV4 10.1.1.1`. */
  readonly names?: readonly string[];
  readonly ca?: boolean;
  readonly keyUsage?: readonly string[];
  readonly extendedKeyUsage?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** A revocation list of an example. */
export interface ExampleCrl {
  /** The file whose first certificate issues it. */
  readonly crlOf: string;
  readonly nextUpdate?: string;
  /** Files whose first certificates it revokes. */
  readonly revoked?: readonly string[];
}

/** Something in a file that is told apart by one of these words. */
export type ExampleFileContent =
  | ExampleCertificate
  | ExampleCrl
  | { readonly text: string }
  | { readonly privateKey: true };

/** Further settings that make an example complete. */
export interface RuleExample {
  /** Text in batch form; for pair rules the first system. */
  readonly text: string;
  /** A second file of the first system. */
  readonly more?: string;
  /** Pair rules: the second system. */
  readonly peer?: string;
  /** YAML of an inventory, where the rule needs one. */
  readonly inventory?: string;
  /** Packets of captures, as `outbound TCP 10.1.1.1:4000 > 10.2.2.2:80`. */
  readonly traffic?: readonly string[];
  /** Sentences of an assertion file of the repository. */
  readonly assertions?: string;
  /** Guidance profiles that must be on. */
  readonly profiles?: readonly string[];
  readonly asOf?: string;
  /** Peers whose products are known: by name, with an address or range each. */
  readonly peers?: Readonly<Record<string, { readonly address: string; readonly product: PeerProfileName }>>;
  /** What other peers are taken for. */
  readonly peerProfile?: PeerProfileName;
  /** Files beside the records, by their paths as the records name them; those that others refer to come first. */
  readonly files?: Readonly<Record<string, readonly ExampleFileContent[]>>;
  /** Facts about the first system, where the rule needs them. */
  readonly host?: Partial<HostFacts>;
  /** Facts about the second system, named `b`, and about further hosts of the inventory. */
  readonly hosts?: readonly (Partial<HostFacts> & Pick<HostFacts, 'name'>)[];
}

interface RuleTexts {
  /** Stable, as `SHD001`. */
  readonly code: string;
  /** Names the fault, as `shadowed`; also the file's name. */
  readonly slug: string;
  readonly severity: Severity;
  readonly summary: string;
  /** Why it matters: two or three sentences. */
  readonly rationale: string;
  /** RFC sections, manual pages. */
  readonly references: readonly string[];
  /** Off unless selected, or a profile turns it on. */
  readonly optional?: boolean;
  /**
   * What its findings rest on, so that they can be held back where something could not be read: the records that they name
   * and point at, or only the values that they point at. By family unless told (doubt.ts).
   */
  readonly restsOn?: 'records' | 'values';
  /** Kinds of records whose absence it reports. */
  readonly absenceOf?: readonly string[];
  /** It judges what records leave open, and has nothing to say about other products' configurations. */
  readonly recordsOnly?: boolean;
  /** Each must be reported by this rule. */
  readonly bad: readonly (string | RuleExample)[];
  /** None may be reported by this rule. */
  readonly good: readonly (string | RuleExample)[];
}

/** Looks at one system's records and configuration. */
export interface SystemRule extends RuleTexts {
  readonly scope: 'system';
  check(context: SystemContext): Iterable<RuleFinding>;
  /**
   * The same fault in another product's configuration, where `check` reads records, of which there are none. Rules whose
   * `check` reads the SystemConfig alone need no second form.
   */
  imported?(context: SystemContext): Iterable<RuleFinding>;
}

/** Looks at two systems that protect traffic towards each other; each pair is given once, `a` before `b` by name. */
export interface PairRule extends RuleTexts {
  readonly scope: 'pair';
  check(context: PairContext): Iterable<RuleFinding>;
}

/** Looks at all systems together. */
export interface RepositoryRule extends RuleTexts {
  readonly scope: 'repository';
  check(context: RepositoryContext): Iterable<RuleFinding>;
}

/** Reports what reading the text found (parser and binder use the rule's code); it has no check of its own. */
export interface ReadingRule extends RuleTexts {
  readonly scope: 'reading';
}

export type Rule = SystemRule | PairRule | RepositoryRule | ReadingRule;

/** Declares a rule; the shape is checked by the compiler, codes and slugs by the registry's test. */
export function defineRule<R extends Rule>(rule: R): R {
  return rule;
}
