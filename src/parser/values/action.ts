/** Actions: PASS, DISCARD, FORWARD, or a list of transforms with lifetimes (hpux-ipsec reference 3). */
import { closest } from '../../model/did-you-mean.js';
import { exact } from '../../model/exact.js';
import { ranges, transformListLimits } from '../../model/language/limits.js';
import { type TransformRow, transformRow, transformRows, type ValueTable } from '../../model/language/values.js';
import type { PolicyAction, TransformSpec } from '../../model/record/policy.js';
import type { Span } from '../../model/span.js';
import { badValue, checkDialect, partSpan, shown, type ValueContext } from './context.js';
import { describeRange } from './numbers.js';
import { splitValue, wordsOf } from './words.js';

/** Reads an action; `words` are the plain actions that the record kind has (none for tunnels). */
export function parseAction(context: ValueContext, words: ValueTable): PolicyAction | undefined {
  const upper = context.word.text.toUpperCase();
  if (upper === 'PASS' || upper === 'DISCARD' || upper === 'FORWARD') {
    if (words.some((row) => row.word === upper)) return { kind: upper };
    const whole = partSpan(context, 0, context.word.text.length);
    return badValue(
      context,
      whole,
      `${context.what}: ${upper} is not an action of this record`,
      words.length ? `actions: ${words.map((row) => row.word).join(', ')}` : 'give a list of transforms',
    );
  }
  const transforms: TransformSpec[] = [];
  for (const part of splitValue(context, ',')) {
    const transform = parseTransform(context, part.text, part.at, words);
    if (transform) transforms.push(transform);
  }
  if (transforms.length === 0) return undefined;
  checkList(context, transforms);
  return { kind: 'TRANSFORMS', transforms: exact(transforms) };
}

function parseTransform(context: ValueContext, text: string, at: Span, words: ValueTable): TransformSpec | undefined {
  const slash = text.indexOf('/');
  const names = slash === -1 ? text : text.slice(0, slash);
  const plus = names.indexOf('+');
  const outer = findTransform(
    context,
    plus === -1 ? names : names.slice(0, plus),
    part(at, 0, plus === -1 ? names.length : plus, text),
    words,
  );
  const inner =
    plus === -1
      ? undefined
      : findTransform(context, names.slice(plus + 1), part(at, plus + 1, names.length, text), words);
  const lifetimes = slash === -1 ? {} : parseLifetimes(context, text, slash + 1, at);
  if (!outer || (plus !== -1 && !inner)) return undefined;
  if (plus === -1) return { at, transform: outer, ...lifetimes };
  checkDialect(context, at, 'a nested transform', { until: 'A.02' });
  if (!inner || outer.protocol !== 'AH' || inner.protocol !== 'ESP') {
    return badValue(context, at, `${context.what}: a nested transform is AH_x+ESP_y, AH around ESP`);
  }
  return { at, transform: outer, nested: inner, ...lifetimes };
}

function findTransform(context: ValueContext, text: string, at: Span, words: ValueTable): TransformRow | undefined {
  const upper = text.toUpperCase();
  const row = transformRow(upper);
  if (row) {
    checkDialect(context, at, row.word, row);
    return row;
  }
  if (words.some((word) => word.word === upper))
    return badValue(context, at, `${context.what}: ${upper} stands alone, not in a list`);
  const names = wordsOf(transformRows, context.dialect);
  const guess = closest(upper, [...words.map((word) => word.word), ...names]);
  context.report({
    code: 'SYN019',
    message: `${context.what}: no transform is called '${shown(context, at)}'`,
    at,
    ...(guess ? {} : { notes: ['transforms are AH_<hash> or ESP_<cipher>_HMAC_<hash>, as ESP_AES128_HMAC_SHA1'] }),
    ...(guess
      ? {
          help: `did you mean ${guess}?`,
          fixes: [{ safety: 'unsafe', title: `write ${guess}`, edits: [{ at, newText: guess }] }],
        }
      : {}),
    ...(context.record ? { record: context.record } : {}),
  });
  return undefined;
}

