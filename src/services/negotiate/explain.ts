/** Why a dry run came to nothing: the reason, the first attribute that differs, and what the logs would say. */
import type { FailureCode } from '../../engine/failure.js';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { entriesOf } from '../../engine/sim/trace.js';
import { type FoundFailure, failuresOf, isRekeying, type Verdict } from '../../engine/sim/verdict.js';
import { attributeWord, transformWord } from '../../lint/pair-finding.js';
import { formatExpectation, formatIdentity } from '../../model/peer/identity.js';
import type { Step, Walk } from '../../model/peer/steps.js';
import type { AttributeComparison, ProposalMismatch } from '../../model/proposal.js';
import type { DifferenceDocument, FailureDocument, LogDocument } from '../../report/negotiation/document.js';
import { lossWords } from './messages.js';
import { logsOf } from './product-logs.js';
import type { NegotiatingSystem } from './systems.js';
import { recordPlace } from './view.js';

const stepOfCode: Readonly<Record<FailureCode, string>> = {
  'no-pad-entry': 'authentication records',
  'may-not-initiate': 'who starts',
  'no-ike-policy': 'IKE policies',
  'version-refused': 'IKE version',
  'exchange-refused': 'exchange',
  'no-ike-proposal': 'IKE proposals',
  'invalid-ke': 'key exchange group',
  'identity-refused': 'identities',
  'no-credential': 'credentials',
  'authentication-failed': 'authentication',
  'certificate-refused': 'certificates',
  'no-child-proposal': 'ESP and AH proposals',
  'selectors-unacceptable': 'selectors',
  'mode-mismatch': 'transport or tunnel mode',
  'no-spd-entry': 'policies',
  'no-virtual-address': 'virtual address',
  'virtual-address-required': 'virtual address',
  'data-path': 'data path',
  timeout: 'no answer',
  'peer-error': 'the peer’s answer',
  'invalid-message': 'a message that makes no sense',
  busy: 'the peer is busy',
  deleted: 'the SA was deleted',
  'resource-limit': 'limits',
};

const stepOfKind: Readonly<Record<Step['kind'], string>> = {
  pad: 'authentication records',
  initiate: 'who starts',
  'peer-pad': 'authentication records',
  version: 'IKE version',
  exchange: 'exchange',
  'ike-policy': 'IKE policies',
  method: 'authentication method',
  'ike-proposal': 'IKE proposals',
  identity: 'identities',
  'preshared-key': 'authentication',
  policy: 'policies',
  'peer-policy': 'policies',
  mode: 'transport or tunnel mode',
  configuration: 'virtual address',
  'manual-keys': 'manual keys',
  'child-proposal': 'ESP and AH proposals',
  selectors: 'selectors',
  pfs: 'key exchange group (PFS)',
  lifetime: 'lifetimes',
};

/** Failures that tell less than the records of both sides, compared, do. */
const dim: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'timeout',
  'peer-error',
  'authentication-failed',
  'invalid-message',
  'deleted',
]);

export interface Explanation {
  readonly step: string;
  readonly reason: string;
  readonly failure?: FailureDocument;
}

export interface ExplainQuestion {
  readonly run: NegotiationRun;
  readonly cause: FoundFailure | undefined;
  readonly walks: readonly Walk[];
  readonly systems: readonly NegotiatingSystem[];
}

/** The step that the records of both sides stumble over, if they do. */
export function failingStep(walks: readonly Walk[]): Step | undefined {
  return walks.find(({ failure }) => failure)?.failure;
}

/** Explains a failure, by the side that refused and by what the records of both say. */
export function explain({ run, cause, walks, systems }: ExplainQuestion): Explanation {
  const walk = walks.find(({ failure }) => failure);
  const step = walk?.failure;
  if (!cause) {
    return step
      ? { step: stepOfKind[step.kind], reason: step.text }
      : { step: 'no answer', reason: 'nothing came back, and the records of both sides fit' };
  }
  const { failure, host } = cause;
  const byRecords = step !== undefined && (failure.foundBy !== 'us' || dim.has(failure.code));
  const lost = failure.foundBy === 'nobody' ? lostText(run, host) : undefined;
  const reason = byRecords ? step.text : `${host}: ${lost ?? failure.text}`;
  const mismatch = failure.mismatch ?? mismatchOf(step);
  const version = versionOf(run, walk);
  const comparison = mismatch?.comparison.map((row) => differenceOf(row, version)) ?? [];
  const first = mismatch?.closest?.differing[0];
  // Where each algorithm is on both sides and only not together in one proposal, the closest pair tells what to change.
  const isApart = mismatch?.comparison.every(({ common }) => common.length > 0) === true;
  const rows = isApart ? mismatch.closestComparison : mismatch?.comparison;
  const firstRow = rows?.find(({ attribute }) => attribute === first);
  const difference = firstRow ? differenceOf(firstRow, version) : otherDifference(walk);
  const notify = failure.notify ?? failuresOf(run.trace.entries).find((found) => found.failure.notify)?.failure.notify;
  // In IKEv1 the method is one of the values of a proposal.
  const isMethod = step?.kind === 'method' && failure.code === 'no-ike-proposal';
  const isGroup = first === 'key-exchange' && isRekeying(failure) && failure.code === 'no-child-proposal';
  return {
    step: step && (byRecords || isMethod) ? stepOfKind[step.kind] : isGroup ? stepOfKind.pfs : stepOfCode[failure.code],
    reason,
    failure: {
      code: failure.code,
      attempt: failure.attempt,
      foundBy: failure.foundBy === 'us' ? host : failure.foundBy === 'peer' ? `the peer of ${host}` : 'nobody',
      reason,
      ...(failure.rfc ? { rfc: failure.rfc } : {}),
      ...(notify ? { notify } : {}),
      ...(difference ? { difference } : {}),
      comparison,
      records: failure.records.map((source) => recordPlace(host, source)),
      logs: logs(run, cause, systems, version),
    },
  };
}

