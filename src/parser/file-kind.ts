/**
 * Tells a file that holds no records at all from one with faulty ones: a picture, a log, a JSON or Markdown file that was
 * given by mistake gets one finding, not one for each of its lines.
 */
import { closest } from '../model/did-you-mean.js';
import { objectRows } from '../model/language/objects.js';
import type { Problem } from '../model/problem.js';
import type { SourceText } from '../model/span.js';
import { foreignFormat } from './foreign-format.js';
import { commandPrefix, logicalLines } from './statements.js';

interface Kind {
  /** With its article, for messages. */
  readonly title: string;
  /** What it begins with; only this much of the file is ever shown, for the rest may hold keys. */
  readonly pattern: RegExp;
  readonly help?: string;
}

/** Octets that are no UTF-8 have become U+FFFD when these are looked for. */
const binaryKinds: readonly Kind[] = [
  { title: 'a PNG image', pattern: /^\ufffdPNG\r\n/ },
  { title: 'a JPEG image', pattern: /^\ufffd{3,4}[\s\S]{0,4}(?:JFIF|Exif)/ },
  { title: 'a GIF image', pattern: /^GIF8[79]a/ },
  { title: 'a PDF document', pattern: /^%PDF-/ },
  { title: 'a ZIP archive', pattern: /^PK\u0003\u0004/ },
  { title: 'a gzip archive', pattern: /^\u001f\ufffd\u0008/ },
  { title: 'a program (ELF)', pattern: /^\u007fELF/ },
  {
    title: 'a packet capture',
    pattern: /^(?:\n\r\r\n|\ufffdò\ufffd\u0002\0|\ufffd\ufffd\ufffd\ufffd\0\u0002)/,
    help: 'ipsec decode FILE reads captures, and policy lint --capture FILE takes one beside the records',
  },
  { title: 'a DER file, as certificates and keys are', pattern: /^0\ufffd[\s\S]{2}[0\u0002]/ },
];

