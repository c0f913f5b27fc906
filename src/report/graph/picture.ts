/**
 * What a picture shows, as plain data: made from configurations and dry runs in src/services/graph, drawn as Mermaid, DOT or SVG
 * here, and what `policy graph --json` prints. It holds no key.
 */
import { formatMillis } from '../ladder.js';
import type { RecordPlace, VerdictDocument } from '../negotiation/document.js';

export const graphKinds = ['topology', 'nesting', 'spd', 'sequence'] as const;
export type GraphKind = (typeof graphKinds)[number];

export type Picture = TopologyPicture | NestingPicture | SpdPicture | SequencePicture;

/** `network`: addresses of which no system is known. `peer`: a single address at which an SA ends, of a system not known. */
export type NodeKind = 'host' | 'gateway' | 'peer' | 'network';

/** Who protects what towards whom. */
export interface TopologyPicture {
  readonly kind: 'topology';
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

export interface TopologyNode {
  /** Unique in the picture, of letters and digits. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** Addresses. */
  readonly details: readonly string[];
}

export interface TopologyEdge {
  readonly from: string;
  readonly to: string;
  /** `behind`: `to` is reached through `from`, which takes its packets out of a tunnel. */
  readonly kind: 'tunnel' | 'transport' | 'behind';
  /** Transforms; empty for `behind`. */
  readonly label: string;
  /**
   * Of two known systems: do both protect it, and do their records agree? `unknown` where the other end's configuration is
   * not here, or the records alone do not tell.
   */
  readonly state: 'agreed' | 'one-sided' | 'disagree' | 'unknown';
  /** Why they disagree. */
  readonly why?: string;
  readonly records: readonly RecordPlace[];
}

/** Which SAs lie in which, for each policy that protects something. */
export interface NestingPicture {
  readonly kind: 'nesting';
  readonly flows: readonly NestingFlow[];
  readonly notes: readonly string[];
}

export interface NestingFlow {
  readonly system: string;
  /** `host 'web'`. */
  readonly policy: string;
  /** The policies of both ends, where both are known and see the same path. */
  readonly policies: readonly RecordPlace[];
  /** What it selects: `TCP 10.0.0.0/8 <-> 10.2.0.0/16 port 23`. */
  readonly traffic: string;
  /** Where packets come by, the sender's end first. */
  readonly stops: readonly NestingStop[];
  /** Innermost first. */
  readonly sas: readonly NestingSa[];
  /** Stretches [from, to] between stops where packets have no protection at all. */
  readonly clear: readonly (readonly [number, number])[];
}

export interface NestingStop {
  readonly kind: NodeKind;
  readonly name: string;
  readonly details: readonly string[];
}

export interface NestingSa {
  readonly mode: 'transport' | 'tunnel';
  /** `ESP_AES256_GCM16`. */
  readonly label: string;
  /** Numbers of the stops it begins and ends at. */
  readonly from: number;
  readonly to: number;
  readonly record: RecordPlace;
}

/** The order in which policies are searched. */
export interface SpdPicture {
  readonly kind: 'spd';
  readonly lists: readonly SpdList[];
  readonly notes: readonly string[];
}

export interface SpdList {
  readonly system: string;
  /** Packets of the system itself, or those that it forwards. */
  readonly list: 'host' | 'forward';
  readonly rows: readonly SpdRow[];
  /** Rows between the last but one and the last that are not shown. */
  readonly leftOut: number;
}

export interface SpdRow {
  /** Place in the list, from 1. */
  readonly number: number;
  /** `host 'web'`. */
  readonly policy: string;
  readonly place?: RecordPlace;
  readonly priority?: number;
  readonly selectors: readonly string[];
  readonly moreSelectors: number;
  readonly action: 'BYPASS' | 'DISCARD' | 'PROTECT';
  /** `ESP_AES128_HMAC_SHA1 in a tunnel to 192.0.2.1`. */
  readonly treatment: string;
  /**
   * `shadowed`: earlier rows take every packet and treat them otherwise; `redundant`: they treat them as this would; `empty`:
   * it selects no packet; `undecided`: the question costs more than is allowed.
   */
  readonly reach: 'reachable' | 'shadowed' | 'redundant' | 'empty' | 'undecided';
  /** The rows that take its packets, by number. */
  readonly by: readonly number[];
}

/** The messages of one dry run. */
export interface SequencePicture {
  readonly kind: 'sequence';
  /** What was sent: `TCP 192.0.2.1:49152 > 203.0.113.5:443`. */
  readonly packet: string;
  readonly lifelines: readonly string[];
  readonly messages: readonly SequenceMessage[];
  readonly verdict: VerdictDocument;
  readonly notes: readonly string[];
}

export interface SequenceMessage {
  /** Milliseconds after the beginning. */
  readonly at: number;
  /** Numbers of lifelines. */
  readonly from: number;
  readonly to: number;
  /** `IKE_AUTH 1 R`. */
  readonly title: string;
  /** `HDR, SK {IDr, AUTH, SAr2, TSi, TSr}`, with what is remarkable behind it. */
  readonly text: string;
  readonly kind: 'ike' | 'protected' | 'clear';
  /** Why it did not arrive. */
  readonly lost?: string;
}

/** `ikev2 'b_ike' (alpha.conf:7)`. */
export function placeText({ kind, name, path, line }: RecordPlace): string {
  const record = name === '' ? kind : `${kind} '${name}'`;
  return path === undefined ? record : `${record} (${path}${line === undefined ? '' : `:${line}`})`;
}

/** What a packet on the stretch behind a stop is wrapped in, the outermost SA first; empty in the clear. */
export function wrappings({ sas }: NestingFlow, stop: number): readonly NestingSa[] {
  return sas.filter(({ from, to }) => from <= stop && stop < to).reverse();
}

/** `ESP_3DES_HMAC_MD5, tunnel`. */
export function saText({ label, mode }: NestingSa): string {
  return `${label}, ${mode}`;
}

/** The same as lines of text. */
export function wrappingLines(around: readonly NestingSa[]): readonly string[] {
  if (around.length === 0) return ['in the clear'];
  return around.map((sa, depth) => `${depth > 0 ? 'in it ' : ''}${saText(sa)}`);
}

/** What stands at an edge: its label, and what is wrong with it. */
export function edgeLines({ label, state }: TopologyEdge): readonly string[] {
  return [label, ...(state === 'disagree' ? ['does not agree'] : state === 'one-sided' ? ['one end only'] : [])];
}

/** Does no packet come to this row, or none that it treats otherwise than another? */
export function neverMatches({ reach }: SpdRow): boolean {
  return reach === 'shadowed' || reach === 'redundant' || reach === 'empty';
}

/** A row as lines of text: title, selectors, what is remarkable. */
export function rowLines(row: SpdRow): readonly string[] {
  const more = row.moreSelectors > 0 ? [`and ${row.moreSelectors} more`] : [];
  const remark = reachText(row);
  return [rowTitle(row), ...row.selectors, ...more, ...(remark === '' ? [] : [remark])];
}

/** `never matches: row 4 takes every packet of it`; empty for a row that can match. */
export function reachText({ reach, by }: SpdRow): string {
  const rows = `${by.length === 1 ? 'row' : 'rows'} ${by.join(', ')}`;
  switch (reach) {
    case 'shadowed':
      return `never matches: ${rows} ${by.length === 1 ? 'takes' : 'take'} every packet of it`;
    case 'redundant':
      return `needless: ${rows} ${by.length === 1 ? 'treats' : 'treat'} its packets in the same way`;
    case 'empty':
      return 'selects no packet';
    case 'undecided':
      return 'not decided whether it can match';
    case 'reachable':
      return '';
  }
}

/** `PASS`, `DISCARD`, or what protects. */
export function actionText({ action, treatment }: SpdRow): string {
  return action === 'BYPASS' ? 'PASS in the clear' : treatment;
}

/** `20  host 'web'  (priority 10)`. */
export function rowTitle({ number, policy, priority }: SpdRow): string {
  return `${number}  ${policy}${priority === undefined ? '' : `  (priority ${priority})`}`;
}

/** `alpha`, or `alpha, forwarded packets`. */
export function listTitle({ system, list }: SpdList): string {
  return list === 'host' ? system : `${system}, forwarded packets`;
}

/** One line about how a dry run came out. */
export function verdictLine({ verdict }: SequencePicture, word: string): string {
  const step = verdict.step ? ` at: ${verdict.step}` : '';
  return `${word}${step}${verdict.text === '' ? '' : `: ${verdict.text}`}`;
}

/** `30 ms`, `06:28:03`, `2d 03:00:00`. */
export function timeText(millis: number): string {
  const text = formatMillis(millis);
  return /^\d+$/.test(text) ? `${text} ms` : text;
}

/** How a notation draws each kind of picture. */
export type Notation<T> = { readonly [Kind in Picture['kind']]: (picture: Extract<Picture, { kind: Kind }>) => T };

/** A picture in a notation. */
export function drawn<T>(picture: Picture, notation: Notation<T>): T {
  switch (picture.kind) {
    case 'topology':
      return notation.topology(picture);
    case 'nesting':
      return notation.nesting(picture);
    case 'spd':
      return notation.spd(picture);
    case 'sequence':
      return notation.sequence(picture);
  }
}
