/** A verdict about a pair of swanctl.conf, in the words in which charon itself was recorded. */

/** Names of algorithms are strongSwan's own; null stands for none. */
export interface SaAlgorithms {
  readonly 'encr-alg': string | null;
  readonly 'encr-keysize': string | null;
  readonly 'integ-alg': string | null;
  readonly 'dh-group': string | null;
}

export interface PairVerdict {
  /** False where a daemon does not take all of its configuration; absent in a recording: nobody has looked. */
  readonly loaded?: boolean;
  readonly ike: boolean;
  readonly child: boolean;
  readonly ikeSa?: SaAlgorithms & { readonly version: string; readonly 'prf-alg': string | null };
  readonly childSa?: SaAlgorithms & {
    readonly mode: string;
    readonly protocol: string;
    readonly 'local-ts': readonly string[];
    readonly 'remote-ts': readonly string[];
  };
  /** Error notifications that the initiator's log names, in its long and short form. */
  readonly notifies: readonly string[];
  readonly initiatorTimedOut: boolean;
  /** Only where a Child SA came about. */
  readonly rekey?: boolean;
  readonly rekeyDh?: string | null;
  readonly rekeyNotifies?: readonly string[];
}

export interface Pair {
  readonly id: string;
  readonly mutations?: readonly string[];
  readonly left: string;
  readonly right: string;
  /** What lies in swanctl's folders beside each configuration, by its path there; absent: nothing. */
  readonly files?: { readonly left: readonly string[]; readonly right: readonly string[] };
}

/** Nothing comes about, and nobody says anything. */
export const nothing: PairVerdict = { ike: false, child: false, notifies: [], initiatorTimedOut: false };

/** Judges a pair: left initiates. */
export type Judge = (pair: Pair) => PairVerdict | Promise<PairVerdict>;

/** The fields that are compared; those of SAs by their own names. */
export function fieldsOf(verdict: PairVerdict): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const put = (name: string, value: unknown) => {
    if (value !== undefined) fields.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  };
  put('loaded', verdict.loaded ?? true);
  put('ike', verdict.ike);
  put('child', verdict.child);
  for (const [name, value] of Object.entries(verdict.ikeSa ?? {})) put(`ikeSa.${name}`, value);
  for (const [name, value] of Object.entries(verdict.childSa ?? {})) put(`childSa.${name}`, value);
  put('notifies', [...verdict.notifies].sort());
  put('initiatorTimedOut', verdict.initiatorTimedOut);
  put('rekey', verdict.rekey ?? undefined);
  if (verdict.rekey !== undefined && verdict.rekey !== null) {
    put('rekeyDh', verdict.rekeyDh ?? null);
    put('rekeyNotifies', [...(verdict.rekeyNotifies ?? [])].sort());
  }
  return fields;
}

export interface Disagreement {
  readonly field: string;
  readonly real: string | undefined;
  readonly ours: string | undefined;
}

/** Every field in which two verdicts differ. */
export function compareVerdicts(real: PairVerdict, ours: PairVerdict): Disagreement[] {
  const [a, b] = [fieldsOf(real), fieldsOf(ours)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((field) => a.get(field) !== b.get(field) && (field !== 'loaded' || real.loaded !== undefined))
    .map((field) => ({ field, real: a.get(field), ours: b.get(field) }));
}