const textKinds: readonly Kind[] = [
  {
    title: 'a PEM file, as certificates and keys are',
    pattern: /^-----BEGIN [A-Z0-9 ]{1,40}-----/,
    help: 'name it in a record, as -certificate, -ca or -crl do',
  },
  { title: 'an HTML or XML file', pattern: /^<(?:[!?]?[A-Za-z][\w:.-]{0,40})/ },
  { title: 'a script', pattern: /^#!\s?\/[^\s]{1,60}/ },
  { title: 'a difference (patch)', pattern: /^(?:diff --git |--- \S{1,200}\s)/ },
  { title: 'a JSON file', pattern: /^[{[](?=\s*(?:["{[\]}]|$))/ },
  { title: 'a log', pattern: /^(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )/ },
  { title: 'an INI file, as units of systemd are', pattern: /^\[[\w .:@-]{1,60}\](?=\s*$)/m },
  { title: 'a YAML file', pattern: /^(?:---(?=\s*$)|[\w.-]{1,60}:(?=\s*$| \S)|- [\w.-]{1,60}:(?=\s))/m },
  {
    title: 'a Markdown file',
    pattern: /^(?:#{1,6} \S[^\n]{0,60}(?=[\s\S]*(?:\n```|\n#{2,6} |\]\(|\n[*-] ))|```)/,
  },
  {
    title: 'a profile file',
    pattern: /^BEGIN \S{1,60}/i,
    help: 'give it with --defaults, or as "defaults" in ipsec.config',
  },
  {
    title: 'a file of assertions',
    pattern: /^(?:on [\w.-]{1,60}: |define [A-Z]\w{0,60} =)/,
    help: 'ipsec policy test reads it',
  },
];

const ownFiles: readonly { readonly name: RegExp; readonly help: string }[] = [
  {
    name: /(?:^|\/)(?:ipsec\.config|inventory)\.(?:json|ya?ml)$/,
    help: 'it is found by itself: name the records, or the folder that both are in',
  },
];

/** Files whose names say what they are: some lines that would be records make them no record files. */
const namedKinds: readonly { readonly name: RegExp; readonly title: string }[] = [
  { name: /\.(?:md|markdown)$/i, title: 'a Markdown file' },
  { name: /\.html?$/i, title: 'an HTML file' },
  { name: /\.log$/i, title: 'a log' },
];

/** Below so many statements each is told what is wrong with it, unless the file is clearly something else. */
const statementsMin = 3;
/** The beginning of a text that tells whether it is one. */
const sampleLength = 4096;
const anyHelp =
  'give files of records (statements that begin with add or delete); --format-in NAME reads a configuration of another product';
const verbs = ['add', 'delete'];
const objects: readonly string[] = objectRows.map(({ name }) => name);

/** What a text in octets that are none of a text is like, for a finding that says so. */
export function binaryKind(text: string): Pick<Kind, 'title' | 'help'> | undefined {
  return binaryKinds.find(({ pattern }) => pattern.test(text.slice(0, sampleLength)));
}

/** Is this no text, but octets that only look like one here and there? Text in another encoding is one. */
export function isBinary(text: string): boolean {
  const sample = text.slice(0, sampleLength);
  let strange = 0;
  for (let at = 0; at < sample.length; at += 1) {
    const unit = sample.charCodeAt(at);
    const isControl = unit < 0x20 && unit !== 9 && unit !== 10 && unit !== 12 && unit !== 13;
    if (isControl || unit === 0x7f) strange += 2;
    else if (unit === 0xfffd) strange += 1;
  }
  return 4 * strange > sample.length || binaryKind(text) !== undefined;
}

/**
 * The one finding about a file without records; undefined where a statement is one, or where half of them are meant to be. Linear
 * in the length of the text, and done with the first statement where that is a record.
 */
export function noRecords(source: SourceText): Problem | undefined {
  const { text } = source;
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const binary = binaryKind(text);
  let statements = 0;
  let near = 0;
  let exact = 0;
  const named = namedKinds.find(({ name }) => name.test(source.path));
  let first: { readonly start: number; readonly word: string } | undefined;
  for (const line of logicalLines(text)) {
    if (line.kind === 'comment') continue;
    const head = text.slice(line.start, Math.min(line.end, line.start + 256));
    if (/^(?:add|delete)(?=[\s\\]|$)/i.test(head) || commandPrefix.test(head)) {
      if (!named) return undefined;
      exact += 1;
    }
    const word = /^\S*/.exec(head)![0];
    first ??= { start: line.start, word };
    statements += 1;
    // An argument alone is what is left of a statement whose lines do not go on.
    if (isNear(word)) near += 1;
  }
  if (!first) return undefined;
  if (named && 2 * exact < statements)
    return finding(marked(source, start, 0), 'most lines of this file are no records', named);
  if (exact > 0 || 2 * near >= statements) return undefined;
  if (binary || isBinary(text)) {
    const at = { source, start, end: start };
    source.markSecret(start, text.length);
    return finding(at, 'this is not a text', binary);
  }
  const begin = start + /^\s*/.exec(text.slice(start, start + sampleLength))![0].length;
  const sample = text.slice(begin, begin + sampleLength);
  for (const kind of textKinds) {
    const match = kind.pattern.exec(sample);
    // What begins a later line says little of a file that begins otherwise.
    if (match) return finding(marked(source, begin + match.index, match[0].length), 'no record is in this file', kind);
  }
  if (statements < statementsMin) return undefined;
  const foreign = foreignFormat(first.word);
  const at = marked(source, first.start, foreign === undefined ? 0 : first.word.length);
  return finding(at, 'no record is in this file', foreign === undefined ? undefined : { title: foreign });
}

/** The place of what tells the kind; everything behind it is hidden. */
function marked(source: SourceText, start: number, length: number): Problem['at'] {
  source.markSecret(0, start);
  source.markSecret(start + length, source.text.length);
  return { source, start, end: start + length };
}

function finding(at: Problem['at'], what: string, kind: Pick<Kind, 'title' | 'help'> | undefined): Problem {
  const own = ownFiles.find(({ name }) => name.test(at.source.path));
  return {
    code: 'SYN024',
    message: kind ? `${what}: it looks like ${kind.title}` : `${what}: none of its lines begins with add or delete`,
    at,
    help: own?.help ?? kind?.help ?? anyHelp,
  };
}

function isNear(word: string): boolean {
  if (word.startsWith('-') && /^-[a-z]/i.test(word)) return true;
  return /^[\w-]{2,16}$/.test(word) && closest(word, [...verbs, ...objects]) !== undefined;
}
