/** The verdict by the configurations alone: no message is made. */
import type { ChildSide } from '../../src/model/peer/connection/child.js';
import { type Negotiation, negotiateConnection, startOf } from '../../src/model/peer/connection/negotiate.js';
import { systemView } from '../../src/model/peer/system-view.js';
import type { SaTemplate, SystemConfig } from '../../src/model/system-config.js';
import {
  algorithmNames,
  groupNameOf,
  ikeAlgorithmNames,
  prfName,
  receivedNames,
  selectorName,
  shortNames,
  sortedSelectors,
} from './charon-names.js';
import { initiatedChild, readPair, type Setting, type Side } from './setting.js';
import { nothing, type Pair, type PairVerdict } from './verdict.js';

/** The verdict of the configurations. */
export function judgeByConfiguration(pair: Pair, setting: Setting): PairVerdict {
  const { left, right, loaded } = readPair(pair, setting);
  const told = loaded ? {} : { loaded };
  const template = initiatedChild(left, loaded);
  if (!template) return { ...nothing, ...told };
  const side = (config: SystemConfig, { address: own, inner }: Side): ChildSide => ({
    view: systemView(config),
    address: own,
    dataPath: setting.dataPath,
    addresses: inner,
    hasPrivateKeys: false,
  });
  const [x, y] = [side(left, setting.left), side(right, setting.right)];
  // Nobody is where it starts towards, or it knows no address to start towards.
  if (template.remoteEndpoint && template.remoteEndpoint.value !== setting.right.address.value)
    return { ...nothing, initiatorTimedOut: true, ...told };
  if (startOf(x, template, y)?.pad.respondOnly) return { ...nothing, ...told };
  return { ...verdictOf(template, withoutXauth(negotiateConnection(x, y, template))), ...told };
}

function verdictOf(
  template: SaTemplate,
  { ike, isIkeEstablished, child, rekey, refusal, childAnswer, told }: Negotiation,
): PairVerdict {
  const notifies = new Set<string>();
  if (refusal?.kind === 'answered') for (const name of receivedNames(refusal.notify)) notifies.add(name);
  // Of several errors the first one is acted upon.
  if (refusal?.kind === 'answered' && refusal.beside) for (const name of shortNames(refusal.beside)) notifies.add(name);
  if (told) for (const name of shortNames(told)) notifies.add(name);
  if (refusal?.kind === 'given-up' && refusal.notify) for (const name of shortNames(refusal.notify)) notifies.add(name);
  // The message is read before the proof in it is rejected.
  if (childAnswer) for (const name of shortNames(childAnswer)) notifies.add(name);
  // A wrong guess of the group is answered, and only its short form stands in the log.
  if (ike?.version === 2 && ike.proposal?.wrongGuess) notifies.add('INVAL_KE');
  // Asking for transport mode is a notification as well.
  const answer = refusal?.kind === 'silence' ? undefined : refusal?.notify;
  const authSent = (answer === 'AUTHENTICATION_FAILED' || answer === 'INVALID_SYNTAX') && !isChildless(ike);
  if (ike?.version === 2 && (isIkeEstablished || authSent) && template.mode === 'transport') notifies.add('USE_TRANSP');
  const chosen = ike?.proposal?.transforms;
  return {
    ike: isIkeEstablished,
    child: child !== undefined,
    ...(isIkeEstablished && chosen
      ? { ikeSa: { version: String(ike.version), ...ikeAlgorithmNames(chosen), 'prf-alg': prfName(chosen) } }
      : {}),
    ...(child
      ? {
          childSa: {
            mode: child.mode.toUpperCase(),
            protocol: child.transforms.protocol,
            ...algorithmNames(child.transforms),
            'local-ts': sortedSelectors(child.selectors.local).map(selectorName),
            'remote-ts': sortedSelectors(child.selectors.remote).map(selectorName),
          },
        }
      : {}),
    notifies: [...notifies],
    initiatorTimedOut: refusal?.kind === 'silence' || (refusal?.kind === 'answered' && refusal.isIgnored === true),
    ...(rekey
      ? {
          rekey: rekey.works,
          rekeyDh: groupNameOf(rekey.transforms?.keyExchange),
          rekeyNotifies: rekey.notify ? receivedNames(rekey.notify) : rekey.retriedWith ? ['INVAL_KE'] : [],
        }
      : {}),
  };
}

/** Neither daemon has a method of XAUTH: what follows phase 1 never comes. */
function withoutXauth(negotiation: Negotiation): Negotiation {
  const { ike } = negotiation;
  const rounds = [ike?.initiatorPad, ike?.responderPad].flatMap((pad) => [
    ...(pad?.localRounds ?? []),
    ...(pad?.remoteRounds ?? []),
  ]);
  const isAsked = ike?.version === 1 && rounds.some(({ method }) => method.value === 'XAUTH');
  if (!isAsked || !negotiation.isIkeEstablished) return negotiation;
  return { steps: negotiation.steps, ...(ike ? { ike } : {}), isIkeEstablished: false };
}

/** Is the first Child SA asked for only after IKE_AUTH? */
function isChildless(ike: Negotiation['ike']): boolean {
  const childless = ike?.initiatorPad?.childless?.value;
  return childless === 'force' || childless === 'prefer';
}
