/** IKE identities: what is sent (-lid) and what the peer must send (-rid), by type (RFC 2407 §4.6.2, RFC 7296 §3.5). */
import { addressBits, parseAddress, prefixRange, singleAddress } from '../../model/address.js';
import { ranges } from '../../model/language/limits.js';
import type { DnAttribute, Identity, IdentityPattern, IdentityType } from '../../model/system-config.js';
import { badValue, outOfRange, partSpan, type ValueContext } from './context.js';

/** Labels of up to 63 octets (RFC 1035 §2.3.4). No two ways to split a text into labels, or a wrong end would cost exponential time. */
const hostName = /^(?=.{1,253}$)[a-z0-9_][a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63})*\.?$/i;

/** Strips the quotes of a quoted value; one that is not closed is reported. */
export function unquote(context: ValueContext): string | undefined {
  const { text } = context.word;
  if (!text.startsWith('"')) return text;
  if (text.length > 1 && text.endsWith('"')) return text.slice(1, -1);
  return badValue(
    context,
    partSpan(context, 0, text.length),
    `${context.what}: the quoted string has no closing quote`,
    'add the closing quote',
  );
}

/** Reads the identity that is sent. */
export function parseLocalIdentity(context: ValueContext, type: IdentityType): Identity | undefined {
  const text = unquote(context);
  if (text === undefined) return undefined;
  const pattern = parsePattern(context, type, text, false);
  if (!pattern) return undefined;
  return { type, value: pattern.kind === 'dn' ? text : pattern.kind === 'exact' ? pattern.value : text };
}

/** Reads what the peer's identity must be: one value, a subtree of names, or a set of addresses. */
export function parseRemoteIdentity(context: ValueContext, type: IdentityType): IdentityPattern | undefined {
  const text = unquote(context);
  return text === undefined ? undefined : parsePattern(context, type, text, true);
}

function parsePattern(
  context: ValueContext,
  type: IdentityType,
  text: string,
  isRemote: boolean,
): IdentityPattern | undefined {
  const whole = partSpan(context, 0, context.word.text.length);
  if (text === '') return badValue(context, whole, `${context.what}: the identity is empty`);
  switch (type) {
    case 'IPV4':
    case 'IPV6':
      return parseAddresses(context, type, text, isRemote);
    case 'FQDN': {
      if (text.startsWith('.'))
        return isRemote
          ? subtree(context, type, text)
          : badValue(context, whole, `${context.what}: a local identity is one name, not a subtree`);
      if (!hostName.test(text))
        return badValue(context, whole, `${context.what}: not a host name`, 'write host.domain');
      return { kind: 'exact', type, value: text.toLowerCase() };
    }
    case 'USER-FQDN': {
      const at = text.indexOf('@');
      if (isRemote && at <= 0 && (text.startsWith('.') || text.startsWith('@'))) return subtree(context, type, text);
      if (at <= 0 || !hostName.test(text.slice(at + 1)))
        return badValue(context, whole, `${context.what}: not of the form user@host`, 'write user@host.domain');
      return { kind: 'exact', type, value: text };
    }
    case 'X500-DN': {
      const attributes = parseDn(context, text);
      return attributes ? { kind: 'dn', type, attributes } : undefined;
    }
    case 'KEY-ID':
      return { kind: 'exact', type, value: text };
  }
}

function subtree(context: ValueContext, type: 'FQDN' | 'USER-FQDN', text: string): IdentityPattern | undefined {
  const suffix = text.slice(1);
  if (!hostName.test(suffix)) {
    return badValue(
      context,
      partSpan(context, 0, context.word.text.length),
      `${context.what}: not a subtree of names`,
      'write .domain',
    );
  }
  return { kind: 'subtree', type, suffix: suffix.toLowerCase() };
}

function parseAddresses(
  context: ValueContext,
  type: 'IPV4' | 'IPV6',
  text: string,
  isRemote: boolean,
): IdentityPattern | undefined {
  const whole = partSpan(context, 0, context.word.text.length);
  const family = type === 'IPV4' ? 4 : 6;
  const example = family === 4 ? '10.1.1.1' : '2001:db8::1';
  const refuse = () =>
    badValue(
      context,
      whole,
      `${context.what}: not an ${type === 'IPV4' ? 'IPv4' : 'IPv6'} ${isRemote ? 'address, prefix or range' : 'address'}`,
      isRemote ? `write ${example}, ${example}/${addressBits(family) - 8} or low-high` : `write ${example}`,
    );
  const slash = text.indexOf('/');
  const hyphen = text.indexOf('-');
  if (!isRemote && (slash !== -1 || hyphen !== -1)) return refuse();
  const first = parseAddress(slash !== -1 ? text.slice(0, slash) : hyphen !== -1 ? text.slice(0, hyphen) : text);
  if (!first || first.family !== family) return refuse();
  if (slash !== -1) {
    const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1;
    if (length < 0 || length > addressBits(family)) return refuse();
    return { kind: 'addresses', type, range: prefixRange(first, length) };
  }
  if (hyphen !== -1) {
    const last = parseAddress(text.slice(hyphen + 1));
    if (!last || last.family !== family || last.value < first.value) return refuse();
    return { kind: 'addresses', type, range: { family, first: first.value, last: last.value } };
  }
  return isRemote ? { kind: 'addresses', type, range: singleAddress(first) } : { kind: 'exact', type, value: text };
}

const dnAttributes = ['CN', 'C', 'O', 'OU'];

/** Reads a distinguished name: CN, C, O and OU attributes, at least one, separated by commas (G0300 p.89). */
export function parseDn(context: ValueContext, text: string): readonly DnAttribute[] | undefined {
  const whole = partSpan(context, 0, context.word.text.length);
  const attributes: DnAttribute[] = [];
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim().toUpperCase();
    const value = part.slice(equals + 1).trim();
    if (equals === -1 || value === '') {
      return badValue(
        context,
        whole,
        `${context.what}: every part of a distinguished name is NAME=value`,
        'as CN=host1,O=Example,C=US; values hold no commas',
      );
    }
    if (!dnAttributes.includes(name)) {
      return badValue(
        context,
        whole,
        `${context.what}: a distinguished name holds ${dnAttributes.join(', ')}${/^[A-Z]{1,20}$/.test(name) ? `, not ${name}` : ' and nothing else'}`,
      );
    }
    if (name === 'C' && !/^[a-z]{2}$/i.test(value))
      return badValue(context, whole, `${context.what}: C is a country code of two letters`);
    if (name === 'CN' && new TextEncoder().encode(value).length > ranges.commonNameLength.max) {
      outOfRange(context, whole, `${context.what}: CN is longer than ${ranges.commonNameLength.max} octets`);
    }
    attributes.push({ name, value });
  }
  return attributes;
}
