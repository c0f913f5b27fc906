/** One child of a connection, from the first message to its first rekeying, as the configurations of both ends decide it. */
import { peerProfile } from '../../peer-profile/catalogue.js';
import { isSettingOn } from '../../product-setting.js';
import type { SelectedProposal } from '../../proposal.js';
import type { IkePolicy, PadEntry, SaTemplate } from '../../system-config.js';
import type { Step } from '../steps.js';
import { type AgreedChild, type ChildSide, walkConnectionChild } from './child.js';
import { type ConnectionIkeOutcome, walkToConnections } from './ike.js';
import { provenRounds } from './methods.js';
import type { Refusal, RefusalNotify } from './refusal.js';
import { type RekeyOutcome, walkRekey } from './rekey.js';

export interface Negotiation {
  readonly steps: readonly Step[];
  readonly failure?: Step;
  /** Absent where the initiator cannot even start. */
  readonly ike?: ConnectionIkeOutcome;
  readonly isIkeEstablished: boolean;
  readonly child?: AgreedChild;
  /** What was agreed on for the Child SA. */
  readonly proposal?: SelectedProposal;
  readonly rekey?: RekeyOutcome;
  /** How the attempt ends that fails first. */
  readonly refusal?: Refusal;
  /** What the responder says of the Child SA in the message whose proof the initiator rejects. */
  readonly childAnswer?: RefusalNotify;
  /** What it says of addresses where the Child SA has an exchange of its own. */
  readonly told?: RefusalNotify;
}

/** What an initiator goes by: the PAD entry and IKE policy of the template's connection for a peer's address. */
export function startOf(
  x: ChildSide,
  template: SaTemplate,
  y: ChildSide,
): { pad: PadEntry; policy: IkePolicy } | undefined {
  const { connection } = template;
  const named = connection === undefined ? {} : { connection };
  const pad = x.view.padFor({ local: x.address, remote: y.address, ...named });
  const version = pad?.ikeVersions.value[0];
  const policy = version && x.view.ikePolicy(y.address, version, connection);
  return pad && policy ? { pad, policy } : undefined;
}

/** Negotiates a template of `x` with `y`, whose configuration is one of connections. */
export function negotiateConnection(x: ChildSide, y: ChildSide, template: SaTemplate): Negotiation {
  const start = startOf(x, template, y);
  if (!start) return { steps: [], isIkeEstablished: false, refusal: { kind: 'given-up' } };
  const ike = walkToConnections(x, y, start.pad, start.policy);
  const finish = (
    rest: Omit<Negotiation, 'steps' | 'failure' | 'ike' | 'isIkeEstablished'>,
    more: readonly Step[],
    established: boolean,
  ): Negotiation => {
    const steps = [...ike.steps, ...more];
    const failure = steps.find(({ verdict }) => verdict === 'fail');
    return { steps, ...(failure ? { failure } : {}), ike, isIkeEstablished: established, ...rest };
  };
  if (ike.failure) {
    const childAnswer = answerBesideProof(x, y, template, ike);
    // This error is no matter of the Child SA, and is read before the proof (process_i of ike_auth.c).
    if (childAnswer === 'INVALID_SYNTAX')
      return finish({ refusal: { kind: 'answered', notify: childAnswer } }, [], false);
    return finish(
      { ...(ike.refusal ? { refusal: ike.refusal } : {}), ...(childAnswer ? { childAnswer } : {}) },
      [],
      false,
    );
  }
  const { steps, refusal, child, told } = walkConnectionChild(x, y, template, ike);
  const more = told ? { told } : {};
  if (!child) return finish({ ...(refusal ? { refusal } : {}), ...more }, steps, survives(y, refusal));
  const rekey = walkRekey(x, y, template, ike, child);
  return finish({ child, proposal: child.proposal, rekey, ...more }, [...steps, rekey.step], true);
}

/** IKE_AUTH answers for the Child SA where it proves the responder (RFC 7296 §1.2), with one round of authentication. */
function answerBesideProof(
  x: ChildSide,
  y: ChildSide,
  template: SaTemplate,
  ike: ConnectionIkeOutcome,
): RefusalNotify | undefined {
  const { refusal, version, initiatorPad, responderPad } = ike;
  const isProofRejected = refusal?.kind === 'given-up' && refusal.notify === 'AUTHENTICATION_FAILED';
  if (!isProofRejected || version !== 2 || !initiatorPad || !responderPad) return undefined;
  if ([initiatorPad, responderPad].some((pad) => provenRounds(pad).length > 1)) return undefined;
  if (initiatorPad.childless?.value === 'force' || initiatorPad.childless?.value === 'prefer') return undefined;
  const { refusal: ofChild } = walkConnectionChild(x, y, template, ike);
  return ofChild?.kind === 'answered' ? ofChild.notify : undefined;
}

/** Does the IKE SA outlive the failure of its first Child SA? */
function survives(y: ChildSide, refusal: Refusal | undefined): boolean {
  if (refusal?.kind === 'answered' && refusal.notify === 'INVALID_SYNTAX') return false;
  if (refusal?.kind === 'given-up' && refusal.endsIkeSa) return false;
  const { peerProfile: named } = y.view.config;
  const closes = isSettingOn(y.view.config, 'charon.close_ike_on_child_failure');
  if (closes !== undefined) return !closes;
  return !named || peerProfile(named.value).childFailureEndsIkeSa.value !== 'both';
}
