/**
 * A peer behind a NAT that comes from elsewhere — RFC 7296 §2.23: who is not behind one itself sends to where the last
 * authentic message came from, and Child SAs in UDP go on there with their keys.
 */
import type { Endpoint } from '../input.js';
import { sameAddress } from '../ipsec/bundle.js';
import { movedParameters } from '../ipsec/peer-move.js';
import type { SaId } from '../ipsec/sa.js';
import { type Child, describeChild, saIdOf } from './child-sa.js';
import type { IkeSa } from './ike-sa.js';
import { describeIkeSa, movePeer } from './table.js';
import { emit, outboundKey, type Turn } from './turn.js';

/** Something authentic has come from `remote` to `local`. */
export function follow(
  turn: Turn,
  sa: IkeSa,
  { local, remote }: { readonly local: Endpoint; readonly remote: Endpoint },
): void {
  if (!sa.nat?.peerBehindNat || (sa.nat.localBehindNat && !sa.nat.forced)) return;
  const before = sa.remote;
  if (sameAddress(before.address, remote.address) && before.port === remote.port) return;
  if (before.address.family !== remote.address.family) return;
  movePeer(turn, sa, { local, remote });
  const description = sa.state.state === 'Established' ? describeIkeSa(sa) : undefined;
  if (description) emit(turn, { kind: 'ike-sa', change: 'moved', sa: description });
  const children = [...sa.children.values()].filter(({ udpEncapsulation }) => udpEncapsulation);
  if (children.length === 0) return;
  const sas = children.flatMap((child): SaId[] => [
    ...(child.waitingOutbound ? [] : [saIdOf(child, 'outbound')]),
    saIdOf(child, 'inbound'),
  ]);
  const move = { sas, remote: remote.address, remotePort: remote.port };
  turn.out.push({ kind: 'move', move });
  for (const child of children) {
    if (child.waitingOutbound) child.waitingOutbound = movedParameters(child.waitingOutbound, move);
    rename(turn, sa, child, remote);
    emit(turn, { kind: 'child-sa', change: 'moved', sa: describeChild(child) });
  }
}

function rename({ host }: Turn, ikeSa: IkeSa, child: Child, remote: Endpoint): void {
  const before = outboundKey(saIdOf(child, 'outbound'));
  if (host.outbound.get(before)?.child === child) host.outbound.delete(before);
  child.purpose = { ...child.purpose, ends: { ...child.purpose.ends, remote: remote.address } };
  host.outbound.set(outboundKey(saIdOf(child, 'outbound')), { ikeSa, child });
}
