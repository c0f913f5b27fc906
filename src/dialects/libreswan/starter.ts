/**
 * What strongSwan's starter makes of a conn: it hands proposals, lifetimes and actions to charon, in charon's own words
 * (strongSwan src/starter/confread.c, src/libcharon/plugins/stroke/stroke_config.c, ipsec.conf(5)).
 */
import type { Sourced } from '../../model/origin.js';
import type { ChildProposal, EntrySource, IkeProposal, SaTemplate } from '../../model/system-config.js';
import type { KeyExchangeTransform } from '../../model/transform.js';
import { kilobytes, parsePercent } from '../common/units.js';
import { defaultAhProposal, defaultEspProposals, defaultIkeProposals } from '../strongswan/defaults.js';
import { noKeyExchange } from '../strongswan/keywords.js';
import {
  type ProposalReading,
  readChildProposal,
  readIkeProposal,
  type SwanChildProposal,
} from '../strongswan/proposal.js';
import type { Setting } from './conns.js';
import { settingSpan } from './ends.js';
import type { ChildOffer } from './negotiation.js';
import type { ConnValues } from './values.js';

const series = '5.9';
/** Proposals of one list. */
const proposalsMax = 256;

/** The proposals of a list; without a `!` at its end the product's own follow. */
function readList<P>(
  values: ConnValues,
  setting: Setting | undefined,
  read: (text: string) => ProposalReading<P>,
  usual: string,
  otherwise: readonly P[],
): readonly P[] {
  if (!setting) {
    const reading = read(usual);
    return reading.kind === 'proposal' ? [reading.proposal, ...otherwise] : otherwise;
  }
  const isStrict = setting.text.trimEnd().endsWith('!');
  const found: P[] = [];
  for (const part of setting.text.replace(/!\s*$/, '').split(',').slice(0, proposalsMax)) {
    const reading = read(part.trim());
    if (reading.kind === 'proposal') found.push(reading.proposal);
    else values.context.badValue(settingSpan(setting), reading.message, reading.help);
  }
  return isStrict ? found : [...found, ...otherwise];
}

/** IKE proposals of a conn. */
export function starterIkeProposals(values: ConnValues): readonly IkeProposal[] {
  const setting = values.get('ike');
  const place = setting ? { at: settingSpan(setting) } : {};
  const found = readList(
    values,
    setting,
    (text): ProposalReading<IkeProposal> => {
      const reading = readIkeProposal(text, series);
      if (reading.kind === 'fault') return reading;
      const { additional, ...proposal } = reading.proposal;
      const last = Math.max(0, ...additional.keys());
      const exchanges = Array.from({ length: last }, (_, place) => additional.get(place + 1) ?? [noKeyExchange]);
      const additionalKeyExchanges = last > 0 ? { additionalKeyExchanges: exchanges } : {};
      return { ...reading, proposal: { ...proposal, ...place, ...additionalKeyExchanges } };
    },
    'aes128-sha256-modp3072',
    defaultIkeProposals(),
  );
  return found;
}

/** Margin and its random part: rekeying comes between both before the end. */
function margins(values: ConnValues): { readonly margin: Sourced<number>; readonly random: number } {
  const margin = values.seconds('margintime', values.product.defaults.rekeyMarginSeconds);
  const fuzz = parsePercent(values.get('rekeyfuzz')?.text ?? '100%') ?? 100;
  return { margin, random: Math.floor((margin.value * fuzz) / 100) };
}

/** ESP or AH proposals of a conn, with its lifetimes. */
export function starterChildOffer(values: ConnValues, source: EntrySource): ChildOffer {
  const isAh = values.get('ah') !== undefined || values.get('auth')?.text.toLowerCase() === 'ah';
  const protocol = isAh ? 'AH' : 'ESP';
  const setting = values.get(isAh ? 'ah' : 'esp');
  const place = setting ? { at: settingSpan(setting) } : {};
  const found = readList(
    values,
    setting,
    (text) => {
      const reading = readChildProposal(text, protocol, series);
      return reading.kind === 'fault' ? reading : { ...reading, proposal: { ...reading.proposal, ...place } };
    },
    isAh ? 'sha256' : 'aes128-sha256',
    isAh ? [defaultAhProposal('5.9.8')] : defaultEspProposals('default', '5.9.8'),
  );
  const lifetime = values.seconds('lifetime', values.product.defaults.childLifetimeSeconds);
  const { margin, random } = margins(values);
  const rekeys = values.flag('rekey', true);
  const octets = values.amount('lifebytes', 0);
  const packets = values.amount('lifepackets', 0);
  const before = (limit: number, rest: number) => Math.max(0, limit - rest);
  const proposals = found.map(
    (one: SwanChildProposal): ChildProposal => ({
      source,
      ...one,
      keyExchange: one.keyExchange,
      lifetimeSeconds: lifetime,
      lifetimeKilobytes: { value: kilobytes(octets.value), origin: octets.origin },
      rekeySeconds: {
        value: rekeys.value ? before(lifetime.value, margin.value) : 0,
        origin: rekeys.value ? margin.origin : rekeys.origin,
      },
      ...(rekeys.value ? { rekeyRandomSeconds: { value: random, origin: margin.origin } } : {}),
      ...(packets.value > 0 ? { lifetimePackets: packets } : {}),
    }),
  );
  const groups = new Set<KeyExchangeTransform>(
    found.flatMap(({ keyExchange }) => keyExchange.filter(({ id }) => id !== 0)),
  );
  return { proposals, pfsGroups: { value: [...groups], origin: values.origin(values.get(isAh ? 'ah' : 'esp')) } };
}

/** When IKE SAs are replaced: by a new authentication, or by rekeying with reauth=no. */
export function starterIkeTimes(values: ConnValues, lifetimeSeconds: Sourced<number>) {
  const { margin, random } = margins(values);
  const at = Math.max(1, lifetimeSeconds.value - margin.value);
  if (!values.flag('rekey', true).value) return { rekeySeconds: { value: 0, origin: margin.origin } };
  const reauth = values.flag('reauth', true);
  const time = { value: at, origin: margin.origin };
  return {
    ...(reauth.value
      ? { reauthenticationSeconds: time, rekeySeconds: { value: 0, origin: reauth.origin } }
      : { rekeySeconds: time }),
    rekeyRandomSeconds: { value: random, origin: margin.origin },
  };
}

const actions = { none: 'NONE', clear: 'NONE', hold: 'TRAP', restart: 'START' } as const;

/** What is done when the peer closes an SA, or is dead. */
export function starterActions(
  values: ConnValues,
): Pick<SaTemplate, 'onClose' | 'onDeadPeer' | 'installsPolicies' | 'inactivitySeconds'> {
  const action = (name: string) => {
    if (!values.get(name)) return undefined;
    const { value, origin } = values.word(name, ['none', 'clear', 'hold', 'restart'], 'none');
    return { value: actions[value], origin };
  };
  const onClose = action('closeaction');
  const onDeadPeer = action('dpdaction');
  return {
    ...(onClose ? { onClose } : {}),
    ...(onDeadPeer ? { onDeadPeer } : {}),
    ...(values.get('installpolicy') ? { installsPolicies: values.flag('installpolicy', true) } : {}),
    ...(values.get('inactivity') ? { inactivitySeconds: values.seconds('inactivity', 0) } : {}),
  };
}
