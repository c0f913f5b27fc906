/**
 * States and changes as commands of ip(8): what a plan shows, what `--emit` writes, and what the fallback feeds to `ip -batch -`. Keys are
 * written only for that one reader; everywhere else their place says what is missing.
 */
import { type AddressValue, type Family, formatAddress } from '../../model/address.js';
import type {
  HostAlgorithm,
  HostLimits,
  HostPolicy,
  HostSa,
  HostSelector,
  HostTemplate,
  Mark,
} from '../../model/host-state.js';
import { hasPorts, hasTypes } from '../../model/packet.js';
import type { Change } from '../backend.js';

export interface IpCommand {
  /** A line of a batch: what follows `ip`. */
  readonly text: string;
  /** Why ip(8) cannot say it; the text then shows it in a way that it does not take. */
  readonly inexpressible?: string;
}

export interface TextOptions {
  /** Put the keys themselves into the text. */
  readonly reveal?: boolean;
  /** A policy that is taken out is named by its number, so that no other one in its place is meant. */
  readonly exact?: boolean;
}

const protocolWords: Readonly<Record<number, string>> = { 50: 'esp', 51: 'ah', 108: 'comp' };
const modeWords: Readonly<Record<HostTemplate['mode'], string>> = {
  transport: 'transport',
  tunnel: 'tunnel',
  'route-optimization': 'ro',
  'in-trigger': 'in_trigger',
  beet: 'beet',
  iptfs: 'iptfs',
};

/** The command that makes a change. */
export function changeText(change: Change, options: TextOptions = {}): IpCommand {
  if (change.object === 'policy') {
    switch (change.kind) {
      case 'create':
        return policyText('add', change.after);
      case 'replace':
        return policyText('update', change.after);
      case 'delete':
        return options.exact && change.before.index !== 0
          ? byNumber(change.before)
          : policyText('delete', change.before);
    }
  }
  return change.kind === 'create'
    ? { text: `xfrm state add ${saName(change.after)} ${saBody(change.after, options)}` }
    : { text: `xfrm state delete ${saName(change.before)}` };
}

function policyText(verb: 'add' | 'update' | 'delete', policy: HostPolicy): IpCommand {
  const { text, inexpressible } = policyName(policy, verb === 'delete' ? [] : policyBody(policy));
  const words = [`xfrm policy ${verb} ${text}`, ...(verb === 'delete' ? [] : policy.templates.map(templateText))];
  return { text: words.join(' '), ...(inexpressible === undefined ? {} : { inexpressible }) };
}

/** What ip(8) finds a policy by, with more words among them where it wants those. */
export function policyName(policy: HostPolicy, body: readonly string[] = []): IpCommand {
  const { selector, inexpressible } = selectorText(policy.selector);
  const words = [
    selector,
    `dir ${policy.direction}`,
    ...(policy.type === 'sub' ? ['ptype sub'] : []),
    ...body,
    ...markWords(policy.mark),
    ...(policy.ifId === 0 ? [] : [`if_id ${policy.ifId}`]),
  ];
  return { text: words.join(' '), ...(inexpressible === undefined ? {} : { inexpressible }) };
}

function byNumber({ direction, index, type, mark, ifId }: HostPolicy): IpCommand {
  const words = [
    `xfrm policy delete dir ${direction} index ${index}`,
    ...(type === 'sub' ? ['ptype sub'] : []),
    ...markWords(mark),
    ...(ifId === 0 ? [] : [`if_id ${ifId}`]),
  ];
  return { text: words.join(' ') };
}

function policyBody({ action, priority, index, flags, limits }: HostPolicy): readonly string[] {
  return [
    `action ${action}`,
    ...(index === 0 ? [] : [`index ${index}`]),
    `priority ${priority}`,
    ...(flags & 1 ? ['flag localok'] : []),
    ...limitWords(limits),
  ];
}

/** A selector as ip(8) writes it. It has exact ports and types only. */
export function selectorText(selector: HostSelector): { readonly selector: string; readonly inexpressible?: string } {
  const { family, protocol } = selector;
  const words = [
    `src ${prefixText(family, selector.source, selector.sourcePrefix)}`,
    `dst ${prefixText(family, selector.destination, selector.destinationPrefix)}`,
    ...(protocol === 0 ? [] : [`proto ${protocol}`]),
  ];
  const isTyped = hasTypes(protocol);
  const fields = [
    [isTyped ? 'type' : 'sport', selector.sourcePort, selector.sourcePortMask],
    [isTyped ? 'code' : 'dport', selector.destinationPort, selector.destinationPortMask],
  ] as const;
  const faults: string[] = [];
  for (const [word, value, mask] of fields) {
    if (mask === 0) continue;
    words.push(mask === 0xffff ? `${word} ${value}` : `${word} ${value}/0x${mask.toString(16)}`);
    if (mask !== 0xffff) faults.push(`${word} ${value}/0x${mask.toString(16)} is a range`);
    else if (value === 0 && !isTyped) faults.push(`${word} 0 means any to it`);
    else if (!isTyped && !hasPorts(protocol)) faults.push(`protocol ${protocol} has no ports to it`);
  }
  // ip(8) takes a number in this form only.
  if (selector.interfaceIndex !== 0) words.push(`dev if${selector.interfaceIndex}`);
  return { selector: words.join(' '), ...(faults.length === 0 ? {} : { inexpressible: faults.join(', ') }) };
}

