/** IKE versions, proposals, lifetimes and methods of a connection. */
import type { Sourced } from '../../model/origin.js';
import type { AuthenticationMethod, ChildProposal, EntrySource, IkeProposal } from '../../model/system-config.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import { kilobytes, parsePercent } from '../common/units.js';
import type { Side } from './conns.js';
import { settingSpan } from './ends.js';
import { isBefore, type Product } from './product.js';
import { childProposal, ikeProposal, readSuites, type Suite } from './proposals.js';
import type { ProposalRules, Protocol } from './support.js';
import type { ConnValues } from './values.js';

const keyExchangeWords: Readonly<Record<string, 1 | 2>> = { ikev1: 1, ikev2: 2 };
/** Openswan knows the protocols by further names. */
const openswanKeyExchangeWords = { ...keyExchangeWords, isakmp: 1, oakley: 1, rfc7296: 2 } as const;

/** Which versions a connection starts (the first) and takes. */
export function ikeVersionsOf(values: ConnValues): Sourced<readonly (1 | 2)[]> {
  const found = writtenVersions(values);
  if (values.product.flavour !== 'openswan' || values.flag('ikev1', true).value) return found;
  return { value: found.value.filter((version) => version === 2), origin: values.origin(values.get('ikev1')) };
}

/** Libreswan took keyexchange= over from others in version 5; before, `ike` was all that it could be. */
function keyExchangeWordsOf({ flavour, version }: Product): Readonly<Record<string, 1 | 2>> {
  if (flavour === 'openswan') return openswanKeyExchangeWords;
  return flavour === 'libreswan' && isBefore(version, [5, 0]) ? {} : keyExchangeWords;
}

function writtenVersions(values: ConnValues): Sourced<readonly (1 | 2)[]> {
  const { product } = values;
  const keyexchange = values.get('keyexchange');
  const written = keyexchange?.text.toLowerCase();
  const words = keyExchangeWordsOf(product);
  const only = written !== undefined && Object.hasOwn(words, written) ? words[written] : undefined;
  if (keyexchange && only) return { value: [only], origin: values.origin(keyexchange) };
  if (keyexchange && written !== 'ike')
    values.context.badValue(
      settingSpan(keyexchange),
      `'${keyexchange.text}' is no value of keyexchange`,
      Object.keys(words).length > 0 ? 'write ikev1 or ikev2' : 'write ikev2=insist or ikev2=no',
    );
  const ikev2 = product.flavour === 'starter' ? undefined : values.get('ikev2');
  if (!ikev2) return { value: product.defaults.ikeVersions, origin: values.origin(undefined) };
  const origin = values.origin(ikev2);
  switch (ikev2.text.toLowerCase()) {
    case 'insist':
    case 'always':
    case 'yes':
    case 'y':
    case 'propose':
      // Openswan and Libreswan 3 took IKEv1 from a peer all the same when they were to propose IKEv2.
      return product.version[0] < 4 && !/^(?:insist|always)$/i.test(ikev2.text)
        ? { value: [2, 1], origin }
        : { value: [2], origin };
    case 'permit':
      return product.version[0] < 4 ? { value: [1, 2], origin } : { value: [1], origin };
    case 'never':
    case 'no':
    case 'n':
      return { value: [1], origin };
    default:
      values.context.badValue(settingSpan(ikev2), `'${ikev2.text}' is no value of ikev2`, 'write insist or no');
      return { value: product.defaults.ikeVersions, origin: values.origin(undefined) };
  }
}

