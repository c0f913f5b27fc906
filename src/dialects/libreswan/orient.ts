/**
 * Which end of a connection is this system, and which the peer. The product compares both with the addresses of its
 * interfaces; where these are not known, what all connections have in common is taken.
 */
import { type Address, formatAddress } from '../../model/address.js';
import type { ReadContext } from '../common/context.js';
import { spanOf } from '../common/piece.js';
import type { Conn, Side } from './conns.js';
import type { End } from './ends.js';

export interface Oriented {
  readonly conn: Conn;
  readonly local: End;
  readonly remote: End;
}

export interface BothEnds {
  readonly conn: Conn;
  readonly left: End;
  readonly right: End;
}

const key = ({ family, value }: Address) => formatAddress(family, value);

/** Orients connections; those that are none of this system's are left out, and reported. */
export function orient(all: readonly BothEnds[], context: ReadContext): readonly Oriented[] {
  const known = new Set((context.input.addresses ?? []).map(key));
  const counts = countAddresses(all);
  let guessed: BothEnds | undefined;
  const oriented = all.flatMap((ends): Oriented[] => {
    const side = known.size > 0 ? byAddresses(ends, known) : bySigns(ends);
    if (side === 'none') {
      context.partly(
        spanOf(ends.conn.source, ends.conn.at),
        `neither end of '${ends.conn.name}' is an address of ${context.input.name}, so the connection is not used`,
        'correct its addresses, or those of the system in the inventory',
      );
      return [];
    }
    if (side) return [as(ends, side)];
    const guess = byCounts(ends, counts);
    if (!guess.isSure) guessed ??= ends;
    return [as(ends, guess.side)];
  });
  if (guessed)
    context.partly(
      spanOf(guessed.conn.source, guessed.conn.at),
      `which end of '${guessed.conn.name}' is this system cannot be told: left is taken for its own`,
      'tell the system’s addresses in the inventory',
    );
  return oriented;
}

function as({ conn, left, right }: BothEnds, side: Side): Oriented {
  return side === 'left' ? { conn, local: left, remote: right } : { conn, local: right, remote: left };
}

function byAddresses({ left, right }: BothEnds, known: ReadonlySet<string>): Side | 'none' {
  const isOwn = ({ host }: End) => host.kind === 'address' && known.has(key(host.address));
  const may = ({ host }: End) => host.kind === 'own';
  if (isOwn(left)) return 'left';
  if (isOwn(right)) return 'right';
  if (may(left)) return 'left';
  return may(right) ? 'right' : 'none';
}

/** `%defaultroute` is always the own end, and a peer that may be anybody never is. */
function bySigns({ left, right }: BothEnds): Side | undefined {
  const isOwn = ({ host }: End) => host.kind === 'own';
  const isPeer = ({ host }: End) => host.kind === 'any' || host.kind === 'group' || host.kind === 'ranges';
  if (isOwn(left) !== isOwn(right)) return isOwn(left) ? 'left' : 'right';
  if (isPeer(left) !== isPeer(right)) return isPeer(left) ? 'right' : 'left';
  return undefined;
}

function countAddresses(all: readonly BothEnds[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { left, right } of all) {
    for (const { host } of [left, right]) {
      if (host.kind === 'address') counts.set(key(host.address), (counts.get(key(host.address)) ?? 0) + 1);
    }
  }
  return counts;
}

/** The own address is in more connections than any peer's. */
function byCounts({ left, right }: BothEnds, counts: ReadonlyMap<string, number>): { side: Side; isSure: boolean } {
  const count = ({ host }: End) => (host.kind === 'address' ? (counts.get(key(host.address)) ?? 0) : 0);
  const [a, b] = [count(left), count(right)];
  return { side: b > a ? 'right' : 'left', isSure: a !== b };
}
