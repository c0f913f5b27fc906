/** A dry run as plain data: what `negotiate --json` prints, and what the text is made from. It holds no key. */

export type VerdictWord =
  /** Packets pass both ways, protected, to the end of the run. */
  | 'works'
  /** A live peer has agreed to all of it; no packet was sent. */
  | 'agreed'
  /** They did until the first rekey. */
  | 'until-rekey'
  | 'fails'
  /** The initiator's records let it respond only. */
  | 'waits'
  /** SAs come about, but packets do not pass them. */
  | 'no-traffic'
  /** In the clear, as the policies say. */
  | 'clear'
  /** In the clear because negotiation failed and the policy allows it then. */
  | 'fallback'
  | 'discarded'
  | 'undecided';

/** A record or entry by what people call it, and its place. */
export interface RecordPlace {
  readonly system: string;
  readonly kind: string;
  readonly name: string;
  readonly path?: string;
  readonly line?: number;
}

export interface NegotiationDocument {
  /** Empty for a live peer: such a run cannot be repeated. */
  readonly seed: string;
  readonly beginsAt: string;
  /** The live peer that was asked; `ownPort`: it saw this UDP port instead of 500. */
  readonly against?: { readonly address: string; readonly port: number; readonly ownPort?: number };
  readonly systems: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    /** Whose behaviour is imitated. */
    readonly profile: string;
    /** What carries its packets, where something is known of it. */
    readonly dataPath?: 'kernel' | 'libipsec';
    readonly files: readonly string[];
  }[];
  /** Do all runs come to a good end, and could everything be read? */
  readonly good: boolean;
  /** What could not be read: as long as there is something, no verdict is sure. */
  readonly problems: readonly ReadingProblemDocument[];
  readonly runs: readonly RunDocument[];
  /** What the answer rests on that the files do not say. */
  readonly assumptions: readonly string[];
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

/** An error of reading; `policy lint` tells more of it. */
export interface ReadingProblemDocument {
  readonly system: string;
  /** Code of the lint rule. */
  readonly code: string;
  readonly message: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly help?: string;
}

export interface RunDocument {
  readonly initiator: string;
  readonly responder: string;
  readonly packet: string;
  /** The policies that the packet meets. */
  readonly policies: { readonly initiator?: RecordPlace; readonly responder?: RecordPlace };
  readonly verdict: VerdictDocument;
  readonly chosen: ChosenDocument;
  readonly sides: readonly SideDocument[];
  readonly failure?: FailureDocument;
  /** What mends it: each was simulated before it was written down. */
  readonly suggestions: readonly SuggestionDocument[];
  readonly traffic: TrafficDocument;
  /** What is worth knowing although it works. */
  readonly warnings: readonly string[];
  readonly messages: readonly MessageDocument[];
  /** Milliseconds of virtual time that the run took. */
  readonly duration: number;
}

export interface VerdictDocument {
  readonly word: VerdictWord;
  readonly good: boolean;
  /** One sentence without a full stop. */
  readonly text: string;
  /** Where it failed: `IKE proposals`. */
  readonly step?: string;
  /** Milliseconds after the beginning. */
  readonly at?: number;
}

export interface ChosenDocument {
  readonly ike?: {
    readonly version: 1 | 2;
    readonly exchange?: 'main' | 'aggressive';
    readonly transforms: string;
    readonly initiatorId?: string;
    readonly responderId?: string;
    readonly records: readonly RecordPlace[];
  };
  readonly children: readonly {
    readonly protocol: 'ESP' | 'AH';
    readonly mode: 'transport' | 'tunnel';
    readonly transforms: string;
    readonly selectors: readonly string[];
    readonly lifetime: string;
    readonly udpEncapsulation: boolean;
    readonly records: readonly RecordPlace[];
  }[];
}

/** What one system saw and decided. */
export interface SideDocument {
  readonly system: string;
  readonly role: 'initiator' | 'responder' | 'other';
  /** Sentences in the order of events. */
  readonly view: readonly string[];
}