function suites(
  values: ConnValues,
  protocol: Protocol,
  version: 1 | 2,
  names: readonly string[],
  pfs = false,
): readonly Suite[] {
  const setting = names.map((name) => values.get(name)).find((found) => found !== undefined);
  const { proposals } = values.product.defaults;
  const key = `${protocol.toLowerCase() as 'ike' | 'esp' | 'ah'}${version}` as const;
  const defaults = proposals[key];
  const text = setting?.text ?? defaults.proposals;
  // Openswan's mark of a list that nothing is added to.
  const reading = readSuites(text.replace(/!$/, ''), { protocol, version, defaults, rules: rulesOf(values), pfs });
  if (reading.kind === 'read') return reading.suites;
  if (!setting) throw new Error(`default proposals of ${values.product.title} cannot be read: ${reading.message}`);
  const { source, at } = setting;
  const isExact = setting.text.length === at.end - at.start || at.end - at.start === setting.text.length + 2;
  const start = at.start + (at.end - at.start === setting.text.length + 2 ? 1 : 0) + reading.at;
  const span = isExact && reading.length > 0 ? { source, start, end: start + reading.length } : settingSpan(setting);
  values.context.badValue(span, reading.message, 'the product does not load the connection');
  return [];
}

function rulesOf({ product: { flavour, version } }: ConnValues): ProposalRules {
  return { flavour: flavour === 'libreswan' ? 'libreswan' : 'openswan', version };
}

/** IKE proposals of one version. */
export function ikeProposalsOf(values: ConnValues, version: 1 | 2): readonly IkeProposal[] {
  const setting = values.get('ike');
  const place = setting ? { at: settingSpan(setting) } : {};
  return suites(values, 'IKE', version, ['ike']).map((suite) => ({ ...ikeProposal(suite, version), ...place }));
}

export interface ChildOffer {
  readonly proposals: readonly ChildProposal[];
  /** Groups that the proposals name; absent: the IKE SA's group. Empty: no PFS. */
  readonly pfsGroups?: Sourced<readonly KeyExchangeTransform[]>;
}

/** ESP or AH proposals; their lifetimes are the connection's. */
export function childOfferOf(values: ConnValues, version: 1 | 2, source: EntrySource): ChildOffer {
  const phase2 = values.get('phase2') ?? values.get('auth');
  const isAh = phase2 ? phase2.text.toLowerCase() === 'ah' : values.get('ah') !== undefined && !values.get('esp');
  const protocol = isAh ? 'AH' : 'ESP';
  const names = isAh ? ['ah', 'esp'] : ['esp', 'ah'];
  const pfs = values.flag('pfs', true);
  const found = suites(values, protocol, version, names, pfs.value);
  const setting = names.map((name) => values.get(name)).find((one) => one !== undefined);
  const place = setting ? { at: settingSpan(setting) } : {};
  const lifetime = values.lifetime('ipsec-lifetime', values.product.defaults.childLifetimeSeconds);
  const octets = values.amount('ipsec-max-bytes', 0);
  const packets = values.amount('ipsec-max-packets', 0);
  const rekey = rekeySecondsOf(values, lifetime.value);
  const random = rekey && rekey.value > 0 ? rekeyRandomSecondsOf(values) : undefined;
  const esn = version === 1 ? noEsn : esnOf(values);
  const proposals = found.map(
    (suite): ChildProposal => ({
      source,
      ...childProposal(suite, protocol, esn),
      ...place,
      lifetimeSeconds: lifetime,
      // 2^63 is the product's way to say without limit.
      lifetimeKilobytes: { value: octets.value >= 2 ** 62 ? 0 : kilobytes(octets.value), origin: octets.origin },
      ...(packets.value > 0 && packets.value < 2 ** 62 ? { lifetimePackets: packets } : {}),
      ...(rekey ? { rekeySeconds: rekey } : {}),
      ...(random ? { rekeyRandomSeconds: random } : {}),
    }),
  );
  if (!pfs.value) return { proposals, pfsGroups: { value: [], origin: pfs.origin } };
  const groups = [...new Set(found.flatMap((suite) => suite.groups))];
  if (groups.length === 0) return { proposals };
  return { proposals, pfsGroups: { value: groups, origin: values.origin(setting) } };
}

const noEsn: ChildProposal['esn'] = ['no-esn'];

function esnOf(values: ConnValues): ChildProposal['esn'] {
  // RFC 4303 §2.2.1: without anti-replay there is nobody to keep the high-order bits (extract.c forces esn=no).
  if (values.number('replay-window', values.product.defaults.replayWindow).value === 0) return noEsn;
  if (!values.get('esn')) return values.product.defaults.esn;
  const { value } = values.word('esn', ['yes', 'no', 'either'], 'either');
  return value === 'yes' ? ['esn'] : value === 'no' ? noEsn : ['esn', 'no-esn'];
}

