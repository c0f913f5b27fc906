/** What the clock brings — RFC 7296 §2.4, §2.8: repetitions, lifetimes, liveness, keepalives. */

import type { Failure } from '../failure.js';
import { livenessSeconds } from './established.js';
import { adoptCollision } from './exchanges/rekey-ike.js';
import { endSaInit } from './exchanges/sa-init.js';
import { recordsOf } from './failures.js';
import type { IkeSa } from './ike-sa.js';
import { keepaliveSeconds } from './limits.js';
import { reauthenticate } from './reauthenticate.js';
import { closeIkeSa, startSending } from './table.js';
import { patient } from './tasks.js';
import { repeatRequest } from './transport.js';
import { ignore, report, setTimer, type TimerKind, type Turn } from './turn.js';

/** A timer of an IKE SA has run out. */
export function onTimer(turn: Turn, sa: IkeSa, kind: TimerKind): void {
  const { now } = turn;
  turn.touched.add(sa);
  switch (kind) {
    case 'retransmit':
      if (!repeatRequest(turn, sa)) onNoAnswer(turn, sa);
      break;
    case 'hint':
      if (sa.state.state === 'AwaitSaInitResponse') endSaInit(turn, sa, sa.state, sa.policy!);
      break;
    case 'half-open':
      onAbandoned(turn, sa);
      break;
    case 'rekey':
      if (sa.state.state === 'Established' && !sa.queue.some((task) => task.kind === 'rekey-ike'))
        sa.queue.push({ kind: 'rekey-ike', ...patient });
      break;
    case 'reauthenticate':
      reauthenticate(turn, sa);
      break;
    case 'expire':
      sa.queue.unshift({
        kind: 'delete-ike',
        why: sa.state.state === 'Replaced' ? 'it was rekeyed' : 'its lifetime is over',
      });
      break;
    case 'liveness':
      onLiveness(turn, sa);
      break;
    case 'keepalive':
      if (now - sa.sentAt >= keepaliveSeconds * 1000) {
        turn.out.push({ kind: 'keepalive', local: sa.local, remote: sa.remote });
        sa.sentAt = now;
      }
      setTimer(turn, sa, 'keepalive', sa.sentAt + keepaliveSeconds * 1000);
      break;
    case 'outbound':
      for (const child of sa.children.values()) startSending(turn, child);
      break;
    case 'retry':
      break;
  }
}

/** The request was sent as often as it may be: the peer is gone, and with it all that it had (RFC 7296 §2.4). */
function onNoAnswer(turn: Turn, sa: IkeSa): void {
  if (sa.state.state === 'AwaitSaInitResponse') {
    endSaInit(turn, sa, sa.state, sa.policy!);
    return;
  }
  const exchange = sa.window.outstanding?.sent.packets[0]?.content.exchange ?? 'the request';
  const why = `nothing came back to ${exchange}`;
  if (sa.state.state !== 'Deleting') {
    const failure: Failure = {
      code: 'timeout',
      attempt:
        sa.current?.kind === 'rekey-child'
          ? 'rekeying of the Child SA'
          : sa.current?.kind === 'rekey-ike'
            ? 'rekeying of the IKE SA'
            : sa.current?.kind === 'create-child'
              ? 'Child SA'
              : 'IKE SA',
      foundBy: 'nobody',
      role: sa.role,
      text: why,
      rfc: 'RFC 7296 §2.4',
      records: recordsOf(sa),
    };
    report(turn, sa, failure);
  }
  const { collision } = sa;
  if (collision && adoptCollision(turn, sa, 'no answer')) {
    collision.sa.queue.push({ kind: 'liveness' });
    turn.touched.add(collision.sa);
  }
  closeIkeSa(turn, sa, 'no answer', sa.state.state === 'Deleting' ? sa.state.why : why);
}

/** Nobody is known to have wanted it: a late copy of an old message begins one as well. */
function onAbandoned(turn: Turn, sa: IkeSa): void {
  if (sa.state.state === 'AwaitAuthRequest') {
    ignore(turn, sa.remote, 'the initiator did not go on with IKE_AUTH: its IKE SA is forgotten', 'RFC 7296 §2.6', sa);
  }
  closeIkeSa(turn, sa, 'abandoned', 'it was never authenticated');
}

/** The peer is asked when it was silent for so long. */
function onLiveness(turn: Turn, sa: IkeSa): void {
  const seconds = livenessSeconds(turn, sa);
  if (seconds <= 0) return;
  const dueAt = sa.heardAt + seconds * 1000;
  if (turn.now < dueAt || sa.window.outstanding) {
    setTimer(turn, sa, 'liveness', Math.max(dueAt, turn.now + 1000));
    return;
  }
  if (!sa.queue.some(({ kind }) => kind === 'liveness')) sa.queue.push({ kind: 'liveness' });
  setTimer(turn, sa, 'liveness', turn.now + seconds * 1000);
}