function parseLifetimes(
  context: ValueContext,
  text: string,
  from: number,
  at: Span,
): Pick<TransformSpec, 'lifetimeSeconds' | 'lifetimeKilobytes'> {
  const [seconds, kilobytes, ...more] = text.slice(from).split('/');
  if (more.length > 0)
    badValue(context, at, `${context.what}: too many slashes after the transform`, 'write TRANSFORM/seconds/kilobytes');
  const secondsEnd = from + (seconds?.length ?? 0);
  const lifetimeSeconds = parseLifetime(context, seconds ?? '', part(at, from, secondsEnd, text), 'lifetimeSeconds');
  if (kilobytes === undefined) return lifetimeSeconds === undefined ? {} : { lifetimeSeconds };
  const lifetimeKilobytes = parseLifetime(
    context,
    kilobytes,
    part(at, secondsEnd + 1, secondsEnd + 1 + kilobytes.length, text),
    'lifetimeKilobytes',
  );
  return {
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(lifetimeKilobytes === undefined ? {} : { lifetimeKilobytes }),
  };
}

function parseLifetime(
  context: ValueContext,
  text: string,
  at: Span,
  name: 'lifetimeSeconds' | 'lifetimeKilobytes',
): number | undefined {
  const range = ranges[name];
  if (!/^\d+$/.test(text)) {
    return badValue(
      context,
      at,
      `${context.what}: '${shown(context, at)}' is not a lifetime in ${range.unit}`,
      `give ${describeRange(range)}`,
    );
  }
  const value = Number(text);
  if (value !== 0 && (value < range.min || value > range.max)) {
    context.report({
      code: 'SYN002',
      message: `${context.what}: a lifetime of ${shown(context, at)} ${range.unit} is out of range`,
      at,
      help: `give ${describeRange(range)}`,
      ...(context.record ? { record: context.record } : {}),
    });
  }
  return value;
}

/** The span of characters [from, to) of a transform, or the whole of it where offsets do not match the text. */
function part(at: Span, from: number, to: number, text: string): Span {
  return at.end - at.start === text.length ? { source: at.source, start: at.start + from, end: at.start + to } : at;
}

/** How many transforms of which family one list may hold (G0200 p.79, G0300 p.77, G0302 p.76). */
function checkList(context: ValueContext, transforms: readonly TransformSpec[]): void {
  const limits = transformListLimits[context.dialect];
  const nested = transforms.filter((spec) => spec.nested).length;
  const ah = transforms.filter((spec) => !spec.nested && spec.transform.protocol === 'AH').length;
  const esp = transforms.length - nested - ah;
  const whole = partSpan(context, 0, context.word.text.length);
  const record = context.record ? { record: context.record } : {};
  if ([nested, ah, esp].filter((count) => count > 0).length > 1) {
    context.report({
      code: 'SYN011',
      message: `${context.what}: the list mixes ${[ah && 'AH', esp && 'ESP', nested && 'nested'].filter(Boolean).join(' and ')} transforms`,
      at: whole,
      help: 'a list holds only AH, or only ESP transforms, or one nested pair',
      ...record,
    });
  }
  for (const [count, limit, name] of [
    [ah, limits.ah, 'AH'],
    [esp, limits.esp, 'ESP'],
    [nested, Math.max(1, limits.nested), 'nested'],
  ] as const) {
    if (count <= limit) continue;
    context.report({
      code: 'SYN011',
      message: `${context.what}: ${count} ${name} transforms; the limit is ${limit}`,
      at: whole,
      help: 'shorten the list',
      ...record,
    });
  }
  const seen = new Set<string>();
  for (const spec of transforms) {
    const name = spec.nested ? `${spec.transform.word}+${spec.nested.word}` : spec.transform.word;
    if (seen.has(name)) {
      context.report({
        code: 'SYN011',
        message: `${context.what}: ${name} is listed twice`,
        at: spec.at,
        help: 'the first one counts; leave the second out',
        severity: 'warning',
        ...record,
      });
    }
    seen.add(name);
  }
}
