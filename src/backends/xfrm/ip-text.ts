/**
 * What `ip -s xfrm policy list` and `ip -s xfrm state list` print, as policies and SAs: for machines where netlink cannot be spoken. The
 * program shows no masks of ports, so what others made with ranges looks like exact ports here.
 */
import { type Address, addressBits, type Family, firstAddress, parseAddress } from '../../model/address.js';
import {
  type HostLimits,
  type HostPolicy,
  type HostSa,
  type HostSelector,
  type HostTemplate,
  type Mark,
  noMark,
  type SaMode,
} from '../../model/host-state.js';
import { Secret } from '../../model/secret.js';

const protocolNumbers: Readonly<Record<string, number>> = {
  esp: 50,
  ah: 51,
  comp: 108,
  icmp: 1,
  tcp: 6,
  udp: 17,
  'ipv6-icmp': 58,
  sctp: 132,
  'mobility-header': 135,
};
const modes: Readonly<Record<string, SaMode>> = {
  transport: 'transport',
  tunnel: 'tunnel',
  ro: 'route-optimization',
  in_trigger: 'in-trigger',
  beet: 'beet',
  iptfs: 'iptfs',
};
const allOnes = 0xffff_ffff;

/** Entries begin at the left edge; what belongs to one is indented. */
function entriesOf(text: string): readonly string[] {
  return text.split(/\n(?=\S)/).filter((entry) => entry.trim() !== '');
}

/** The number of a device by its name; undefined when there is none. */
export type IndexOf = (device: string) => number | undefined;

const unknownDevices: IndexOf = () => undefined;

/** Policies, the youngest first as they are printed. What cannot be understood is left out. */
export function parsePolicies(text: string, indexOf = unknownDevices): readonly HostPolicy[] {
  return entriesOf(text).flatMap((entry) => parsePolicy(entry, indexOf) ?? []);
}

