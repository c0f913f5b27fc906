/** Begins the exchanges of CREATE_CHILD_SA that tasks ask for. */
import type { KeyExchangeTransform } from '../../../model/transform.js';
import type { FailureCode } from '../../failure.js';
import { attemptPayloads, proposeChild } from '../child-offer.js';
import type { ChildAttempt } from '../child-sa.js';
import { recordsOf } from '../failures.js';
import type { IkeSa } from '../ike-sa.js';
import { childBecomes } from '../lifecycle.js';
import { hopelessRetryMillis, nonceOctets } from '../limits.js';
import type { IkeAttempt, Task } from '../tasks.js';
import { sendRequest } from '../transport.js';
import { giveUpRequest, recordText, report, type Turn } from '../turn.js';
import { proposeIkeRekey, rekeyPayloads } from './rekey-ike.js';

type ChildTask = Extract<Task, { kind: 'create-child' | 'rekey-child' }>;

/** Another try with the group that INVALID_KE_PAYLOAD named. */
export interface Again<A> {
  readonly group: KeyExchangeTransform;
  readonly attempt: A;
}

/** Asks for a Child SA, or for the successor of one. */
export function sendChildRequest(turn: Turn, sa: IkeSa, task: ChildTask, again?: Again<ChildAttempt>): void {
  const purpose = task.kind === 'rekey-child' ? task.child.purpose : task.request;
  const hinted = sa.groupHints.get(recordText(purpose.template.source));
  const group = again?.group ?? hinted;
  const attempt = proposeChild(turn, sa, {
    purpose,
    ...(task.kind === 'create-child' ? { request: task.request } : { replaces: task.child }),
    own: {
      ni: turn.env.provider.random(nonceOctets),
      ...(group ? { group } : {}),
      groups: again?.attempt.groups ?? [],
    },
  });
  if (!attempt) {
    cannot(turn, sa, task);
    return;
  }
  if (task.kind === 'rekey-child') {
    if (task.child.state === 'Installed') childBecomes(task.child, 'rekey sent');
    sa.current = { kind: 'rekey-child', task, attempt };
  } else sa.current = { kind: 'create-child', task, attempt };
  sendRequest(turn, sa, {
    exchange: 'CREATE_CHILD_SA',
    payloads: attemptPayloads(attempt),
    purpose: task.kind === 'rekey-child' ? 'rekey of Child SA' : 'new Child SA',
  });
}

function cannot(turn: Turn, sa: IkeSa, task: ChildTask): void {
  const { template } = task.kind === 'rekey-child' ? task.child.purpose : task.request;
  const code: FailureCode = 'no-child-proposal';
  report(turn, sa, {
    code,
    attempt: task.kind === 'rekey-child' ? 'rekeying of the Child SA' : 'Child SA',
    foundBy: 'us',
    role: 'initiator',
    text: `no proposal of ${recordText(template.source)} can be used: the algorithms are not implemented`,
    records: [template.source],
  });
  if (task.kind === 'create-child') giveUpRequest(turn, task.request, hopelessRetryMillis);
  turn.touched.add(sa);
}

/** Asks for the successor of an IKE SA. */
export function sendIkeRekey(
  turn: Turn,
  sa: IkeSa,
  task: Extract<Task, { kind: 'rekey-ike' }>,
  again?: Again<IkeAttempt>,
): void {
  const attempt = proposeIkeRekey(turn, sa, {
    ...(again ? { group: again.group } : {}),
    groups: again?.attempt.groups ?? [],
  });
  if (!attempt) {
    report(turn, sa, {
      code: 'no-ike-proposal',
      attempt: 'rekeying of the IKE SA',
      foundBy: 'us',
      role: 'initiator',
      text: 'no IKE proposal can be used: the algorithms are not implemented',
      records: recordsOf(sa),
    });
    return;
  }
  sa.current = { kind: 'rekey-ike', task, attempt };
  const payloads = rekeyPayloads(attempt);
  sendRequest(turn, sa, { exchange: 'CREATE_CHILD_SA', payloads, purpose: 'rekey of IKE SA' });
}
