/**
 * Addresses of policies: `address[/prefix[/port|service]]`, and from A.03 on `low-high` (hpux-ipsec reference 4.1).
 * The text is split at slashes first, never at colons, so that IPv6 needs no brackets.
 */
import {
  type Address,
  addressBits,
  addressScope,
  formatAddress,
  lastAddress,
  parseAddress,
  prefixRange,
} from '../../model/address.js';
import { closest } from '../../model/did-you-mean.js';
import { serviceRows } from '../../model/language/values.js';
import type { AddressSpec } from '../../model/record/policy.js';
import { badValue, checkDialect, outOfRange, partSpan, shown, type ValueContext } from './context.js';

type Ports = Pick<AddressSpec, 'port' | 'service'>;

const servicesByWord = new Map(serviceRows.map((row) => [row.word, row]));

/** Reads an addrspec; `ports` says whether the argument may have a port (not -remote). */
export function parseAddressSpec(context: ValueContext, ports: boolean): AddressSpec | undefined {
  const { text } = context.word;
  const firstSlash = text.indexOf('/');
  const addressEnd = firstSlash === -1 ? text.length : firstSlash;
  const hyphen = text.indexOf('-');
  if (hyphen !== -1 && hyphen < addressEnd) return parseRange(context, hyphen, addressEnd, ports);

  const address = readAddress(context, 0, addressEnd);
  if (!address) return undefined;
  const secondSlash = firstSlash === -1 ? -1 : text.indexOf('/', firstSlash + 1);
  const prefixEnd = secondSlash === -1 ? text.length : secondSlash;
  const bits = addressBits(address.family);
  const isAny = Number(address.value) === 0;
  let prefixLength = isAny ? 0 : bits;
  let prefixWritten = false;
  if (firstSlash !== -1 && prefixEnd > firstSlash + 1) {
    const written = readPrefix(context, firstSlash + 1, prefixEnd, address);
    if (written === undefined) return undefined;
    prefixLength = written;
    prefixWritten = true;
  } else if (firstSlash !== -1 && secondSlash !== -1) {
    emptyPrefix(context, addressEnd, secondSlash, prefixLength);
  } else if (firstSlash !== -1) {
    return badValue(
      context,
      partSpan(context, firstSlash, text.length),
      `${context.what}: no prefix length after the slash`,
      `write ${shown(context)}${prefixLength}, or leave the slash out`,
    );
  }
  const range = prefixRange(address, prefixLength);
  forbid(context, address, prefixLength, addressEnd);
  const spec: AddressSpec = { range, address, prefixLength, prefixWritten, hostBits: range.first !== address.value };
  if (secondSlash === -1) return spec;
  return withPorts(context, spec, secondSlash + 1, ports);
}

function parseRange(
  context: ValueContext,
  hyphen: number,
  addressEnd: number,
  ports: boolean,
): AddressSpec | undefined {
  const { text } = context.word;
  checkDialect(context, partSpan(context, 0, addressEnd), 'an address range', { since: 'A.03.00' });
  const low = readAddress(context, 0, hyphen);
  const high = readAddress(context, hyphen + 1, addressEnd);
  if (!low || !high) return undefined;
  const whole = partSpan(context, 0, addressEnd);
  if (low.family !== high.family)
    return badValue(
      context,
      whole,
      `${context.what}: the range begins in IPv${low.family} and ends in IPv${high.family}`,
    );
  forbid(context, low, addressBits(low.family), addressEnd);
  if (low.value >= high.value) {
    const same = low.value === high.value;
    context.report({
      code: 'SYN007',
      message: same ? `${context.what}: range of one address` : `${context.what}: the range ends before it begins`,
      at: whole,
      help: 'the higher address comes second',
      ...(context.record ? { record: context.record } : {}),
      fixes: [
        {
          safety: 'unsafe',
          title: same ? 'write the address alone' : 'swap the two addresses',
          edits: [
            {
              at: whole,
              newText: same ? text.slice(0, hyphen) : `${text.slice(hyphen + 1, addressEnd)}-${text.slice(0, hyphen)}`,
            },
          ],
        },
      ],
    });
  }
  const [first, last] = low.value <= high.value ? [low.value, high.value] : [high.value, low.value];
  const spec: AddressSpec = {
    range: { family: low.family, first, last },
    address: low,
    prefixWritten: false,
    hostBits: false,
  };
  if (addressEnd === text.length) return spec;
  if (text.startsWith('//', addressEnd)) {
    emptyPrefix(context, addressEnd, addressEnd + 1, undefined);
    return withPorts(context, spec, addressEnd + 2, ports);
  }
  return badValue(
    context,
    partSpan(context, addressEnd, text.length),
    `${context.what}: a range takes no prefix length`,
    'write low-high alone, or low-high//port',
  );
}