export interface FailureDocument {
  readonly code: string;
  readonly attempt: string;
  readonly foundBy: string;
  readonly reason: string;
  readonly rfc?: string;
  /** The error on the wire: `NO_PROPOSAL_CHOSEN`; absent where nothing was said. */
  readonly notify?: string;
  /** The first attribute that differs, and what either side has for it. */
  readonly difference?: DifferenceDocument;
  /** All attributes, offered and accepted. */
  readonly comparison: readonly DifferenceDocument[];
  readonly records: readonly RecordPlace[];
  /** What each product's log would say. */
  readonly logs: readonly LogDocument[];
}

export interface DifferenceDocument {
  readonly attribute: string;
  readonly offered: readonly string[];
  readonly accepted: readonly string[];
  readonly common: readonly string[];
}

export interface LogDocument {
  readonly product: string;
  readonly system: string;
  /** The system is known to run this product. */
  readonly own: boolean;
  readonly role: 'initiator' | 'responder';
  readonly lines: readonly string[];
  readonly source: string;
}

/** Changes that mend a negotiation together; usually one. */
export interface SuggestionDocument {
  readonly changes: readonly ChangeDocument[];
}

export interface ChangeDocument {
  readonly system: string;
  /** `add 14 to -group of ikev2 'a_ike'`. */
  readonly title: string;
  readonly place?: RecordPlace;
  /** Where the text changes. */
  readonly at?: { readonly path: string; readonly line: number };
  /** Lines of a difference, `-` and `+` first; keys masked. */
  readonly diff: readonly string[];
}

export interface TrafficDocument {
  readonly sent: number;
  readonly arrived: number;
  readonly inTheClear: number;
  readonly childRekeys: number;
  readonly ikeRekeys: number;
  /** Systems that took packets without protection which their peer protects. */
  readonly acceptsClear: readonly string[];
  /** SAs at the end whose other end is missing. */
  readonly unmatched: readonly string[];
}

/** One packet on the wire. */
export interface MessageDocument {
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  /** `IKE_AUTH 1 R`, `ESP`. */
  readonly title: string;
  /** `HDR, SK {IDr, AUTH, SAr2, TSi, TSr}`. */
  readonly text: string;
  /** Why it did not arrive. */
  readonly lost?: string;
  readonly repetition?: number;
  readonly purpose?: string;
  readonly phase: 'setup' | 'traffic' | 'rekey' | 'other';
  /** Fields, for `--trace payloads`; `decrypted` marks a payload that was encrypted on the wire. */
  readonly fields?: readonly FieldDocument[];
  /** What was decided before it was sent and when it was received, with the records that decided; for `--trace payloads`. */
  readonly decisions?: readonly DecisionDocument[];
  /** The IP packet in hexadecimal, for `--trace bytes`. */
  readonly octets?: string;
}

export interface FieldDocument {
  readonly depth: number;
  /** `name: value`, or the name of what has fields of its own. */
  readonly text: string;
  readonly decrypted?: true;
}

export interface DecisionDocument {
  readonly system: string;
  /** A sentence without its subject, which is the system, and without a full stop. */
  readonly text: string;
  readonly records: readonly RecordPlace[];
}

/** A pair of a matrix. */
export interface MatrixPair {
  readonly a: string;
  readonly b: string;
  readonly word: VerdictWord | 'nothing-to-negotiate';
  readonly good: boolean;
  readonly runs: number;
  /** What the first run that fails says. */
  readonly text?: string;
  readonly initiator?: string;
}

export interface MatrixDocument {
  readonly seed: string;
  readonly systems: readonly string[];
  /** Do all pairs come to a good end, and could everything be read? */
  readonly good: boolean;
  /** What could not be read: verdicts about these systems are not sure. */
  readonly problems: readonly ReadingProblemDocument[];
  readonly pairs: readonly MatrixPair[];
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
}
