/** Are two policies, or two SAs, the same to the stack? What it counts by itself and the record's name do not matter. */
import type { HostAlgorithm, HostLimits, HostPolicy, HostSa, HostSelector, HostTemplate } from '../model/host-state.js';

/** Do two policies have one name in the stack (`policyKey`)? */
export function isNamedAlike(a: HostPolicy, b: HostPolicy): boolean {
  return (
    a.direction === b.direction &&
    a.ifId === b.ifId &&
    a.type === b.type &&
    a.mark.value === b.mark.value &&
    a.mark.mask === b.mark.mask &&
    sameSelector(a.selector, b.selector)
  );
}

/** Of two policies of one key. */
export function samePolicy(a: HostPolicy, b: HostPolicy): boolean {
  return (
    a.priority === b.priority &&
    a.action === b.action &&
    a.flags === b.flags &&
    a.share === b.share &&
    (a.labelled ?? false) === (b.labelled ?? false) &&
    a.templates.length === b.templates.length &&
    a.templates.every((template, at) => sameTemplate(template, b.templates[at]!)) &&
    sameLimits(a.limits, b.limits)
  );
}

const templateFields = [
  'protocol',
  'mode',
  'family',
  'source',
  'destination',
  'spi',
  'reqid',
  'optional',
  'share',
  'authenticationMask',
  'encryptionMask',
  'compressionMask',
] as const satisfies readonly (keyof HostTemplate)[];

function sameTemplate(a: HostTemplate, b: HostTemplate): boolean {
  return a === b || templateFields.every((field) => a[field] === b[field]);
}

const limitFields = [
  'softBytes',
  'hardBytes',
  'softPackets',
  'hardPackets',
  'softAddSeconds',
  'hardAddSeconds',
  'softUseSeconds',
  'hardUseSeconds',
] as const satisfies readonly (keyof HostLimits)[];

function sameLimits(a: HostLimits, b: HostLimits): boolean {
  return a === b || limitFields.every((field) => a[field] === b[field]);
}

const saFields = [
  'reqid',
  'mode',
  'ifId',
  'replayWindow',
  'esn',
  'flags',
  'extraFlags',
  'tfcPadding',
] as const satisfies readonly (keyof HostSa)[];

/** Of two SAs of one key, keys included. */
export function sameSa(a: HostSa, b: HostSa): boolean {
  return (
    saFields.every((field) => a[field] === b[field]) &&
    a.source.value === b.source.value &&
    sameSelector(a.selector, b.selector) &&
    sameAlgorithm(a.aead, b.aead) &&
    a.aead?.icvBits === b.aead?.icvBits &&
    sameAlgorithm(a.encryption, b.encryption) &&
    sameAlgorithm(a.authentication, b.authentication) &&
    a.authentication?.truncatedBits === b.authentication?.truncatedBits &&
    a.compression?.name === b.compression?.name &&
    JSON.stringify(a.encapsulation, plainly) === JSON.stringify(b.encapsulation, plainly) &&
    sameLimits(a.limits, b.limits)
  );
}

function plainly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function sameAlgorithm(a: HostAlgorithm | undefined, b: HostAlgorithm | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.name === b.name && a.key.equals(b.key));
}

const selectorFields = [
  'family',
  'source',
  'sourcePrefix',
  'destination',
  'destinationPrefix',
  'protocol',
  'sourcePort',
  'sourcePortMask',
  'destinationPort',
  'destinationPortMask',
  'interfaceIndex',
  'user',
] as const satisfies readonly (keyof HostSelector)[];

function sameSelector(a: HostSelector | undefined, b: HostSelector | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && selectorFields.every((field) => a[field] === b[field]);
}
