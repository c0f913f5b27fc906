/**
 * Policies and SAs as JSON for the files of the state directory: short, because there may be a hundred thousand, and without keys,
 * which are in a file of their own and referred to here.
 */
import { type Address, formatAddress, parseAddress } from '../../model/address.js';
import type { RecordRef } from '../../model/finding.js';
import {
  type HostAlgorithm,
  type HostLimits,
  type HostPolicy,
  type HostSa,
  type HostSelector,
  type HostTemplate,
  type Mark,
  noMark,
  saModes,
} from '../../model/host-state.js';
import type { Secret } from '../../model/secret.js';

/** Turns keys into references and back. */
export interface KeyStore {
  put(key: Secret): string;
  /** Throws EnvironmentError for a reference that nothing is known of. */
  get(reference: string): Secret;
}

export type JsonPolicy = Readonly<Record<string, unknown>>;
export type JsonSa = Readonly<Record<string, unknown>>;

const allOnes = 0xffff_ffff;

export function policyToJson(policy: HostPolicy): JsonPolicy {
  const { selector, mark, limits, record } = policy;
  return dense({
    dir: policy.direction,
    sel: selectorToText(selector),
    mark: markToText(mark),
    ifId: policy.ifId,
    sub: policy.type === 'sub',
    prio: policy.priority,
    index: policy.index,
    block: policy.action === 'block',
    flags: policy.flags,
    share: policy.share,
    tmpl: policy.templates.length === 0 ? undefined : policy.templates.map(templateToText),
    limits: limitsToJson(limits),
    labelled: policy.labelled,
    record: record && recordToText(record),
  });
}

export function policyFromJson(json: JsonPolicy): HostPolicy {
  const direction = json.dir;
  if (direction !== 'in' && direction !== 'out' && direction !== 'fwd')
    throw new TypeError('a policy without direction');
  const templates = json.tmpl === undefined ? [] : (json.tmpl as readonly unknown[]).map(templateFromText);
  return {
    direction,
    selector: selectorFromText(json.sel),
    mark: markFromText(json.mark),
    ifId: numberOf(json.ifId),
    type: json.sub === true ? 'sub' : 'main',
    priority: numberOf(json.prio),
    index: numberOf(json.index),
    action: json.block === true ? 'block' : 'allow',
    flags: numberOf(json.flags),
    share: numberOf(json.share),
    templates,
    limits: limitsFromJson(json.limits),
    ...(json.labelled === true ? { labelled: true } : {}),
    ...recordFromText(json.record),
  };
}

export function saToJson(sa: HostSa, keys: KeyStore): JsonSa {
  const algorithm = (of: HostAlgorithm | undefined, bits?: number) =>
    of && [of.name, keys.put(of.key), ...(bits === undefined ? [] : [bits])];
  return dense({
    dst: addressToText(sa.destination),
    spi: sa.spi,
    proto: sa.protocol,
    src: addressToText(sa.source),
    reqid: sa.reqid,
    mode: sa.mode,
    sel: sa.selector && selectorToText(sa.selector),
    mark: markToText(sa.mark),
    ifId: sa.ifId,
    window: sa.replayWindow,
    esn: sa.esn,
    flags: sa.flags,
    extraFlags: sa.extraFlags,
    aead: algorithm(sa.aead, sa.aead?.icvBits),
    enc: algorithm(sa.encryption),
    auth: algorithm(sa.authentication, sa.authentication?.truncatedBits),
    comp: sa.compression?.name,
    encap: sa.encapsulation && {
      ...sa.encapsulation,
      original: formatAddress(sa.destination.family, sa.encapsulation.original),
    },
    tfc: sa.tfcPadding,
    limits: limitsToJson(sa.limits),
    record: sa.record && recordToText(sa.record),
  });
}

export function saFromJson(json: JsonSa, keys: KeyStore): HostSa {
  const keyed = (value: unknown): HostAlgorithm | undefined => {
    if (!Array.isArray(value)) return undefined;
    return { name: textOf(value[0]), key: keys.get(textOf(value[1])) };
  };
  const aead = keyed(json.aead);
  const encryption = keyed(json.enc);
  const authentication = keyed(json.auth);
  const mode = saModes.find((each) => each === json.mode);
  if (!mode) throw new TypeError('an SA without mode');
  const encap = json.encap as (HostSa['encapsulation'] & { readonly original: unknown }) | undefined;
  return {
    destination: addressFromText(json.dst),
    spi: numberOf(json.spi),
    protocol: numberOf(json.proto),
    source: addressFromText(json.src),
    reqid: numberOf(json.reqid),
    mode,
    ...(json.sel === undefined ? {} : { selector: selectorFromText(json.sel) }),
    mark: markFromText(json.mark),
    ifId: numberOf(json.ifId),
    replayWindow: numberOf(json.window),
    esn: json.esn === true,
    flags: numberOf(json.flags),
    extraFlags: numberOf(json.extraFlags),
    ...(aead ? { aead: { ...aead, icvBits: numberOf((json.aead as readonly unknown[])[2]) } } : {}),
    ...(encryption ? { encryption } : {}),
    ...(authentication
      ? { authentication: { ...authentication, truncatedBits: numberOf((json.auth as readonly unknown[])[2]) } }
      : {}),
    ...(json.comp === undefined ? {} : { compression: { name: textOf(json.comp) } }),
    ...(encap ? { encapsulation: { ...encap, original: addressFromText(encap.original).value } } : {}),
    ...(json.tfc === undefined ? {} : { tfcPadding: numberOf(json.tfc) }),
    limits: limitsFromJson(json.limits),
    ...recordFromText(json.record),
  };
}

