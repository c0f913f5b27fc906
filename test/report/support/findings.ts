/** Hand-written findings with everything in them that could break a format. */
import type { Finding, Severity } from '../../../src/model/finding.js';
import { SourceText, type Span } from '../../../src/model/span.js';
import type { FindingsReport, RuleInfo } from '../../../src/report/findings/report.js';

/** The span of the `occurrence`th place (from 0) where `piece` stands in a text. */
export function spanOf(source: SourceText, piece: string, occurrence = 0): Span {
  let start = -1;
  for (let found = 0; found <= occurrence; found += 1) {
    start = source.text.indexOf(piece, start + 1);
    if (start === -1) throw new Error(`${JSON.stringify(piece)} is not in ${source.path}`);
  }
  return { source, start, end: start + piece.length };
}

/** A finding with nothing but what it must have. */
export function findingAt(at: Span, more: Partial<Finding> = {}): Finding {
  const base = { code: 'SHD001', slug: 'shadowed', severity: 'error' as Severity, message: 'it never matches' };
  return { ...base, at, related: [], notes: [], fixes: [], ...more };
}

/** A text whose every occurrence of `secret` is marked as one. */
export function textWithSecrets(path: string, text: string, ...secrets: string[]): SourceText {
  const source = new SourceText(path, text);
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length)) {
      source.markSecret(at, at + secret.length);
    }
  }
  return source;
}

export const secrets = ['hunter2-hunter2', '0xdeadbeefcafe', '75'] as const;

const branch = textWithSecrets(
  'sites/branch.conf',
  [
    '# branch office, Zürich 支店',
    'add host all -priority 10 -action PASS',
    'add host lab -destination 10.1.0.0/16 -priority 20 -action DISCARD',
    'add auth hq -remote 10.2.0.1 -preshared hunter2-hunter2 -priority 5',
    '\tadd auth\tlab -remote 10.3.0.1 -preshared "0xdeadbeefcafe" -prio 7',
    'add tunnel t1 \\',
    '    -tsource 10.0.0.1 \\',
    '    -tdestination 10.2.0.1 \\',
    '    -source 10.1.0.0/16 \\',
    '    -destination 10.2.0.0/16 \\',
    '    -action ESP_AES128_HMAC_SHA1',
    '',
  ].join('\n'),
  'hunter2-hunter2',
  '0xdeadbeefcafe',
);

const nasty = textWithSecrets(
  './odd names/a:b,c%d"e\'<f>&|`支\u001b[31m\n::error::x.conf',
  [
    'add host \u001b[2Jwipe -source 10.0.0.1 # ]]> <b>&amp; `x` | y',
    'add host 支店東京 -source 10.0.0.2 -sorce 10.0.0.3',
    'add host a\u202e\u2066evil\u2069 -priority 0\r',
    'add auth weak -preshared 75 -remote 10.7.5.75',
    'add host no\u0000thing -source e\u0301\u0301 -x \ud800 \u0085\u009b31m \ufffe',
    'last line without its end',
  ].join('\n'),
  '75',
);

const remote = new SourceText('/etc/ipsec/hq.conf', 'add host mirror -source 10.2.0.0/16\n');