function parsePolicy(entry: string, indexOf: IndexOf): HostPolicy | undefined {
  const [head = '', ...rest] = entry.split('\n');
  const body = rest.join('\n');
  const selector = parseSelector(head, indexOf);
  const direction = /\bdir (in|out|fwd)\b/.exec(body)?.[1] as HostPolicy['direction'] | undefined;
  if (!selector || !direction) return undefined;
  const own = body.split(/\n\ttmpl /)[0]!;
  return {
    direction,
    selector,
    mark: markOf(body),
    ifId: numberIn(/\bif_id (0x[0-9a-f]+|\d+)/, body),
    type: /\bptype sub\b/.test(own) ? 'sub' : 'main',
    priority: numberIn(/\bpriority (\d+)/, own),
    index: numberIn(/\bindex (\d+)/, own),
    action: /\baction block\b/.test(own) ? 'block' : 'allow',
    flags: numberIn(/\bflag [^(\n]*\((0x[0-9a-f]+)\)/, own),
    share: 0,
    templates: body
      .split(/\n\ttmpl /)
      .slice(1)
      .flatMap((part) => parseTemplate(part) ?? []),
    limits: limitsOf(own),
  };
}

function parseSelector(text: string, indexOf: IndexOf): HostSelector | undefined {
  const [source, sourcePrefix] = prefixOf(/\bsrc (\S+)/.exec(text)?.[1]);
  const [destination, destinationPrefix] = prefixOf(/\bdst (\S+)/.exec(text)?.[1]);
  if (!source || !destination) return undefined;
  const word = /\bproto (\S+)/.exec(text)?.[1];
  const port = (pattern: RegExp) => {
    const value = pattern.exec(text)?.[1];
    return value === undefined ? { value: 0, mask: 0 } : { value: Number(value), mask: 0xffff };
  };
  const from = port(/\b(?:sport|type) (\d+)/);
  const to = port(/\b(?:dport|code) (\d+)/);
  const device = /\bdev (\S+)/.exec(text)?.[1];
  return {
    family: source.family,
    source: source.value,
    sourcePrefix,
    destination: destination.value,
    destinationPrefix,
    protocol: word === undefined ? 0 : (protocolNumbers[word] ?? (Number(word) || 0)),
    sourcePort: from.value,
    sourcePortMask: from.mask,
    destinationPort: to.value,
    destinationPortMask: to.mask,
    // A device that is gone is shown by its number.
    interfaceIndex: device === undefined ? 0 : (indexOf(device) ?? numberIn(/^if(\d+)$/, device)),
    user: numberIn(/\buid (\d+)/, text),
  };
}

function prefixOf(text: string | undefined): readonly [Address | undefined, number] {
  const [address = '', length] = (text ?? '').split('/');
  const parsed = parseAddress(address);
  return [parsed, length === undefined ? (parsed ? addressBits(parsed.family) : 0) : Number(length)];
}

function parseTemplate(text: string): HostTemplate | undefined {
  const source = parseAddress(/^src (\S+)/.exec(text)?.[1] ?? '');
  const destination = parseAddress(/\bdst (\S+)/.exec(text)?.[1] ?? '');
  const mode = modes[/\bmode (\S+)/.exec(text)?.[1] ?? ''];
  if (!source || !destination || !mode) return undefined;
  const mask = (name: string) => numberIn(new RegExp(`\\b${name}-mask ([0-9a-f]+)`), text, 16, allOnes);
  return {
    protocol: protocolNumbers[/\bproto (\S+)/.exec(text)?.[1] ?? ''] ?? 0,
    mode,
    family: source.family,
    source: source.value,
    destination: destination.value,
    spi: numberIn(/\bspi (0x[0-9a-f]+)/, text),
    reqid: numberIn(/\breqid (\d+)/, text),
    optional: /\blevel use\b/.test(text),
    share: 0,
    authenticationMask: mask('auth'),
    encryptionMask: mask('enc'),
    compressionMask: mask('comp'),
  };
}

/** SAs. What cannot be understood is left out. */
export function parseSas(text: string): readonly HostSa[] {
  return entriesOf(text).flatMap((entry) => parseSa(entry) ?? []);
}

function parseSa(entry: string): HostSa | undefined {
  const [head = '', ...rest] = entry.split('\n');
  const body = rest.join('\n');
  const source = parseAddress(/^src (\S+)/.exec(head)?.[1] ?? '');
  const destination = parseAddress(/\bdst (\S+)/.exec(head)?.[1] ?? '');
  const mode = modes[/\bmode (\S+)/.exec(body)?.[1] ?? ''];
  const protocol = protocolNumbers[/\bproto (\S+)/.exec(body)?.[1] ?? ''];
  if (!source || !destination || !mode || protocol === undefined) return undefined;
  const selector = restriction(/^\tsel (.*)$/m.exec(body)?.[1]);
  return {
    destination,
    spi: numberIn(/\bspi (0x[0-9a-f]+)/, body),
    protocol,
    source,
    reqid: numberIn(/\breqid (\d+)/, body),
    mode,
    ...(selector ? { selector } : {}),
    mark: markOf(body),
    ifId: numberIn(/\bif_id (0x[0-9a-f]+|\d+)/, body),
    replayWindow: numberIn(/\breplay_window (\d+)/, body) || numberIn(/\breplay-window (\d+)/, body),
    esn: /\bflag [^\n]*\besn\b/.test(body),
    flags: 0,
    extraFlags: /dont-encap-dscp/.test(body) ? 1 : 0,
    ...algorithmsOf(body),
    ...encapsulationOf(body, destination.family),
    limits: limitsOf(body),
  };
}

function restriction(text: string | undefined): HostSelector | undefined {
  const selector = text === undefined ? undefined : parseSelector(text, unknownDevices);
  if (!selector) return undefined;
  const isOpen = selector.sourcePrefix === 0 && selector.destinationPrefix === 0 && selector.protocol === 0;
  return isOpen ? undefined : selector;
}

function algorithmsOf(body: string): Pick<HostSa, 'aead' | 'encryption' | 'authentication' | 'compression'> {
  const aead = /^\taead (\S+) (0x[0-9a-f]+)(?: \(\d+ bits\))? (\d+)$/m.exec(body);
  const encryption = /^\tenc (\S+) ?(0x[0-9a-f]+)?/m.exec(body);
  const authentication = /^\tauth-trunc (\S+) (0x[0-9a-f]+)(?: \(\d+ bits\))? (\d+)$/m.exec(body);
  const compression = /^\tcomp (\S+)/m.exec(body);
  return {
    ...(aead ? { aead: { name: aead[1]!, key: secretOf(aead[2]), icvBits: Number(aead[3]) } } : {}),
    ...(encryption ? { encryption: { name: encryption[1]!, key: secretOf(encryption[2]) } } : {}),
    ...(authentication
      ? {
          authentication: {
            name: authentication[1]!,
            key: secretOf(authentication[2]),
            truncatedBits: Number(authentication[3]),
          },
        }
      : {}),
    ...(compression ? { compression: { name: compression[1]! } } : {}),
  };
}

function secretOf(text: string | undefined): Secret {
  return new Secret(Uint8Array.from(Buffer.from((text ?? '0x').slice(2), 'hex')));
}

function encapsulationOf(body: string, family: Family): Pick<HostSa, 'encapsulation'> {
  const found = /^\tencap type (espinudp-nonike|espinudp) sport (\d+) dport (\d+) addr (\S+)/m.exec(body);
  if (!found) return {};
  return {
    encapsulation: {
      type: found[1] === 'espinudp' ? 2 : 1,
      sourcePort: Number(found[2]),
      destinationPort: Number(found[3]),
      original: parseAddress(found[4]!)?.value ?? firstAddress(family),
    },
  };
}

const limitPatterns = [
  ['softBytes', /limit: soft (\d+)\(bytes\)/],
  ['hardBytes', /limit: soft \S+\(bytes\), hard (\d+)\(bytes\)/],
  ['softPackets', /limit: soft (\d+)\(packets\)/],
  ['hardPackets', /limit: soft \S+\(packets\), hard (\d+)\(packets\)/],
  ['softAddSeconds', /expire add: soft (\d+)\(sec\)/],
  ['hardAddSeconds', /expire add: soft \d+\(sec\), hard (\d+)\(sec\)/],
  ['softUseSeconds', /expire use: soft (\d+)\(sec\)/],
  ['hardUseSeconds', /expire use: soft \d+\(sec\), hard (\d+)\(sec\)/],
] as const satisfies readonly (readonly [keyof HostLimits, RegExp])[];

function limitsOf(body: string): HostLimits {
  const limits: Record<string, bigint> = {};
  for (const [name, pattern] of limitPatterns) {
    const value = pattern.exec(body)?.[1];
    if (value !== undefined && (value !== '0' || /Bytes|Packets/.test(name))) limits[name] = BigInt(value);
  }
  return limits;
}

function markOf(body: string): Mark {
  const found = /\bmark (0x[0-9a-f]+|\d+)\/(0x[0-9a-f]+|\d+)/.exec(body);
  return found ? { value: Number(found[1]), mask: Number(found[2]) } : noMark;
}

function numberIn(pattern: RegExp, text: string, base?: 16, otherwise = 0): number {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) return otherwise;
  return base === 16 ? Number.parseInt(value, 16) : Number(value);
}