/** What is nothing is left out. */
function dense(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const made: Record<string, unknown> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined && value !== 0 && value !== false) made[name] = value;
  }
  return made;
}

/** `4 10.0.0.0/8 10.1.0.0/16 6 0/0 23/65535 0 0`: source, destination, protocol, ports with masks, interface, user. */
function selectorToText(selector: HostSelector): string {
  const { family } = selector;
  const source = `${formatAddress(family, selector.source)}/${selector.sourcePrefix}`;
  const destination = `${formatAddress(family, selector.destination)}/${selector.destinationPrefix}`;
  const sourcePort = `${selector.sourcePort}/${selector.sourcePortMask}`;
  const destinationPort = `${selector.destinationPort}/${selector.destinationPortMask}`;
  return `${source} ${destination} ${selector.protocol} ${sourcePort} ${destinationPort} ${selector.interfaceIndex} ${selector.user}`;
}

function selectorFromText(value: unknown): HostSelector {
  const [source, destination, protocol, sourcePort, destinationPort, interfaceIndex, user] = textOf(value).split(' ');
  const from = pairOf(source);
  const to = pairOf(destination);
  const { family, value: sourceValue } = addressFromText(from[0]);
  const ports = [pairOf(sourcePort), pairOf(destinationPort)] as const;
  return {
    family,
    source: sourceValue,
    sourcePrefix: wholeOf(from[1]),
    destination: addressFromText(to[0]).value,
    destinationPrefix: wholeOf(to[1]),
    protocol: wholeOf(protocol),
    sourcePort: wholeOf(ports[0][0]),
    sourcePortMask: wholeOf(ports[0][1]),
    destinationPort: wholeOf(ports[1][0]),
    destinationPortMask: wholeOf(ports[1][1]),
    interfaceIndex: wholeOf(interfaceIndex),
    user: wholeOf(user),
  };
}

function templateToText(template: HostTemplate): string {
  const { family } = template;
  return [
    template.protocol,
    template.mode,
    formatAddress(family, template.source),
    formatAddress(family, template.destination),
    template.spi,
    template.reqid,
    template.optional ? 1 : 0,
    template.share,
    ...[template.authenticationMask, template.encryptionMask, template.compressionMask].filter(
      (_, __, masks) => !masks.every((mask) => mask === allOnes),
    ),
  ].join(' ');
}

function templateFromText(value: unknown): HostTemplate {
  const [protocol, mode, source, destination, spi, reqid, optional, share, ...masks] = textOf(value).split(' ');
  const { family, value: sourceValue } = addressFromText(source);
  const known = saModes.find((each) => each === mode);
  if (!known) throw new TypeError('a template without mode');
  const maskAt = (at: number) => (masks.length === 0 ? allOnes : wholeOf(masks[at]));
  return {
    protocol: wholeOf(protocol),
    mode: known,
    family,
    source: sourceValue,
    destination: addressFromText(destination).value,
    spi: wholeOf(spi),
    reqid: wholeOf(reqid),
    optional: optional === '1',
    share: wholeOf(share),
    authenticationMask: maskAt(0),
    encryptionMask: maskAt(1),
    compressionMask: maskAt(2),
  };
}

function markToText({ value, mask }: Mark): string | undefined {
  return mask === 0 && value === 0 ? undefined : `${value}/${mask}`;
}

function markFromText(value: unknown): Mark {
  if (value === undefined) return noMark;
  const [of, mask] = pairOf(textOf(value));
  return { value: wholeOf(of), mask: wholeOf(mask) };
}

function limitsToJson(limits: HostLimits): unknown {
  const made: Record<string, string> = {};
  let isLimited = false;
  for (const name in limits) {
    made[name] = String(limits[name as keyof HostLimits]);
    isLimited = true;
  }
  return isLimited ? made : undefined;
}

const noLimits: HostLimits = {};

function limitsFromJson(value: unknown): HostLimits {
  if (value === undefined) return noLimits;
  return Object.fromEntries(Object.entries(value as object).map(([name, text]) => [name, BigInt(text)]));
}

function addressToText({ family, value }: Address): string {
  return formatAddress(family, value);
}

function addressFromText(value: unknown): Address {
  const address = parseAddress(textOf(value));
  if (!address) throw new TypeError('an address that is none');
  return address;
}

function recordToText({ kind, name }: RecordRef): string {
  return `${kind} ${name}`;
}

function recordFromText(value: unknown): { readonly record?: RecordRef } {
  if (value === undefined) return {};
  const text = textOf(value);
  const space = text.indexOf(' ');
  return { record: { kind: text.slice(0, space), name: text.slice(space + 1) } };
}

function pairOf(text: string | undefined): readonly [string, string] {
  const [first, second] = textOf(text).split('/');
  return [textOf(first), textOf(second)];
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a text that is none');
  return value;
}

function wholeOf(text: string | undefined): number {
  const value = Number(textOf(text));
  if (!Number.isSafeInteger(value)) throw new TypeError('a number that is none');
  return value;
}

function numberOf(value: unknown): number {
  if (value === undefined) return 0;
  if (!Number.isSafeInteger(value)) throw new TypeError('a number that is none');
  return value as number;
}