function prefixText(family: Family, value: AddressValue, length: number): string {
  return `${formatAddress(family, value)}/${length}`;
}

function templateText(template: HostTemplate): string {
  const { family } = template;
  return [
    `tmpl src ${formatAddress(family, template.source)} dst ${formatAddress(family, template.destination)}`,
    `proto ${protocolWords[template.protocol] ?? template.protocol}`,
    ...(template.spi === 0 ? [] : [`spi 0x${template.spi.toString(16)}`]),
    ...(template.reqid === 0 ? [] : [`reqid ${template.reqid}`]),
    `mode ${modeWords[template.mode]}`,
    ...(template.optional ? ['level use'] : []),
  ].join(' ');
}

function markWords({ value, mask }: Mark): readonly string[] {
  return mask === 0 && value === 0 ? [] : [`mark 0x${value.toString(16)} mask 0x${mask.toString(16)}`];
}

const limitNames = [
  ['byte-soft', 'softBytes'],
  ['byte-hard', 'hardBytes'],
  ['packet-soft', 'softPackets'],
  ['packet-hard', 'hardPackets'],
  ['time-soft', 'softAddSeconds'],
  ['time-hard', 'hardAddSeconds'],
  ['time-use-soft', 'softUseSeconds'],
  ['time-use-hard', 'hardUseSeconds'],
] as const satisfies readonly (readonly [string, keyof HostLimits])[];

function limitWords(limits: HostLimits): readonly string[] {
  return limitNames.flatMap(([word, field]) => (limits[field] === undefined ? [] : [`limit ${word} ${limits[field]}`]));
}

function saName({ source, destination, protocol, spi, mark }: HostSa): string {
  return [
    `src ${formatAddress(source.family, source.value)} dst ${formatAddress(destination.family, destination.value)}`,
    `proto ${protocolWords[protocol] ?? protocol} spi 0x${spi.toString(16)}`,
    ...markWords(mark),
  ].join(' ');
}

function saBody(sa: HostSa, { reveal }: TextOptions): string {
  const { aead, encryption, authentication, encapsulation: encap } = sa;
  const keyText = ({ key }: HostAlgorithm) => {
    if (key.length === 0) return "''";
    return reveal ? `0x${Buffer.from(key.reveal()).toString('hex')}` : `[${key.length * 8} secret bits]`;
  };
  const flags = [...(sa.esn ? ['esn'] : []), ...(sa.mode === 'tunnel' && !sa.selector ? ['af-unspec'] : [])];
  return [
    ...(sa.reqid === 0 ? [] : [`reqid ${sa.reqid}`]),
    `mode ${modeWords[sa.mode]}`,
    ...(sa.replayWindow === 0 ? [] : [`replay-window ${sa.replayWindow}`]),
    ...flags.map((flag) => `flag ${flag}`),
    ...(sa.ifId === 0 ? [] : [`if_id ${sa.ifId}`]),
    ...(aead ? [`aead ${aead.name} ${keyText(aead)} ${aead.icvBits}`] : []),
    ...(encryption ? [`enc ${encryption.name} ${keyText(encryption)}`] : []),
    ...(authentication
      ? [`auth-trunc ${authentication.name} ${keyText(authentication)} ${authentication.truncatedBits}`]
      : []),
    ...(encap
      ? [
          `encap espinudp ${encap.sourcePort} ${encap.destinationPort} ${formatAddress(sa.destination.family, encap.original)}`,
        ]
      : []),
    ...limitWords(sa.limits),
    ...(sa.selector ? [`sel ${selectorText(sa.selector).selector}`] : []),
  ].join(' ');
}

/** One policy in words of ip(8), for lists. */
export function policyLine(policy: HostPolicy): string {
  return policyText('add', { ...policy, index: 0 }).text.replace('xfrm policy add ', '');
}

/** One SA in words of ip(8), for lists, its keys masked. */
export function saLine(sa: HostSa): string {
  return `${saName(sa)} ${saBody(sa, {})}`;
}
