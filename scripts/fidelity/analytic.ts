/** The verdict by the configurations alone: no message is made. */
import { noFiles } from '../../src/dialects/dialect.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { type Address, parseAddress } from '../../src/model/address.js';
import type { ChildSide } from '../../src/model/peer/connection/child.js';
import { type Negotiation, negotiateConnection } from '../../src/model/peer/connection/negotiate.js';
import { systemView } from '../../src/model/peer/system-view.js';
import type { DataPathName } from '../../src/model/peer-profile/data-path.js';
import { SourceText } from '../../src/model/span.js';
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
import type { Pair, PairVerdict } from './verdict.js';

/** The hosts on which pairs are run. */
export interface Setting {
  readonly left: Side;
  readonly right: Side;
  readonly dataPath: DataPathName;
  /** strongswan.conf of both. */
  readonly daemon?: string;
}

interface Side {
  /** The address that IKE uses. */
  readonly address: Address;
  /** Other addresses of the host. */
  readonly inner: readonly Address[];
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

/** Makes a setting of addresses as text: that of IKE first. */
export function settingOf(
  left: readonly string[],
  right: readonly string[],
  dataPath: DataPathName,
  daemon?: string,
): Setting {
  const side = ([outer, ...inner]: readonly string[]): Side => ({
    address: address(outer!),
    inner: inner.map(address),
  });
  return { left: side(left), right: side(right), dataPath, ...(daemon === undefined ? {} : { daemon }) };
}

/** Where the 120 recorded pairs were run: the inner addresses follow from which selectors could be installed. */
export const recordedSetting = settingOf(['10.99.0.1', '10.1.1.5'], ['10.99.0.2', '10.2.1.130'], 'libipsec');

/** Reads one side. */
export function readSide(name: string, text: string, daemon = ''): SystemConfig {
  const sources = [new SourceText(`${name}/swanctl.conf`, text), new SourceText(`${name}/strongswan.conf`, daemon)];
  return strongswan.read!({ name, sources, files: noFiles }).config;
}

/** The child that is initiated: `net` of the first connection that has one, else the first. */
export function initiatedChild({ spd }: SystemConfig): SaTemplate | undefined {
  const templates = spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []));
  return templates.find(({ source }) => source.record.name.endsWith('.net')) ?? templates[0];
}

/** The verdict of the configurations. */
export function judgeByConfiguration(pair: Pair, setting: Setting): PairVerdict {
  const left = readSide('left', pair.left, setting.daemon);
  const right = readSide('right', pair.right, setting.daemon);
  const template = initiatedChild(left);
  const none: PairVerdict = { ike: false, child: false, notifies: [], initiatorTimedOut: false };
  if (!template) return none;
  const side = (config: SystemConfig, { address: own, inner }: Side): ChildSide => ({
    view: systemView(config),
    address: own,
    dataPath: setting.dataPath,
    addresses: inner,
    hasPrivateKeys: false,
  });
  const [x, y] = [side(left, setting.left), side(right, setting.right)];
  return verdictOf(template, negotiateConnection(x, y, template));
}

function verdictOf(
  template: SaTemplate,
  { ike, isIkeEstablished, child, rekey, refusal, childAnswer }: Negotiation,
): PairVerdict {
  const notifies = new Set<string>();
  if (refusal?.kind === 'answered') for (const name of receivedNames(refusal.notify)) notifies.add(name);
  if (refusal?.kind === 'given-up' && refusal.notify) for (const name of shortNames(refusal.notify)) notifies.add(name);
  // The message is read before the proof in it is rejected.
  if (childAnswer) for (const name of shortNames(childAnswer)) notifies.add(name);
  // A wrong guess of the group is answered, and only its short form stands in the log.
  if (ike?.version === 2 && ike.proposal?.wrongGuess) notifies.add('INVAL_KE');
  // Asking for transport mode is a notification as well.
  if (ike?.version === 2 && isIkeEstablished && template.mode === 'transport') notifies.add('USE_TRANSP');
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
