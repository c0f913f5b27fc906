/** Preshared keys and manual keys. Nothing here ever puts a key, or a part of one, into a message. */
import { ranges } from '../../model/language/limits.js';
import type { PresharedKey } from '../../model/record/auth.js';
import { Secret } from '../../model/secret.js';
import type { ManualSa } from '../../model/system-config.js';
import { badValue, checkDialect, outOfRange, partSpan, shown, type ValueContext } from './context.js';

/** Reads `0x` and hexadecimal digits; undefined where the digits are odd in number or not hexadecimal. */
function hexadecimal(text: string): Uint8Array | undefined {
  const digits = text.slice(2);
  if (digits.length === 0 || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  const octets = new Uint8Array(digits.length / 2);
  for (let index = 0; index < octets.length; index += 1)
    octets[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  return octets;
}

/** Reads the value of -preshared: text, 0x digits, or in the extended dialect a reference to a file or variable. */
export function parsePresharedKey(context: ValueContext): PresharedKey | undefined {
  const { text } = context.word;
  const at = partSpan(context, 0, text.length);
  const reference = /^(file|env):(.*)$/s.exec(text);
  if (reference) {
    checkDialect(context, at, `${reference[1]}: references`, { since: 'extended' });
    const target = reference[2] ?? '';
    if (target === '') return badValue(context, at, `${context.what}: nothing follows '${reference[1]}:'`);
    return {
      form: 'reference',
      reference: reference[1] === 'file' ? { kind: 'file', path: target } : { kind: 'env', variable: target },
    };
  }
  const { min, max } = ranges.presharedLength;
  if (text.length < min || text.length > max) {
    outOfRange(
      context,
      at,
      `${context.what}: the key has ${text.length} characters`,
      `give ${min} to ${max} characters`,
    );
  }
  if (!/^0x/i.test(text)) return { form: 'text', reference: { kind: 'literal', secret: Secret.ofText(text) } };
  const octets = hexadecimal(text);
  if (octets) return { form: 'hexadecimal', reference: { kind: 'literal', secret: new Secret(octets) } };
  const odd = text.length % 2 !== 0 && /^0x[0-9a-f]*$/i.test(text);
  return badValue(
    context,
    at,
    `${context.what}: a key that begins with 0x is read as hexadecimal, and this one ${odd ? 'has an odd number of digits' : text.length === 2 ? 'has no digits' : 'holds other characters'}`,
    'write pairs of 0-9, a-f, or begin the key with something else',
  );
}

/** Reads `ESP/spi/authkey[/enckey[/iv]]` or `AH/spi/authkey`. Lengths against the transform are for the rules. */
export function parseManualKey(context: ValueContext): ManualSa | undefined {
  const { text } = context.word;
  const fields: { text: string; from: number; to: number }[] = [];
  let from = 0;
  for (const field of text.split('/')) {
    fields.push({ text: field, from, to: from + field.length });
    from += field.length + 1;
  }
  const [protocol, spi, authenticationKey, encryptionKey, iv, ...more] = fields;
  const whole = partSpan(context, 0, text.length);
  const name = protocol?.text.toUpperCase();
  const form = name === 'AH' ? 'AH/spi/authentication-key' : 'ESP/spi/authentication-key/encryption-key[/iv]';
  if (name !== 'ESP' && name !== 'AH') {
    const at = partSpan(context, 0, protocol?.to ?? 0);
    return badValue(context, at, `${context.what}: a manual key begins with ESP or AH`, `write ${form}`);
  }
  if (
    !spi ||
    !authenticationKey ||
    more.length > 0 ||
    (name === 'AH' && encryptionKey) ||
    (name === 'ESP' && !encryptionKey && !authenticationKey)
  ) {
    return badValue(
      context,
      whole,
      `${context.what}: ${fields.length} fields do not make a manual key`,
      `write ${form}`,
    );
  }
  const number = readSpi(context, spi);
  const keys = [authenticationKey, encryptionKey, iv].map((field) => {
    if (!field) return undefined;
    const octets = /^0x/i.test(field.text) ? hexadecimal(field.text) : undefined;
    if (octets) return octets;
    const at = partSpan(context, field.from, field.to);
    badValue(context, at, `${context.what}: keys and initialization vectors are 0x and pairs of hexadecimal digits`);
    return undefined;
  });
  if (number === undefined || !keys[0] || (encryptionKey && !keys[1]) || (iv && !keys[2])) return undefined;
  return {
    at: whole,
    protocol: name,
    spi: number,
    authenticationKey: new Secret(keys[0]),
    ...(keys[1] ? { encryptionKey: new Secret(keys[1]) } : {}),
    ...(keys[2] ? { iv: keys[2] } : {}),
  };
}

function readSpi(context: ValueContext, field: { text: string; from: number; to: number }): number | undefined {
  const at = partSpan(context, field.from, field.to);
  if (!/^(?:\d+|0x[0-9a-f]+)$/i.test(field.text)) {
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not an SPI`,
      'give a decimal number, or 0x and hexadecimal digits',
    );
  }
  const value = Number(field.text);
  if (value < ranges.spi.min || value > ranges.spi.max) {
    outOfRange(context, at, `${context.what}: the SPI is out of range`, `give ${ranges.spi.min} to ${ranges.spi.max}`);
    return undefined;
  }
  return value;
}