/** Paths, messages, fixes and related places of every kind, in no order. */
export const findings: readonly Finding[] = [
  findingAt(spanOf(nasty, '\u001b[2Jwipe'), {
    code: 'SYN002',
    slug: 'value-out-of-range',
    message:
      "host policy '\u001b[2Jwipe' has a name with ]]> <b>bold</b> & `code` | pipe, 100%: @octocat #1 [link](1) {0} $x$",
    notes: ['a note with\nanother line\r\n::error::and a command', '支店 and \u202eright to left'],
    help: 'say "what" it\'s called, without \u0007 bells',
    record: { kind: 'host', name: '\u001b[2Jwipe' },
  }),
  findingAt(spanOf(branch, 'lab'), {
    message: "host policy 'lab' (priority 20) never matches",
    related: [{ at: spanOf(branch, 'all'), text: "'all' (priority 10) matches first" }],
    notes: ['for example tcp 10.1.0.1:1024 > 10.1.0.2:22'],
    help: "give 'lab' a lower priority number than 'all'",
    record: { kind: 'host', name: 'lab' },
    system: 'branch',
    fixes: [
      {
        safety: 'unsafe',
        title: "swap the priorities of 'lab' and 'all'",
        edits: [
          { at: spanOf(branch, '20'), newText: '10' },
          { at: spanOf(branch, '10'), newText: '20' },
        ],
      },
    ],
  }),
  findingAt(spanOf(branch, '"0xdeadbeefcafe"'), {
    code: 'SYN009',
    slug: 'psk-quoting',
    severity: 'warning',
    message: "the key of auth 'lab' is in quotes, which are part of it",
    record: { kind: 'auth', name: 'lab' },
    fixes: [
      {
        safety: 'unsafe',
        title: 'remove the quotes',
        edits: [{ at: spanOf(branch, '"0xdeadbeefcafe"'), newText: '0xdeadbeefcafe' }],
      },
      {
        safety: 'unsafe',
        title: 'move the record',
        edits: [{ at: emptyAt(branch, 0), newText: 'add auth hq -preshared hunter2-hunter2\n' }],
      },
    ],
  }),
  findingAt(spanOf(branch, '-prio', 3), {
    code: 'SYN014',
    slug: 'non-canonical',
    severity: 'info',
    message: "'-prio' is short for -priority",
    record: { kind: 'auth', name: 'lab' },
    fixes: [
      { safety: 'safe', title: 'write -priority', edits: [{ at: spanOf(branch, '-prio', 3), newText: '-priority' }] },
    ],
  }),
  findingAt(
    { source: branch, start: branch.text.indexOf('add tunnel'), end: branch.text.length },
    {
      code: 'PEER009',
      slug: 'one-sided',
      message: "tunnel 't1' has no counterpart on 'hq'",
      related: [
        { at: spanOf(remote, 'mirror'), text: 'the nearest that there is' },
        { at: spanOf(branch, '-tdestination 10.2.0.1'), text: 'this is the other end' },
        { at: spanOf(branch, 'hq'), text: 'authenticated here' },
        { at: spanOf(branch, 'hunter2-hunter2'), text: 'with this key' },
      ],
      record: { kind: 'tunnel', name: 't1' },
      system: 'branch',
      peer: 'hq',
    },
  ),
  findingAt(spanOf(nasty, '-sorce'), {
    code: 'SYN001',
    slug: 'unknown-argument',
    message: "host policy '支店東京' has an argument '-sorce' that no host policy takes",
    help: 'did you mean -source?',
    fixes: [{ safety: 'unsafe', title: 'write -source', edits: [{ at: spanOf(nasty, '-sorce'), newText: '-source' }] }],
  }),
  findingAt(spanOf(nasty, '-priority 0\r'), {
    code: 'SYN002',
    slug: 'value-out-of-range',
    message: 'priority 0 is below 1',
  }),
  findingAt(spanOf(nasty, '75'), {
    code: 'AUT002',
    slug: 'psk-weak',
    message: "the key of auth 'weak' is too weak",
    fixes: [
      {
        safety: 'unsafe',
        title: 'put the key into a file',
        edits: [{ at: emptyAt(nasty, nasty.text.length), newText: '\n# was: 75 ' }],
      },
    ],
  }),
  findingAt(spanOf(nasty, 'no\u0000thing'), { severity: 'warning', message: 'odd characters' }),
  findingAt(emptyAt(nasty, nasty.text.length), {
    code: 'SYN099',
    slug: 'unfinished',
    message: 'the last statement is not finished',
  }),
  findingAt(emptyAt(remote, remote.text.length), { severity: 'info', message: 'the file ends here' }),
  findingAt(emptyAt(remote, remote.text.length), { severity: 'info', message: 'and nothing follows' }),
];

function emptyAt(source: SourceText, offset: number): Span {
  return { source, start: offset, end: offset };
}

function rule(code: string, slug: string, severity: Severity, more: Partial<RuleInfo> = {}): RuleInfo {
  return {
    code,
    slug,
    severity,
    summary: `What ${slug} means.`,
    rationale: `Why ${slug} is a fault.`,
    references: [],
    ...more,
  };
}

export const rules: readonly RuleInfo[] = [
  rule('AUT002', 'psk-weak', 'error', { references: ['RFC 7296 §2.15', 'NIST SP 800-77r1'] }),
  rule('PEER009', 'one-sided', 'error'),
  rule('SHD001', 'shadowed', 'error', { helpUri: 'https://example.org/rules/SHD001', references: ['RFC 4301 §4.4.1'] }),
  rule('SYN001', 'unknown-argument', 'error'),
  rule('SYN002', 'value-out-of-range', 'error'),
  rule('SYN009', 'psk-quoting', 'warning'),
  rule('SYN014', 'non-canonical', 'info'),
  // SYN099 is missing: a renderer must not rely on the list.
];

/** A report of these findings with counts that fit them. */
export function reportOf(found: readonly Finding[], more: Partial<FindingsReport> = {}): FindingsReport {
  const counted = (severity: Severity) => found.filter((finding) => finding.severity === severity).length;
  return {
    tool: { name: 'ipsec', version: '1.2.3' },
    findings: found,
    summary: {
      files: 3,
      systems: 2,
      records: 12,
      errors: counted('error'),
      warnings: counted('warning'),
      infos: counted('info'),
      suppressed: 0,
      baselined: 0,
      fixed: 0,
    },
    failed: counted('error') > 0,
    rules,
    ...more,
  };
}

const whole = reportOf(findings);

/** The report of the golden files. */
export const nastyReport: FindingsReport = {
  ...whole,
  summary: { ...whole.summary, suppressed: 1, baselined: 2, fixed: 3 },
  suppressedFindings: [
    {
      finding: findingAt(spanOf(branch, 'hq'), {
        code: 'AUT001',
        slug: 'psk-in-repo',
        message: 'a key is in the file',
      }),
      kind: 'inSource',
      reason: 'until \u001b[1m2027',
    },
  ],
};