/** Nothing could come back where the network carries none of the questions. */
function lostText({ trace }: NegotiationRun, host: string): string | undefined {
  const sent = entriesOf(trace.entries, 'sent').filter((entry) => entry.host === host && entry.ike);
  const losses = entriesOf(trace.entries, 'lost').filter((entry) => entry.host === host);
  const why = new Set(sent.map(({ packet }) => losses.find((entry) => entry.packet === packet)?.why));
  const [reason] = why;
  if (why.size !== 1 || reason === undefined) return undefined;
  const hint = reason === 'nat' ? ', and the system behind it has to start' : '';
  return `nothing came back, as nothing arrived: ${lossWords[reason]}${hint}`;
}

function mismatchOf(step: Step | undefined): ProposalMismatch | undefined {
  if (step?.kind !== 'ike-proposal' && step?.kind !== 'child-proposal' && step?.kind !== 'pfs') return undefined;
  return step.selection.kind === 'mismatch' ? step.selection : undefined;
}

function differenceOf(
  { attribute, offered, accepted, common }: AttributeComparison,
  version: 1 | 2,
): DifferenceDocument {
  return {
    attribute: attributeWord(attribute, version),
    offered: offered.map(transformWord),
    accepted: accepted.map(transformWord),
    common: common.map(transformWord),
  };
}

/** What differs where it is no transform: in the initiator's and the responder's words. */
function otherDifference(walk: Walk | undefined): DifferenceDocument | undefined {
  const step = walk?.failure;
  const [mine, theirs] = [walk?.ike?.initiatorPad, walk?.ike?.responderPad];
  const row = (attribute: string, offered: readonly string[], accepted: readonly string[]): DifferenceDocument => ({
    attribute,
    offered,
    accepted,
    common: offered.filter((value) => accepted.includes(value)),
  });
  switch (step?.kind) {
    case 'version':
      return (
        mine &&
        theirs &&
        row(
          'IKE version',
          [`IKEv${step.version}`],
          theirs.ikeVersions.value.map((version) => `IKEv${version}`),
        )
      );
    case 'exchange':
      return mine && theirs && row('exchange', [mine.exchange.value], [theirs.exchange.value]);
    case 'method':
      return mine && theirs && row('authentication method', [mine.localMethod.value], [theirs.remoteMethod.value]);
    case 'identity': {
      const expecting = step.sender === 'initiator' ? theirs : mine;
      return expecting && row('identity', [formatIdentity(step.sent)], [formatExpectation(expecting)]);
    }
    case 'mode':
      return row('mode', [walk?.initiatorTemplate.mode ?? 'none'], [walk?.responderTemplate?.mode ?? 'none']);
    default:
      return undefined;
  }
}

function versionOf({ trace, initiator }: NegotiationRun, walk: Walk | undefined): 1 | 2 {
  if (walk?.ike?.version) return walk.ike.version;
  for (const entry of trace.entries)
    if (entry.kind === 'sent' && entry.ike && entry.host === initiator)
      return entry.ike.content.message.header.version.major === 1 ? 1 : 2;
  return 2;
}

/** The logs of both sides: each side's first failure of its own. */
function logs(
  { trace }: NegotiationRun,
  cause: FoundFailure,
  systems: readonly NegotiatingSystem[],
  version: 1 | 2,
): LogDocument[] {
  const failures = failuresOf(trace.entries);
  return systems.flatMap(({ name, profile }) => {
    const own = name === cause.host ? cause : failures.find(({ host }) => host === name);
    if (!own) return [];
    return logsOf({ system: name, profile: profile.name, failure: own.failure, cause: cause.failure, version });
  });
}

/** The failure that a verdict rests on. */
export function causeOf(verdict: Verdict): FoundFailure | undefined {
  switch (verdict.kind) {
    case 'fails':
    case 'waits':
      return verdict.cause;
    case 'until-rekey':
    case 'clear':
      return verdict.cause;
    default:
      return undefined;
  }
}
