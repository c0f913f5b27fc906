import type { Fix } from '../../../model/finding.js';
import { isLongerLifetime } from '../../../model/peer/child.js';
import type { Walk } from '../../../model/peer/steps.js';
import type { IkeRecord } from '../../../model/record/ike.js';
import type { EntrySource, IkePolicy } from '../../../model/system-config.js';
import type { PairContext } from '../../context.js';
import { bySide, mutualWalks, type Side } from '../../pair-analysis.js';
import { examplePair } from '../../pair-examples.js';
import { ofSystem, pairFinding, recordOf } from '../../pair-finding.js';
import { recordText } from '../../places.js';
import { defineRule, type RuleFinding } from '../../rule.js';

const policy = '-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256';
const v1 = '-kmp IKEV1 -preshared file:keys/a-b.psk';

/** Further records that are told. */
const notesMax = 8;
/** One side's lifetime is made this much shorter. */
const jitter = 0.9;
/** No lifetime may be shorter. */
const lifetimeMin = 600;

export default defineRule({
  scope: 'pair',
  code: 'PEER010',
  slug: 'lifetime-skew',
  severity: 'warning',
  summary: 'Lifetimes make both ends rekey at the same time, or one end shorten what the other proposed.',
  rationale:
    'IKEv2 does not negotiate lifetimes: each end rekeys by its own, and with equal values both start at once. Colliding rekeys are where implementations lose SAs. In IKEv1 a responder with a shorter lifetime accepts and notifies its own; strict ones refuse the proposal.',
  references: ['RFC 7296 §2.8', 'RFC 7296 §2.8.1', 'RFC 2407 §4.5.4', 'ipsec_config(1M)'],
  bad: [
    examplePair({ ike: `${policy} -life 28800` }, { ike: `${policy} -life 28800` }),
    examplePair(
      { auth: v1, host: '-action ESP_AES128_HMAC_SHA1/28800' },
      { auth: v1, host: '-action ESP_AES128_HMAC_SHA1/3600' },
    ),
  ],
  good: [
    examplePair(
      { ike: `${policy} -life 28800`, host: '-action ESP_AES128_HMAC_SHA2_256/7200' },
      { ike: `${policy} -life 25200`, host: '-action ESP_AES128_HMAC_SHA2_256/6300' },
    ),
    examplePair({ auth: v1 }, { auth: v1 }),
  ],
  *check(pair) {
    const skews = new Map<string, Skew[]>();
    const seen = new Set<string>();
    for (const walk of mutualWalks(pair)) {
      if (walk.outcome === 'fails') continue;
      for (const skew of skewsOf(walk)) {
        const records = `${skew.what} ${skew.a.record.kind} ${skew.a.record.name} ${skew.b.record.name}`;
        // Equal lifetimes are one cause, however many records have them.
        const key = skew.kind === 'equal' ? 'equal' : records;
        if (seen.has(records)) continue;
        seen.add(records);
        const list = skews.get(key);
        if (list) list.push(skew);
        else skews.set(key, [skew]);
      }
    }
    for (const [first, ...also] of skews.values()) if (first) yield* report(pair, first, also);
  },
});

interface Skew {
  readonly kind: 'equal' | 'longer';
  readonly what: 'IKE SA' | 'SAs';
  readonly a: EntrySource;
  readonly b: EntrySource;
  readonly seconds: Readonly<Record<Side, number>>;
  readonly initiator: Side;
  /** The preloaded policies stand nowhere: then these are pointed at. */
  readonly entries: Readonly<Record<Side, EntrySource>>;
  /** The IKE policy whose lifetime is the one to change; that no negotiation notices, but the peer is treated otherwise. */
  readonly adjustable?: { readonly side: Side; readonly policy: IkePolicy };
}