function readAddress(context: ValueContext, from: number, to: number): Address | undefined {
  const text = context.word.text.slice(from, to);
  const address = parseAddress(text);
  if (address) return address;
  const at = partSpan(context, from, to);
  if (text === '')
    return badValue(context, partSpan(context, 0, context.word.text.length), `${context.what}: an address is missing`);
  const hint = /^["']/.test(text)
    ? 'leave the quotes out: they are ordinary characters here'
    : /^[a-z][\w-]*(?:\.[\w-]+)*$/i.test(text)
      ? 'names are not resolved: write the address'
      : /%/.test(text)
        ? 'zones (%interface) do not exist in policies'
        : /(?:^|\.)0\d/.test(text)
          ? 'leave out leading zeros, which some readers take for octal'
          : 'write dotted decimal IPv4, or colon-hexadecimal IPv6';
  return badValue(context, at, `${context.what}: '${shown(context, at)}' is not an IP address`, hint);
}

function readPrefix(context: ValueContext, from: number, to: number, address: Address): number | undefined {
  const text = context.word.text.slice(from, to);
  const at = partSpan(context, from, to);
  const bits = addressBits(address.family);
  if (!/^\d+$/.test(text)) {
    if (servicesByWord.has(text.toUpperCase())) {
      context.report(portWithoutPrefix(context, from, to, bits));
      return undefined;
    }
    const netmask = netmaskLength(text);
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not a prefix length`,
      netmask === undefined ? `give 0 to ${bits}` : `write the netmask as /${netmask}`,
    );
  }
  const value = Number(text);
  if (value <= bits) return value;
  // A number that no prefix can be is a port whose prefix was left out, unless it is near the limit and no service's.
  if ((value > 128 || serviceRows.some((row) => row.port === value)) && value <= 65535) {
    context.report(portWithoutPrefix(context, from, to, bits));
    return undefined;
  }
  outOfRange(
    context,
    at,
    `${context.what}: prefix length ${shown(context, at)} is out of range for IPv${address.family}`,
    `give 0 to ${bits}`,
  );
  return undefined;
}

/** The prefix length of a netmask in dotted decimal. */
function netmaskLength(text: string): number | undefined {
  const mask = parseAddress(text);
  if (mask?.family !== 4) return undefined;
  const hostPart = 0xffff_ffff - Number(mask.value);
  return Number.isInteger(Math.log2(hostPart + 1)) ? 32 - Math.log2(hostPart + 1) : undefined;
}

function portWithoutPrefix(context: ValueContext, from: number, to: number, bits: number) {
  const at = partSpan(context, from, to);
  return {
    code: 'SYN005',
    message: `${context.what}: '${shown(context, at)}' stands where the prefix length belongs`,
    at,
    help: `a port comes after the prefix length: ${context.word.text.slice(0, from)}${bits}/${context.word.text.slice(from, to)}`,
    ...(context.record ? { record: context.record } : {}),
    fixes: [
      {
        safety: 'unsafe' as const,
        title: `write the prefix length /${bits}`,
        edits: [{ at: { ...at, end: at.start }, newText: `${bits}/` }],
      },
    ],
  };
}

function emptyPrefix(context: ValueContext, from: number, to: number, prefixLength: number | undefined): void {
  const at = partSpan(context, from, to + 1);
  context.report({
    code: 'SYN028',
    message: `${context.what}: empty prefix length`,
    at,
    notes: ['the guides contradict each other about this form'],
    ...(prefixLength === undefined ? {} : { help: `write /${prefixLength}/` }),
    ...(context.record ? { record: context.record } : {}),
    ...(prefixLength === undefined
      ? {}
      : {
          fixes: [
            {
              safety: 'safe',
              title: `write the prefix length ${prefixLength}`,
              edits: [{ at, newText: `/${prefixLength}/` }],
            },
          ],
        }),
  });
}

function withPorts(context: ValueContext, spec: AddressSpec, from: number, allowed: boolean): AddressSpec | undefined {
  const { text } = context.word;
  const at = partSpan(context, from, text.length);
  if (!allowed) return badValue(context, at, `${context.what}: takes no port`);
  if (text.indexOf('/', from) !== -1)
    return badValue(context, at, `${context.what}: too many slashes`, 'write address/prefix/port');
  const ports = readPorts(context, from);
  return ports ? { ...spec, ...ports } : undefined;
}

function readPorts(context: ValueContext, from: number): Ports | undefined {
  const text = context.word.text.slice(from);
  const at = partSpan(context, from, context.word.text.length);
  const numeric = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!numeric) return readService(context, text, at);
  const lo = Number(numeric[1]);
  const hi = numeric[2] === undefined ? lo : Number(numeric[2]);
  if (numeric[2] !== undefined) checkDialect(context, at, 'a port range', { since: 'A.03.00' });
  if (lo > 65535 || hi > 65535) {
    outOfRange(context, at, `${context.what}: port ${shown(context, at)} is out of range`, 'give 0 (any) to 65535');
    return undefined;
  }
  if (hi < lo) {
    context.report({
      code: 'SYN007',
      message: `${context.what}: the port range ends before it begins`,
      at,
      ...(context.record ? { record: context.record } : {}),
      fixes: [{ safety: 'unsafe', title: 'swap the two ports', edits: [{ at, newText: `${hi}-${lo}` }] }],
    });
    return { port: { lo: hi, hi: lo } };
  }
  return lo === 0 && (hi === 0 || hi === 65535) ? {} : { port: { lo, hi } };
}

function readService(context: ValueContext, text: string, at: ReturnType<typeof partSpan>): Ports | undefined {
  const service = servicesByWord.get(text.toUpperCase());
  if (service)
    return {
      port: { lo: service.port, hi: service.port },
      service: { word: service.word, protocol: service.protocol },
    };
  const guess = closest(text.toUpperCase(), [...servicesByWord.keys()]);
  if (!/^[a-z]/i.test(text))
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not a port`,
      'give a number, low-high or a service name',
    );
  return badValue(
    context,
    at,
    `${context.what}: no service is called '${shown(context, at)}'`,
    guess ? `did you mean ${guess}?` : `services are ${[...servicesByWord.keys()].join(', ')}; or give a number`,
  );
}

/** Multicast and broadcast addresses select nothing that the product secures (G0201 p.135). */
function forbid(context: ValueContext, address: Address, prefixLength: number, addressEnd: number): void {
  if (prefixLength === 0) return;
  const scope = addressScope(address);
  const isBroadcast = scope === 'broadcast' && prefixLength === 32;
  if (
    scope !== 'multicast' &&
    !isBroadcast &&
    !(scope === 'unspecified' && prefixLength === addressBits(address.family))
  )
    return;
  context.report({
    code: 'SYN004',
    message: `${context.what}: ${formatAddress(address.family, address.value)} is ${scope === 'unspecified' ? 'the unspecified address' : `a ${scope} address`}`,
    at: partSpan(context, 0, addressEnd),
    help:
      scope === 'unspecified' ? 'write prefix length 0 for every address' : 'policies select unicast addresses only',
    ...(context.record ? { record: context.record } : {}),
  });
}

/** Reads a single unicast address (tunnel endpoints, bypass). */
export function parseUnicast(context: ValueContext): Address | undefined {
  const { text } = context.word;
  const slash = text.indexOf('/');
  if (slash !== -1) {
    return badValue(
      context,
      partSpan(context, slash, text.length),
      `${context.what}: takes one address without a prefix length`,
      `write ${shown(context, partSpan(context, 0, slash))}`,
    );
  }
  const address = readAddress(context, 0, text.length);
  if (!address) return undefined;
  const scope = addressScope(address);
  if (
    scope === 'multicast' ||
    scope === 'broadcast' ||
    scope === 'unspecified' ||
    address.value === lastAddress(address.family)
  ) {
    context.report({
      code: 'SYN004',
      message: `${context.what}: ${formatAddress(address.family, address.value)} is ${scope === 'unspecified' ? 'the unspecified address' : `a ${scope} address`}`,
      at: partSpan(context, 0, text.length),
      help: 'give a unicast address',
      ...(context.record ? { record: context.record } : {}),
    });
  }
  return address;
}