/** When an SA is replaced at the latest, where the file says so; `rekeyRandomSecondsOf` says how much sooner. */
export function rekeySecondsOf(values: ConnValues, lifetimeSeconds: number): Sourced<number> | undefined {
  const rekey = values.flag('rekey', true);
  if (!rekey.value) return { value: 0, origin: rekey.origin };
  if (!values.get('rekeymargin') && !values.get('rekeyfuzz')) return undefined;
  const margin = values.seconds('rekeymargin', values.product.defaults.rekeyMarginSeconds);
  return { value: Math.max(1, lifetimeSeconds - margin.value), origin: margin.origin };
}

/** The random part of the margin, where the file says so. */
export function rekeyRandomSecondsOf(values: ConnValues): Sourced<number> | undefined {
  const setting = values.get('rekeyfuzz');
  if (!setting) return undefined;
  const margin = values.seconds('rekeymargin', values.product.defaults.rekeyMarginSeconds);
  const percent = parsePercent(setting.text) ?? 100;
  return { value: Math.floor((margin.value * percent) / 100), origin: values.origin(setting) };
}

/** A method, or what there is no word for in the model. */
export type MethodOf = AuthenticationMethod | 'NULL' | 'NEVER';

export interface Methods {
  readonly local: Sourced<MethodOf>;
  readonly remote: Sourced<MethodOf>;
}

/** How both ends authenticate: `leftauth` and `rightauth`, or `authby` for both. */
export function methodsOf(values: ConnValues, local: Side, version: 1 | 2): Methods {
  const other = local === 'left' ? 'right' : 'left';
  const authby = values.get('authby');
  const text = authby?.text ?? values.product.defaults.authby;
  const words = text
    .toLowerCase()
    .split(/[\s,|]+/)
    .filter(Boolean);
  const both: Sourced<MethodOf> = { value: methodOfWords(values, words, version), origin: values.origin(authby) };
  const ofEnd = (side: Side): Sourced<MethodOf> => {
    const setting = version === 2 || values.product.flavour === 'starter' ? values.get(`${side}auth`) : undefined;
    if (!setting) return both;
    return {
      value: methodOfWords(values, [setting.text.toLowerCase().split('-')[0]!], version),
      origin: values.origin(setting),
    };
  };
  return { local: ofEnd(local), remote: ofEnd(other) };
}

/** Several signature methods together: RFC 7427 tells which one is used. */
function methodOfWords(values: ConnValues, words: readonly string[], version: 1 | 2): MethodOf {
  const methods = new Set<MethodOf>();
  for (const word of words) {
    const base = word.replace(/-sha\w*$/, '');
    if (base === 'secret' || base === 'psk') methods.add('PSK');
    else if (base === 'rsasig' || base === 'rsa' || base === 'pubkey') methods.add('RSASIG');
    else if (base === 'ecdsa' || base === 'ecdsasig') methods.add('ECDSASIG');
    else if (base === 'eddsa') methods.add('EDDSASIG');
    else if (base === 'null') methods.add('NULL');
    else if (base === 'never') methods.add('NEVER');
    else if (base.startsWith('eap')) methods.add('EAP');
    else {
      const setting = values.get('authby');
      if (setting)
        values.context.badValue(
          settingSpan(setting),
          `'${word}' is no value of authby`,
          'write secret, rsasig or ecdsa',
        );
    }
  }
  const [first] = methods;
  if (methods.size <= 1) return first ?? 'RSASIG';
  const signatures = [...methods].filter((method) => method.endsWith('SIG'));
  // Signatures are preferred to a secret, and RSA is all that IKEv1 has of them.
  if (version === 1) return signatures.includes('RSASIG') ? 'RSASIG' : (first ?? 'RSASIG');
  return signatures.length > 1 ? 'DIGSIG' : (signatures[0] ?? first ?? 'RSASIG');
}
