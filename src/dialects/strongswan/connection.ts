/** From the sections under `connections` to connections with their ends and children, still in strongSwan's words. */
import type { Sourced } from '../../model/origin.js';
import type { Span } from '../../model/span.js';
import { certificateOptions, childOptions, connectionOptions, endOptions } from './options.js';
import { type OptionValues, type ReadContext, readOptions } from './read-options.js';
import { effectiveSettings, findSections, innerNames, type Section } from './settings.js';

export interface SwanConnection {
  readonly name: string;
  readonly at: Span;
  readonly options: OptionValues<typeof connectionOptions>;
  /** In the order in which they authenticate; one without options where none is written. */
  readonly locals: readonly SwanEnd[];
  readonly remotes: readonly SwanEnd[];
  readonly children: readonly SwanChild[];
}

/** One round of authentication of one end. */
export interface SwanEnd {
  readonly name: string;
  readonly at: Span;
  readonly options: OptionValues<typeof endOptions>;
  /** Files of sections cert… and cacert…, beside those of the lists. */
  readonly certificates: readonly Sourced<string>[];
  readonly authorities: readonly Sourced<string>[];
}

export interface SwanChild {
  readonly name: string;
  readonly at: Span;
  readonly options: OptionValues<typeof childOptions>;
}

/** Reads every connection. One that strongSwan would refuse as a whole is left out, after a problem that says so. */
export function readConnections(root: Section, context: ReadContext): SwanConnection[] {
  const names = innerNames(findSections(root, ['connections']));
  return names.flatMap((name) => {
    const connection = readConnection(root, name, context);
    return connection ? [connection] : [];
  });
}

function readConnection(root: Section, name: string, context: ReadContext): SwanConnection | undefined {
  const path = ['connections', name];
  const sections = findSections(root, path);
  const at = sections[0]!.at;
  const own = readOptions(effectiveSettings(sections), connectionOptions, path.join('.'), context);
  let { isValid } = own;
  const locals: SwanEnd[] = [];
  const remotes: SwanEnd[] = [];
  const children: SwanChild[] = [];
  for (const inner of innerNames(sections)) {
    const lower = inner.toLowerCase();
    const innerPath = [...path, inner];
    if (lower === 'children') {
      for (const childName of innerNames(findSections(root, innerPath))) {
        const child = readChild(root, [...innerPath, childName], context);
        if (child) children.push(child);
        else isValid = false;
      }
    } else if (lower.startsWith('local') || lower.startsWith('remote')) {
      const end = readEnd(root, innerPath, context);
      if (end) (lower.startsWith('local') ? locals : remotes).push(end);
      else isValid = false;
    } else {
      isValid = false;
      const section = findSections(root, innerPath)[0]!;
      context.report.unknown(innerPath.join('.'), section.at, ['local', 'remote', 'children']);
    }
  }
  if (!isValid) {
    context.report.badValue(
      `strongSwan refuses the connection '${name}' as a whole`,
      at,
      'mend what is reported in it; until then it counts as absent',
    );
    return undefined;
  }
  const missing: SwanEnd = { name: '', at, options: {}, certificates: [], authorities: [] };
  return {
    name,
    at,
    options: own.values,
    locals: inRounds(locals.length > 0 ? locals : [missing]),
    remotes: inRounds(remotes.length > 0 ? remotes : [missing]),
    children,
  };
}

/** By `round`, and within one in the order in which they are written. */
function inRounds(ends: readonly SwanEnd[]): SwanEnd[] {
  const round = ({ options }: SwanEnd) => options.round?.value ?? 0;
  return [...ends].sort((a, b) => round(a) - round(b));
}

function readEnd(root: Section, path: readonly string[], context: ReadContext): SwanEnd | undefined {
  const sections = findSections(root, path);
  const at = sections[0]!.at;
  const own = readOptions(effectiveSettings(sections), endOptions, path.join('.'), context);
  let { isValid } = own;
  const certificates: Sourced<string>[] = [];
  const authorities: Sourced<string>[] = [];
  for (const inner of innerNames(sections)) {
    const innerPath = [...path, inner];
    const found = findSections(root, innerPath);
    const isCertificate = inner.toLowerCase().startsWith('cert');
    if (!isCertificate && !inner.toLowerCase().startsWith('cacert')) {
      isValid = false;
      context.report.unknown(innerPath.join('.'), found[0]!.at, ['cert', 'cacert']);
      continue;
    }
    const read = readOptions(effectiveSettings(found), certificateOptions, innerPath.join('.'), context);
    const { file, handle } = read.values;
    if (!read.isValid) isValid = false;
    else if ((file === undefined) === (handle === undefined)) {
      isValid = false;
      context.report.badValue(`${innerPath.join('.')}: one of file and handle is needed`, found[0]!.at);
    } else if (file) (isCertificate ? certificates : authorities).push(file);
  }
  if (!isValid) return undefined;
  return { name: path.at(-1)!, at, options: own.values, certificates, authorities };
}

function readChild(root: Section, path: readonly string[], context: ReadContext): SwanChild | undefined {
  const sections = findSections(root, path);
  const { values, isValid } = readOptions(effectiveSettings(sections), childOptions, path.join('.'), context);
  for (const inner of innerNames(sections))
    context.report.unknown([...path, inner].join('.'), findSections(root, [...path, inner])[0]!.at);
  return isValid ? { name: path.at(-1)!, at: sections[0]!.at, options: values } : undefined;
}
