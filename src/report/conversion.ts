/** What a conversion came to, as data for `--json` and as text. */
import type { Style } from './style.js';
import { plainStyle } from './style.js';
import { visible } from './visible.js';

export interface PlaceDocument {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface ConversionDocument {
  readonly system: string;
  readonly from: { readonly format: string; readonly files: readonly string[] };
  readonly to: { readonly format: string; readonly version?: string };
  readonly files: readonly ConvertedFileDocument[];
  /** What did not survive. */
  readonly losses: readonly LossDocument[];
  /** What was wrong with the original, or not understood of it. */
  readonly problems: readonly ProblemDocument[];
  readonly proof?: ProofDocument;
}

export interface ConvertedFileDocument {
  /** As the product calls it. */
  readonly path: string;
  /** It holds keys. */
  readonly secret: boolean;
  /** Where it was written; absent where it was not. */
  readonly written?: string;
  /** Its text, keys masked. */
  readonly text: string;
}

export interface LossDocument {
  readonly effect: 'packets' | 'negotiation' | 'local';
  readonly message: string;
  readonly place?: PlaceDocument;
  readonly remedy?: string;
}

export interface ProblemDocument {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly place: PlaceDocument;
  readonly help?: string;
}

export interface ProofDocument {
  readonly proved: boolean;
  /** Sets of packets that are treated otherwise, with an example each. */
  readonly packets: readonly {
    readonly traffic: 'host' | 'forward';
    readonly before: string;
    readonly after: string;
    readonly packets: readonly string[];
    readonly witness: string;
  }[];
  /** Comparing packets was cut off: there may be more differences. */
  readonly truncated: boolean;
  readonly peers: number;
  readonly negotiations: readonly {
    /** The address of a peer that mirrors the original, or the name of one that was given. */
    readonly peer: string;
    readonly given: boolean;
    readonly initiator: 'system' | 'peer';
    readonly packet: string;
    readonly outcome: string;
    /** The original comes to an SA. */
    readonly works: boolean;
    readonly differences: readonly { readonly what: string; readonly before: string; readonly after: string }[];
  }[];
  readonly notes: readonly string[];
}

/** Sets of packets that are shown of one difference. */
const shownMax = 8;

/** The texts of the files, each under its name where there are several. Keys are masked. */
export function renderConverted({ files }: ConversionDocument): string {
  const [only, ...more] = files;
  if (only && more.length === 0) return only.text;
  return files.map(({ path, text }) => `# ${path}\n${text}`).join('\n');
}

/** Lines about what did not survive, and about the proof. */
export function* renderReport(document: ConversionDocument, style: Style = plainStyle): Generator<string> {
  const { problems, losses, files, proof } = document;
  for (const { written, secret } of files)
    if (written !== undefined) yield `wrote ${visible(written)}${secret ? ', which holds keys (mode 0600)' : ''}`;
  for (const problem of problems) {
    const { code, severity, message, place, help } = problem;
    const paint = severity === 'error' ? style.red : style.yellow;
    yield `${paint(`${severity} ${code}`)} ${visible(message)}   ${style.dim(placeText(place))}`;
    if (help !== undefined) yield `    ${visible(help)}`;
  }
  if (losses.length > 0) yield style.bold(`did not survive (${losses.length}):`);
  for (const { effect, message, place, remedy } of losses) {
    const paint = effect === 'packets' ? style.red : effect === 'negotiation' ? style.yellow : style.dim;
    yield `  ${paint(effect.padEnd(11))} ${visible(message)}${place ? `   ${style.dim(placeText(place))}` : ''}`;
    if (remedy !== undefined) yield `              ${visible(remedy)}`;
  }
  if (losses.length === 0) yield 'everything survived';
  if (proof) yield* renderProof(proof, style);
}

function placeText({ path, line, column }: PlaceDocument): string {
  return `${visible(path)}:${line}:${column}`;
}

function* renderProof(proof: ProofDocument, style: Style): Generator<string> {
  const { proved, packets, truncated, negotiations, peers, notes } = proof;
  for (const { traffic, before, after, packets: sets, witness } of packets) {
    yield `${traffic === 'forward' ? 'forwarded: ' : ''}${style.red(visible(before))} -> ${style.green(visible(after))}`;
    for (const set of sets.slice(0, shownMax)) yield `    ${set}`;
    if (sets.length > shownMax) yield style.dim(`    ... ${sets.length - shownMax} more`);
    yield style.dim(`    for example ${witness}`);
  }
  if (truncated) yield style.yellow('there may be more packets that are treated otherwise: comparing them was cut off');
  for (const { peer, given, initiator, packet, outcome, works, differences } of negotiations) {
    const isSame = differences.length === 0;
    // With a real peer it counts what comes about, too: forms that fail alike are alike, and no tunnel.
    if (isSame && !given) continue;
    const alike = !isSame ? '' : works ? ': works in both forms' : ': in both forms ';
    yield `negotiation with ${visible(peer)}, started by the ${initiator}, for ${visible(packet)}${alike}${isSame && !works ? style.yellow(visible(outcome)) : ''}`;
    for (const { what, before, after } of differences)
      yield `    ${what}: ${style.red(visible(before))} -> ${style.green(visible(after))}`;
  }
  for (const note of notes) yield style.dim(`note: ${visible(note)}`);
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const differing = negotiations.filter(({ differences }) => differences.length > 0).length;
  yield proved
    ? style.green(
        `proved: every packet is treated alike, and ${count(negotiations.length, 'negotiation')} with ${count(peers, 'peer')} come to the same`,
      )
    : style.red(
        `not proved: ${count(packets.length, 'set')} of packets and ${count(differing, 'negotiation')} of ${negotiations.length} differ`,
      );
}