function skewsOf({ ike, steps, flow, initiator, initiatorTemplate, responderTemplate }: Walk): Skew[] {
  const found: Skew[] = [];
  const skew = (
    what: Skew['what'],
    mine: EntrySource,
    theirs: EntrySource,
    seconds: readonly [number, number],
  ): void => {
    const kind = kindOf(ike?.version, ...seconds);
    if (!kind) return;
    const sides = bySide(initiator, mine, theirs);
    const values = bySide(initiator, ...seconds);
    const policies = bySide(initiator, ike?.initiatorPolicy, ike?.responderPolicy);
    found.push({
      kind,
      what,
      a: sides.a,
      b: sides.b,
      seconds: values,
      initiator,
      entries: { a: flow.a.entry.source, b: flow.b.entry.source },
      ...(what === 'IKE SA' && policies.b ? { adjustable: { side: 'b' as const, policy: policies.b } } : {}),
    });
  };
  if (ike?.initiatorPolicy && ike.responderPolicy) {
    skew('IKE SA', ike.initiatorPolicy.source, ike.responderPolicy.source, [
      ike.initiatorPolicy.lifetimeSeconds.value,
      ike.responderPolicy.lifetimeSeconds.value,
    ]);
  }
  const step = steps.find(({ kind }) => kind === 'lifetime');
  if (step?.kind === 'lifetime' && responderTemplate) {
    skew('SAs', initiatorTemplate.source, responderTemplate.source, [step.initiatorSeconds, step.responderSeconds]);
  }
  return found;
}

function kindOf(version: 1 | 2 | undefined, mine: number, theirs: number): Skew['kind'] | undefined {
  if (version === 2) return mine === theirs && mine !== 0 ? 'equal' : undefined;
  return version === 1 && isLongerLifetime(mine, theirs) ? 'longer' : undefined;
}

function textOf(pair: PairContext, { kind, what, a, b, seconds, initiator }: Skew): string {
  const names = `${ofSystem(pair.a, a)} and ${ofSystem(pair.b, b)}`;
  const words = (value: number) => (value === 0 ? 'without end' : `${value} seconds`);
  if (kind === 'equal') return `${names} both rekey the ${what} after ${words(seconds.a)}`;
  const [mine, theirs] = initiator === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
  const [long, short] = initiator === 'a' ? [seconds.a, seconds.b] : [seconds.b, seconds.a];
  return `${mine.name} proposes a lifetime of ${words(long)} for the ${what} of ${names}, ${theirs.name} allows ${words(short)}`;
}

function report(pair: PairContext, skew: Skew, also: readonly Skew[]): RuleFinding[] {
  const { kind, a, b, adjustable } = skew;
  const fixes: Fix[] = [];
  const record = adjustable && (recordOf(pair[adjustable.side], adjustable.policy.source) as IkeRecord | undefined);
  const seconds = skew.seconds[adjustable?.side ?? 'b'];
  const shorter = Math.floor(seconds * jitter);
  if (
    kind === 'equal' &&
    record?.kind === 'ikev2' &&
    record.lifeSeconds.origin.kind === 'explicit' &&
    shorter >= lifetimeMin
  ) {
    fixes.push({
      safety: 'unsafe',
      title: `let ${recordText(record)} of ${pair[adjustable?.side ?? 'b'].name} rekey after ${shorter} seconds`,
      edits: [{ at: record.lifeSeconds.origin.at, newText: String(shorter) }],
    });
  }
  return pairFinding(pair, [a, skew.entries.a], [b, skew.entries.b], {
    message: kind === 'equal' ? `${textOf(pair, skew)}, at the same time` : textOf(pair, skew),
    notes: also.slice(0, notesMax).map((other) => textOf(pair, other)),
    help:
      kind === 'equal'
        ? 'make the lifetime of one side about a tenth shorter, so that it is the one to rekey'
        : 'write the same lifetime on both sides',
    fixes,
    origin: (each) => ('lifeSeconds' in each ? (each as IkeRecord).lifeSeconds.origin : undefined),
  });
}
